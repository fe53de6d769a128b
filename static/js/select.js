// Selected rows of a list of leads: ticks with ranges, all of the page, all that match; they outlast a refresh of the list.
(() => {
  "use strict";
  const ticked = new Set(); // ids, of rows that the page may show again
  let last = ""; // id of the row that was ticked last, where a range begins
  let all = false;
  let left = ""; // of how many matching leads one was unticked, so that those of the page are left

  const form = () => document.getElementById("selected");
  const boxes = () => [...document.querySelectorAll("#rows .pick input")];
  const boxOf = (row) => row?.querySelector(".pick input");
  const byThousands = (n) => n.toLocaleString("en");

  const counted = (text) => Number(text.replace(/\D/g, ""));
  const describe = (bar, n) => {
    const matching = bar.dataset.matching;
    const onPage = `${byThousands(n)} selected on this page${left ? `, no longer all ${left}` : ""}`;
    bar.querySelector(".selection-n").textContent = all ? `All ${matching} selected` : onPage;
    for (const button of bar.querySelectorAll("[data-at-most]")) {
      const most = Number(button.dataset.atMost);
      button.disabled = (all ? counted(matching) : n) > most;
      button.title = button.disabled ? `For at most ${byThousands(most)} leads` : "";
    }
  };

  const show = () => {
    const bar = form();
    if (!bar) return;
    const found = boxes();
    for (const box of found) box.checked = all || ticked.has(box.value);
    const n = found.filter((box) => box.checked).length;
    if (bar.elements.all) bar.elements.all.checked = all;
    bar.querySelector("[data-picks-page-button]").hidden = all || n === found.length;
    for (const box of document.querySelectorAll("[data-picks-page]")) {
      box.checked = n > 0 && n === found.length;
      box.indeterminate = n > 0 && n < found.length;
    }
    describe(bar, n);
  };

  // One row that is unticked makes “all” those that are left on the page.
  const leaveAll = () => {
    if (!all) return;
    all = false;
    left = counted(form().dataset.matching) > boxes().length ? form().dataset.matching : "";
    for (const box of boxes()) ticked.add(box.value);
  };

  const set = (box, on) => (on ? ticked.add(box.value) : ticked.delete(box.value));
  const tick = (box, { range = false, on }) => {
    leaveAll();
    const found = boxes();
    const from = found.findIndex((other) => other.value === last);
    const to = found.indexOf(box);
    const chosen = range && from >= 0 ? found.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    for (const other of chosen) set(other, on);
    last = box.value;
    show();
  };

  const clear = () => {
    ticked.clear();
    all = false;
    last = left = "";
    show();
  };
  const tickPage = (on) => {
    leaveAll();
    for (const box of boxes()) set(box, on);
    show();
  };
  const selectAll = (on) => {
    if (on) {
      all = Boolean(form()?.elements.all);
      left = "";
    } else clear();
    show();
  };

  document.addEventListener("click", (event) => {
    const { target, shiftKey } = event;
    if (target.matches("#rows .pick input")) tick(target, { range: shiftKey, on: target.checked });
    else if (target.matches("[data-picks-page]")) tickPage(target.checked);
    else if (target.matches("[data-picks-page-button]")) tickPage(true);
    else if (target.matches("#selected [name=all]")) selectAll(target.checked);
  });
  document.addEventListener("reset", ({ target }) => target.id === "selected" && setTimeout(clear));
  // Shift and click selects text too, unless it is a tick that is meant.
  document.addEventListener("mousedown", (event) => event.shiftKey && event.target.closest("#rows .pick") && event.preventDefault());

  // A list of other filters is another list: what was selected in all of it is not selected in this one.
  const filters = () => {
    const query = new URLSearchParams(form()?.elements.query.value);
    for (const name of ["after", "before", "per_page", "sort"]) query.delete(name);
    return query.toString();
  };
  let before = "";
  document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.target.id === "list" && (before = filters()));
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target.id === "list") {
      const here = new Set(boxes().map((box) => box.value));
      for (const id of ticked) if (!here.has(id)) ticked.delete(id);
      if (before !== filters()) {
        all = false;
        left = "";
      }
    }
    show();
  });
  window.addEventListener("pageshow", () => {
    for (const box of boxes()) if (box.checked) ticked.add(box.value);
    all = form()?.elements.all?.checked ?? false;
    show();
  });

  // For the keys (walk.js).
  window.sluiceSelection = {
    toggle: (row, range) => boxOf(row) && tick(boxOf(row), { range, on: range || !boxOf(row).checked }),
    tickPage: () => tickPage(true),
    selectAll: () => selectAll(true),
    clear,
    isEmpty: () => !all && !ticked.size,
  };
})();
