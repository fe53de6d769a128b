// A list of leads by keyboard: a row has the focus and moves with j and k; f flags it in a dialog, which goes on to the next.
(() => {
  "use strict";
  const selection = window.sluiceSelection;
  const byId = (id) => document.getElementById(id);
  const dialog = () => byId("flag");
  let current = ""; // id of the lead that has, or last had, the focus
  let walked = false; // whether a row has had the focus
  let busy = false;
  let settled = null; // the request whose answer was shown last
  let own = null; // the form of a lead that is open by itself: the dialog then stays with that lead
  let flags = 0; // leads that the open dialog has flagged: the list is stale then
  let undoes = ""; // address of the undo of the last flag of the open dialog that was saved
  const early = []; // keys that were pressed while the dialog waited for its next lead

  const rows = () => [...document.querySelectorAll("#rows > tr[data-lead]")];
  const rowOf = (lead) => document.querySelector(`#rows > tr[data-lead="${CSS.escape(lead)}"]`);
  const refresh = () => byId("refresh")?.click();
  const here = () => document.activeElement?.closest?.("#rows > tr") ?? rowOf(current);

  // One row is a stop of the Tab key, the one where one was.
  const mark = (row) => {
    for (const other of rows()) {
      other.tabIndex = other === row ? 0 : -1;
      other.classList.toggle("current", other === row && dialog().open);
    }
    current = row?.dataset.lead ?? "";
  };
  const show = (row) => {
    mark(row);
    row.scrollIntoView({ block: "nearest" });
  };
  const focus = (row) => {
    if (!row) return;
    walked = true;
    show(row);
    row.focus({ preventScroll: true });
  };
  const beside = (row, step) => {
    const all = rows();
    return row ? all[all.indexOf(row) + step] : all[0];
  };

  // Where no row has had the focus yet, the first step goes to the one that would get it.
  const step = (by) => focus(walked || document.activeElement?.closest?.("#rows > tr") ? beside(here(), by) : (here() ?? rows()[0]));

  const manage = () => {
    if (selection.isEmpty()) selection.toggle(here(), false);
    if (!selection.isEmpty()) document.querySelector("#selected [data-key=m]")?.click();
  };

  // The dialog
  const send = (values, address = "") => {
    const form = own ?? byId("selected");
    const filled = { csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, query: form.elements.query.value, ...values };
    const url = address || (form.dataset.flags ?? form.querySelector("[data-flags]").getAttribute("formaction"));
    // A failure is told by an event of htmx, which live.js shows.
    return htmx.ajax("POST", url, { target: "#flag-body", swap: "innerHTML", source: dialog(), values: filled }).catch(() => {});
  };
  const open = (values, form = null) => {
    own = form;
    if (!dialog().open) {
      byId("flag-body").replaceChildren();
      byId("flag-result").replaceChildren();
      undoes = "";
      dialog().showModal();
    }
    return send(values);
  };
  const openRow = (row) => {
    if (!row || !row.querySelector("[data-flags]")) return;
    if (dialog().open) show(row);
    open({ only: row.dataset.lead });
    show(row);
  };
  const openSelected = () => {
    const form = new FormData(byId("selected"));
    open(form.get("all") ? { all: "1" } : { id: form.getAll("id") });
  };
  const form = () => byId("flag-form");
  const flagged = () => rowOf(form()?.dataset.lead ?? "");
  const skip = (step) => {
    const row = !own && flagged() && beside(flagged(), step);
    if (row) openRow(row);
  };
  // A flag that was refused leaves the one before it to be undone.
  const undo = () => {
    const button = dialog().querySelector("[data-undoes]");
    if (button) button.click();
    else if (undoes) send({}, undoes);
    else {
      const line = document.createElement("p");
      line.className = "flag-result attention";
      line.textContent = "There is nothing to undo: no flag that was saved here can be taken back.";
      byId("flag-result").replaceChildren(line);
    }
  };
  const choose = (digit) => {
    const side = [...form().querySelectorAll(".flag-side")].find((part) => part.checkVisibility());
    side?.querySelectorAll(".flag-reasons input")[digit - 1]?.click();
  };

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.id !== "flag-form") return;
    const next = !own && flagged() && beside(flagged(), 1);
    if (next) detail.parameters.next = next.dataset.lead;
  });
  const inDialog = (detail) => detail.target?.id === "flag-body";
  // Until what has come is settled, which may be before the request is over, keys are kept.
  let swaps = false;
  document.addEventListener("htmx:beforeRequest", ({ detail }) => inDialog(detail) && ([busy, swaps] = [true, false]));
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!inDialog(detail)) return;
    swaps = detail.shouldSwap;
    if (detail.xhr.status >= 400) early.length = 0; // they were meant for the next lead, and this one stays
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => inDialog(detail) && (busy = swaps));

  const settleDialog = () => {
    [busy, swaps] = [false, false];
    if (byId("flag-result").querySelector(".flag-result:not(.attention)")) {
      flags += 1;
      undoes = dialog().querySelector("[data-undoes]")?.form.getAttribute("action") ?? "";
    }
    const row = flagged();
    if (row) show(row);
    if (own || !row || !beside(row, 1)) dialog().querySelector("[data-skips]")?.remove(); // there is no next one here
    const wrong = form()?.querySelector(".form-wrong");
    const field = wrong?.parentElement.querySelector("input, select, textarea");
    (field ?? byId("flag-body").querySelector("[data-first]"))?.focus();
    while (early.length && !busy) flagKeys[early.shift()]();
  };
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target.id === "flag-body") {
      // The event comes once for each element of an answer.
      if (detail.xhr !== settled) settleDialog();
      settled = detail.xhr;
    } else if (detail.target.id === "list") settleList();
    else mark(rowOf(current) ?? rows()[0]);
  });
  let had = false; // whether the focus was in the list that is being replaced
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id === "list") had = document.activeElement?.closest("#rows") !== null && document.activeElement !== document.body;
  });
  const settleList = () => {
    const row = rowOf(current) ?? rows()[0];
    mark(row);
    // Whoever went on to something else meanwhile stays there.
    if (had && (!document.activeElement || document.activeElement === document.body)) focus(row);
  };

  // Keys
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    x: () => selection.toggle(here(), false),
    X: () => selection.toggle(here(), true),
    a: selection.tickPage,
    A: selection.selectAll,
    f: () => openRow(here() ?? rows()[0]),
    m: manage,
    r: () => {
      focus(here());
      refresh();
    },
    "?": () => byId("keys").showModal(),
    Escape: () => !selection.isEmpty() && selection.clear(),
  };
  const flagKeys = {
    v: () => form()?.querySelector("[data-key=v]").click(),
    i: () => form()?.querySelector("[data-key=i]").click(),
    j: () => skip(1),
    k: () => skip(-1),
    u: undo,
    Enter: () => form()?.requestSubmit(),
    ...Object.fromEntries([..."123456789"].map((digit) => [digit, () => form() && choose(digit)])),
  };
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

  const onFlagKey = (event) => {
    const types = typing(event.target);
    const saves = event.key === "Enter" && !event.target.closest("textarea, select, button, a");
    if (!(event.key in flagKeys) || (event.key === "Enter" ? !saves : types)) return;
    event.preventDefault();
    if (busy) early.push(event.key);
    else flagKeys[event.key]();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (dialog()?.open) return void onFlagKey(event);
    if (!byId("keys") || document.querySelector("dialog[open]") || typing(event.target) || event.target.closest("[popover]") || document.querySelector("[popover]:popover-open")) return;
    if (event.key === "Enter" && event.target.matches("#rows > tr")) return void event.target.querySelector("[data-opens]")?.click();
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const { target } = event;
    const flags = target.closest("[data-flags]");
    if (flags) {
      event.preventDefault();
      const row = flags.closest("tr");
      if (row) openRow(row);
      else openSelected();
    } else if (target.closest("[data-shows-keys]")) byId("keys").showModal();
    else if (target.closest("[data-closes]")) target.closest("dialog").close();
    else if (target.closest("[data-skips]")) skip(1);
    else if (target.closest("[data-shows-list]")) {
      dialog().close();
      refresh();
    }
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target.id === "rows") focus(rowOf(current) ?? rows()[0]);
    else if (!dialog()?.open && target.closest("#rows > tr")) mark(target.closest("#rows > tr"));
  });
  // `close` does not bubble.
  document.addEventListener(
    "close",
    ({ target }) => {
      if (target !== dialog()) return;
      early.length = 0;
      focus(rowOf(current) ?? rows()[0]);
      if (flags) refresh();
      flags = 0;
    },
    true,
  );

  // For a lead that is open by itself (lead.js).
  window.sluiceFlag = open;
  window.sluiceRefresh = refresh;

  mark(rows()[0]);
})();
