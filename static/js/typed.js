// What is typed into the forms of a lead is not lost: whoever would leave them is asked first. Loaded before lead.js.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const place = byId("lead");
  if (!place) return;
  let answered = null; // what is done when the question is answered with yes

  const fields = (form) => [...form.elements].filter((field) => field.name && field.type !== "hidden");
  const differs = (field) => {
    if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.value !== field.querySelector("option[selected]")?.value;
    return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  };
  // A form that came back refused holds what was typed, whatever the field says of itself.
  const isTyped = (form) => form.matches("[data-typed]") || fields(form).some(differs);
  const typedForms = (within = place) => [...within.querySelectorAll("form[data-keeps]")].filter(isTyped);

  const forget = (form) => {
    const refused = form.matches("[data-typed]");
    form.reset();
    if (refused) for (const field of fields(form)) if (!field.matches("select")) field.value = "";
    delete form.dataset.typed;
  };

  // Do what leaves these forms, at once or after the question.
  const leave = (forms, act) => {
    if (!forms.length) return void act();
    const dialog = byId("lead-typed");
    const names = forms.map((form) => form.dataset.keeps);
    byId("lead-typed-what").textContent = `${names.join(", ")}: what you typed has not been saved.`;
    answered = () => {
      forms.forEach(forget);
      act();
    };
    if (!dialog.open) dialog.showModal();
  };
  const close = (agreed) => {
    const act = answered;
    answered = null;
    byId("lead-typed").close();
    if (agreed) act?.();
  };
  place.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-discards]");
    if (button) close(button.dataset.discards === "yes");
  });

  // Other tabs, other types of notes, other leads: all that htmx puts in the place of a form, except by that form itself.
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target, issueRequest } = event.detail;
    if (!target || !(target === place || place.contains(target))) return;
    const lost = typedForms(target).filter((form) => !form.contains(elt) && !keepsOpen(target, form));
    if (!lost.length) return;
    event.preventDefault();
    leave(lost, () => issueRequest(true));
  });

  // A saved value comes with all rows anew. Those that are being edited stay as they are.
  const keepsOpen = (target, form) => target.id === "edit-data" && form.closest("#edit-data") !== null;
  let open = [];
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    open = [];
    if (detail.target.id !== "edit-data" || !(detail.shouldSwap || detail.xhr.getResponseHeader("X-Sluice-Fragment"))) return;
    const sent = detail.requestConfig.elt;
    const parts = [...detail.target.querySelectorAll("#edit-values > tr:has(form), #new-value")].filter((part) => !part.contains(sent));
    const had = document.activeElement;
    open = [...parts.filter((part) => part.matches("tr") || isTyped(part)), byId("edit-notice")].map((part) => ({ part, had: part.contains(had) ? had : null }));
    for (const { part } of open) {
      part.querySelectorAll("[autofocus]").forEach((field) => field.removeAttribute("autofocus")); // the saved value has it now
      part.remove(); // htmx forgets what it knows of elements that it takes away
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const { part, had } of open) {
      const fresh = byId(part.id);
      if (part.id === "edit-notice") part.replaceChildren(...fresh.childNodes);
      if (fresh) fresh.replaceWith(part);
      else (part.matches("tr") ? byId("edit-values") : byId("edit-data")).append(part);
      had?.focus();
    }
    open = [];
  });

  // What is unfolded to be typed into has the focus at once: elsewhere letters are keys of the lead.
  const unfold = ({ target }) => target.open && target.matches("#lead details:has(> form[data-keeps])") && target.querySelector("form :is(textarea, input:not([type=hidden]))").focus();
  document.addEventListener("toggle", unfold, { capture: true });

  // Escape in a field leaves that edit, not the sheet.
  const cancel = (form) => {
    const way = form.querySelector("[data-cancels]");
    if (way) return void way.click();
    const fold = form.closest("details");
    if (fold) fold.open = false;
    (fold?.querySelector("summary") ?? byId("lead-tab-content")).focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    const form = event.target.closest?.("#lead-tab form");
    if (!form || document.querySelector("#lead dialog[open], #flag[open]")) return;
    event.preventDefault();
    leave(isTyped(form) && form.matches("[data-keeps]") ? [form] : [], () => cancel(form));
  });

  // A session that has ended: the form stays with what was typed, and is sent again after signing in elsewhere.
  let unsent = null;
  const say = (id) => {
    unsent.querySelector(":scope > .lead-signed-out")?.remove();
    unsent.prepend(byId(id).content.firstElementChild.cloneNode(true));
  };
  const lookAgain = async () => {
    const answer = await fetch(location.pathname + location.search, { headers: { "HX-Request": "true", "HX-Target": "lead-tab" } });
    if (!unsent?.isConnected) return;
    if (answer.status === 401) return void say("lead-signed-out");
    if (!answer.ok) return void say("lead-refused");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token) place.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    say("lead-signed-in");
    unsent = null;
  };
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr } = event.detail;
    const form = elt.closest?.("#lead form[data-keeps]");
    if (!form || xhr.getResponseHeader("X-Sluice-Fragment") || ![401, 403].includes(xhr.status)) return;
    event.preventDefault(); // or htmx goes to the page for signing in
    unsent = form;
    if (xhr.status === 401) say("lead-signed-out");
    else lookAgain(); // the form may only have been open longer than its session
  });
  window.addEventListener("focus", () => unsent && lookAgain());

  window.addEventListener("beforeunload", (event) => {
    if (typedForms().length) event.preventDefault();
  });

  window.sluiceTyped = { any: () => typedForms().length > 0, leave: (act) => leave(typedForms(), act) };
})();
