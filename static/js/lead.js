// A lead: a sheet over its list, or a page of its own. Its keys, its flag, and the way to the next and previous lead of the list.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const sheet = byId("lead-dialog"); // none on the page of a lead
  const place = byId("lead");
  const flag = () => byId("flag");
  const lead = () => place.querySelector("article.lead");
  const here = () => location.pathname + location.search;
  let list = ""; // the address of the list behind the sheet
  let title = ""; // the title of the list
  let opener = null; // what had the focus before the sheet opened
  let changed = false; // whether something in the sheet has changed what the list shows
  let busy = false;
  let flagging = false; // whether the flag that is open is that of this lead
  let left = Promise.resolve(); // until the address of the list is back
  const early = []; // steps that were asked for while a lead was on its way

  const load = (url) => {
    busy = true;
    place.setAttribute("hx-get", url);
    htmx.process(place);
    htmx.trigger(place, "sluice:open");
  };
  const typed = window.sluiceTyped;
  // htmx tells of failures by events, which live.js shows; its promise is rejected besides, also where the page is left meanwhile.
  const renew = () => htmx.ajax("GET", here(), { target: "#lead-profile", select: "#lead-profile", swap: "outerHTML", source: place }).catch(() => {});
  const reload = () => (typed.any() ? renew() : load(here()));
  const phone = window.matchMedia("(max-width: 767.98px)");
  const say = (what) => byId("lead-result").replaceChildren(...(what ? [what] : []));

  // The sheet, over the list that stays as it is. All leads that it shows are one step of the history, so that Back closes it.
  const mark = (kind, ...address) => history[kind]({ sluice: "lead" }, "", ...address);
  const show = (url) => {
    [list, title, opener] = [list || here(), document.title, document.activeElement];
    place.replaceChildren(byId("lead-loading").content.cloneNode(true));
    say(null);
    sheet.showModal();
    load(url);
  };
  const open = async (url) => {
    await left;
    list = here();
    history.replaceState({ sluice: "list" }, "");
    mark("pushState", url);
    show(url);
  };
  const rowOf = (id) => document.querySelector(`#rows > tr[data-lead="${CSS.escape(id ?? "")}"]`);

  const settleSheet = () => {
    if (!sheet.open) return place.replaceChildren();
    document.title = `${lead()?.dataset.title ?? "Lead"} · Sluice`;
    return undefined;
  };
  let settled = null; // the request whose answer was shown last: the event comes once for each element of an answer
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target !== place || detail.xhr === settled) return;
    settled = detail.xhr;
    busy = false;
    if (sheet) settleSheet();
    showTab();
    if (!flag()?.open && (!place.contains(document.activeElement) || document.activeElement === place)) byId("lead-name")?.focus();
    if (early.length) step(early.shift());
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.target !== place) return;
    if (!detail.successful) [busy, early.length] = [false, 0];
  });

  // A list that is loaded anew has other rows: the focus goes to the one that stands where it was.
  const keepsFocus = (id) => {
    const again = ({ target }) => {
      const row = byId(id);
      if (row && !target.contains(row)) return;
      document.removeEventListener("htmx:afterSettle", again);
      if (document.activeElement === document.body) row?.focus();
    };
    document.addEventListener("htmx:afterSettle", again);
  };

  if (sheet) {
    sheet.addEventListener("close", () => {
      if (here() !== list) {
        left = new Promise((done) => window.addEventListener("popstate", done, { once: true }));
        history.back();
      }
      const row = rowOf(lead()?.dataset.lead);
      htmx.trigger(place, "htmx:abort");
      [busy, early.length, document.title] = [false, 0, title];
      place.replaceChildren();
      say(null);
      (row ?? opener?.closest?.("#rows > tr") ?? opener)?.focus?.();
      if (changed) {
        if (row) keepsFocus(row.id);
        left.then(() => window.sluiceRefresh?.());
      }
      changed = false;
    });
    window.addEventListener("popstate", ({ state }) => {
      if (state?.sluice !== "lead" && sheet.open && typed.any()) {
        mark("pushState", place.querySelector(".lead-tab > .tabs a[aria-current]").href);
        return void typed.leave(() => sheet.close());
      }
      if (state?.sluice !== "lead") return void (sheet.open && sheet.close());
      if (sheet.open) load(here());
      else show(here());
    });
    // On the page each tab is a step of the history. In the sheet it takes the place of the one before, and the list behind it takes none.
    document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
      if (!sheet.open) return;
      detail.history.type = "replace";
      if (!detail.target.matches(".lead-tab")) detail.history.path = here();
    });
    document.addEventListener("htmx:replacedInHistory", () => sheet.open && mark("replaceState"));
  } else {
    // Back and Forward on the page load another of its tabs, or the list whose sheet this was before it was loaded anew.
    const toStep = (event) => {
      if (!event.state) return; // another place of this page
      if (typed.any()) {
        event.stopImmediatePropagation();
        history.pushState({ htmx: true }, "", place.querySelector(".lead-tab > .tabs a[aria-current]").href);
        return void typed.leave(() => history.back());
      }
      if (event.state.sluice) location.reload(); // htmx does so with its own
    };
    window.addEventListener("popstate", toStep, { capture: true });
  }

  const go = (url) =>
    typed.leave(() => {
      if (!sheet) return void location.assign(url);
      say(null);
      mark("replaceState", url);
      byId("lead-name")?.focus();
      load(url);
    });

  // To the next and the previous lead, in the tab that is open
  const step = (way) => {
    if (busy) return void early.push(way);
    const link = place.querySelector(`[data-step="${way}"]`);
    if (!link?.href) return undefined;
    const tab = location.pathname.split("/")[4];
    return go(`/v2/leads/${link.dataset.to}${tab ? `/${tab}` : ""}${lead().dataset.list}`);
  };

  // The quick flag of this lead: what came of it is shown with the lead, which is then loaded anew.
  const openFlag = () => {
    const form = byId("lead-flag");
    if (!form) return;
    flagging = true;
    window.sluiceFlag({ only: form.elements.only.value }, form);
  };
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target.id !== "flag-body" || !flagging) return;
    const result = byId("flag-result").querySelector(".flag-result");
    if (!result || (flag().open && !flag().querySelector("[data-over]"))) return;
    say(result);
    if (!result.matches(".attention")) changed = true;
    if (flag().open) flag().close();
    reload();
  });

  // What changes the lead in one of its tabs is seen in its profile too.
  const writing = new WeakSet();
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.requestConfig.verb !== "get" && place.contains(detail.elt)) writing.add(detail.xhr);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful || !writing.has(detail.xhr)) return;
    changed = true;
    renew();
  });

  // What has been replaced leaves no focus behind: it goes to what the answer is about. From a key it goes into the tab.
  let entering = ""; // the key that chose the tab
  const enter = (key, link) => {
    entering = key;
    link?.click();
  };
  const showTab = () => {
    const link = place.querySelector(".lead-tab > .tabs a[aria-current]");
    if (!link) return;
    const [tabs, box, shown] = [link.parentElement, link.parentElement.getBoundingClientRect(), link.getBoundingClientRect()];
    tabs.scrollLeft += shown.left + shown.width / 2 - box.left - box.width / 2;
  };
  const land = (part, { xhr }) => {
    const content = byId("lead-tab-content");
    const lost = [null, document.body, sheet].includes(document.activeElement);
    const wrong = xhr.status >= 400 && part.querySelector("form [aria-invalid=true]");
    if (part.id === "lead-tab") {
      showTab();
      if (phone.matches) part.scrollIntoView({ block: "start" });
    }
    if (wrong) wrong.focus();
    else if (part.id === "lead-tab" && entering) ((entering === "e" && content.querySelector(".edit-values .icon-button")) || content).focus({ preventScroll: phone.matches });
    else if (lost) (part.id === "lead-profile" ? byId("lead-name") : (part.querySelector("[data-lands], .icon-button") ?? content))?.focus();
    entering = "";
  };
  let landed = null; // the request whose answer got the focus last
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const part = detail.target.id && place.contains(byId(detail.target.id)) && byId(detail.target.id);
    if (!part || part === place || detail.xhr === landed || flag()?.open) return;
    landed = detail.xhr;
    land(part, detail);
  });

  const keys = {
    j: () => step("next"),
    k: () => step("previous"),
    e: () => enter("e", byId("tab-edit_data")),
    f: openFlag,
    u: () => byId("lead-result").querySelector("[data-undoes]")?.click(),
    "?": () => byId("lead-keys")?.showModal(),
    ...Object.fromEntries([..."123456789"].map((digit) => [digit, () => enter(digit, place.querySelectorAll(".lead-tab > .tabs a")[digit - 1])])),
  };
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable], [popover]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? null;
    if (event.key === "Escape" && sheet && top === sheet && typed.any() && !document.querySelector(":popover-open")) {
      event.preventDefault();
      return void typed.leave(() => sheet.close());
    }
    if (top !== sheet || typing(event.target) || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  const isPlain = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  document.addEventListener("click", (event) => {
    const { target } = event;
    const does = (what) => {
      event.preventDefault();
      what();
    };
    if (event.isTrusted && !target.closest("[data-discards]")) entering = "";
    if (!isPlain(event) || event.defaultPrevented) return undefined;
    if (target.closest("[data-step]")) return does(() => step(target.closest("[data-step]").dataset.step));
    if (target.closest("[data-flags-lead]") && flag()) return does(openFlag);
    if (target.closest("[data-shows-lead-keys]")) return does(keys["?"]);
    if (!sheet) return undefined;
    if (target.closest("[data-closes-lead]")) return does(() => typed.leave(() => sheet.close()));
    if (target.closest("[data-goes-to-lead]")) return does(() => go(target.closest("[data-goes-to-lead]").href));
    const link = target.closest("#rows > tr[data-lead] a[href]");
    const row = link?.closest("tr");
    if (link && new URL(link.href).pathname === `/v2/leads/${row.dataset.lead}`) return does(() => open(row.querySelector("[data-opens]").href));
    return undefined;
  });

  showTab();
})();
