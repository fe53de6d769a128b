// The frame by hand and keyboard: theme, rail, search key, paging keys, floating texts, small form comforts.
(() => {
  "use strict";
  const html = document.documentElement;

  const keep = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Storage may be blocked: the choice then lasts for this page.
    }
  };

  const clicks = {
    theme() {
      html.dataset.bsTheme = html.dataset.bsTheme === "dark" ? "light" : "dark";
      keep("sluice.theme", html.dataset.bsTheme);
    },
    rail() {
      html.dataset.rail = html.dataset.rail === "folded" ? "open" : "folded";
      keep("sluice.rail", html.dataset.rail);
    },
    reveal(button) {
      const field = document.getElementById(button.getAttribute("aria-controls"));
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.textContent = shown ? "Hide" : "Show";
      button.setAttribute("aria-pressed", shown);
    },
    async copy(button) {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
      const before = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = before), 2000);
    },
    drop(button) {
      const filter = button.closest(".added-filter");
      const next = filter.nextElementSibling ?? filter.previousElementSibling;
      filter.remove();
      (next?.querySelector("[data-does=drop]") ?? document.querySelector("[popovertarget=add-filter]"))?.focus();
    },
    reload() {
      location.reload();
    },
    back() {
      history.back();
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-does]");
    if (button) clicks[button.dataset.does](button);
  });

  // Keys: never while somebody types, never with a modifier. A dialog that was just closed may still hold the focus.
  const typing = (target) => target.closest("input, select, textarea, [contenteditable], dialog[open], [popover]");
  const keys = {
    "/": () => document.getElementById("find"),
    ArrowLeft: () => document.querySelector("a[rel=prev]"),
    ArrowRight: () => document.querySelector("a[rel=next]"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys) || typing(event.target) || document.querySelector("dialog:modal")) return;
    // A table that has the focus and is wider than its box scrolls with the arrows.
    if (event.key !== "/" && event.target.matches(".list-scroll") && event.target.scrollWidth > event.target.clientWidth) return;
    const found = keys[event.key]();
    if (!found) return;
    event.preventDefault();
    if (event.key === "/") found.select();
    else found.click();
  });

  // Reasons open on hover and focus as well as on tap, which the popover does by itself. They stay open while the
  // pointer is over them, so that their text can be selected.
  let leaving;
  const reasonsOf = (element) => element.closest?.("button.status[popovertarget]")?.popoverTargetElement;
  const within = (element) => element.closest?.(".reasons");
  const open = (event) => {
    if (within(event.target)) return clearTimeout(leaving);
    const reasons = reasonsOf(event.target);
    if (!reasons || event.pointerType === "touch") return undefined;
    clearTimeout(leaving);
    if (!reasons.matches(":popover-open")) reasons.showPopover({ source: event.target.closest("button") });
    return undefined;
  };
  const close = (event) => {
    const reasons = reasonsOf(event.target) || within(event.target);
    if (!reasons || event.pointerType === "touch") return;
    clearTimeout(leaving);
    leaving = setTimeout(() => reasons.matches(":hover") || reasons.hidePopover(), 150);
  };
  document.addEventListener("pointerover", open);
  document.addEventListener("focusin", open);
  document.addEventListener("pointerout", close);
  document.addEventListener("focusout", close);

  // A form that is sent is not sent twice.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    if (!("downloads" in event.target.dataset)) event.target.dataset.sent = "yes";
    else event.target.hidePopover();
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // A filter that is added gets the focus. One that is there already is not added again.
  const added = (name) => document.querySelector(`#added [data-added="${CSS.escape(name)}"]`);
  const fill = (filter) => filter?.querySelector("input, select")?.focus();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { target, requestConfig } = event.detail;
    if (target.id !== "added") return;
    const present = added(new URLSearchParams(requestConfig.path.split("?")[1]).get("add"));
    if (!present) return;
    event.preventDefault();
    fill(present);
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.closest?.("#added")) fill(document.querySelector("#added > :last-child"));
  });

  document.addEventListener(
    "scroll",
    ({ target }) => target.classList?.contains("list-scroll") && target.classList.toggle("scrolled", target.scrollLeft > 0),
    true,
  );
})();
