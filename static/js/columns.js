// The chooser of a list's columns: moves, removes and adds them in the form, which is saved as a whole.
(() => {
  "use strict";
  const FIELD = /^(captured|transformed|enriched):\S/;
  const list = () => document.getElementById("columns");
  const keyOf = (row) => row.querySelector("input[name=columns]").value;
  const say = (text) => (document.getElementById("announce").textContent = text);

  const labelled = (row, label) => {
    row.querySelector(".column-label").textContent = label;
    const words = { up: `Move ${label} up`, down: `Move ${label} down`, remove: `Remove ${label}` };
    for (const button of row.querySelectorAll("[data-moves]")) button.setAttribute("aria-label", words[button.dataset.moves]);
  };

  const found = (text) => {
    const options = [...document.getElementById("columns-offered").options];
    const typed = text.toLowerCase();
    // As it is offered, by its key, by its label alone, or by the name of the field alone.
    const matches = [
      ({ value }) => value.toLowerCase() === typed,
      ({ dataset }) => dataset.key === text,
      ({ dataset, value }) => dataset.key.startsWith("captured:") && value.toLowerCase().startsWith(`${typed} (`),
      ({ dataset }) => dataset.key.includes(":") && dataset.key.slice(dataset.key.indexOf(":") + 1).toLowerCase() === typed,
    ];
    const option = text && matches.map((match) => options.find(match)).find(Boolean);
    if (option) return { key: option.dataset.key, label: option.value };
    return FIELD.test(text) ? { key: text, label: text } : null;
  };

  const add = () => {
    const input = document.getElementById("column-to-add");
    const text = input.value.trim();
    const column = found(text);
    const isThere = column && [...list().children].some((row) => keyOf(row) === column.key);
    input.setCustomValidity(isThere ? "This column is in the table already." : column || !text ? "" : "There is no such column. Choose one of the list.");
    if (!input.reportValidity() || !column) return;
    const row = document.getElementById("column-row").content.firstElementChild.cloneNode(true);
    row.querySelector("input[name=columns]").value = column.key;
    labelled(row, column.label);
    list().append(row);
    input.value = "";
    row.scrollIntoView({ block: "nearest" });
    say(`${column.label} added`);
  };

  const move = (button) => {
    const row = button.closest("li");
    const label = row.querySelector(".column-label").textContent;
    const next = { up: row.previousElementSibling, down: row.nextElementSibling }[button.dataset.moves];
    if (!next) return;
    if (button.dataset.moves === "up") next.before(row);
    else next.after(row);
    button.focus();
    row.scrollIntoView({ block: "nearest" });
    say(`${label} is number ${[...list().children].indexOf(row) + 1}`);
  };

  const remove = (button) => {
    const row = button.closest("li");
    if (list().children.length === 1) return say("A table has at least one column");
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    say(`${row.querySelector(".column-label").textContent} removed`);
    row.remove();
    return neighbour.querySelector("[data-moves=remove]").focus();
  };

  const moves = { add, up: move, down: move, remove };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-moves]");
    if (button) moves[button.dataset.moves](button);
  });
  document.addEventListener("input", ({ target }) => target.id === "column-to-add" && target.setCustomValidity(""));
  // Enter in a field presses the button that stands beside it, and not the form's first one.
  document.addEventListener("keydown", (event) => {
    const beside = event.key === "Enter" && event.target.dataset?.enter;
    if (!beside) return;
    event.preventDefault();
    document.querySelector(beside).click();
  });
})();
