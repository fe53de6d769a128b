// Ticks in the rows of a list: how many there are, all of a page at once, and buttons that wait for the first.
(() => {
  "use strict";
  const ticks = (form) => [...document.querySelectorAll(`input[type=checkbox][name=id][form="${form}"]`)];

  const refresh = () => {
    for (const all of document.querySelectorAll("[data-chooses]")) {
      const form = all.dataset.chooses;
      const found = ticks(form);
      const chosen = found.filter((tick) => tick.checked).length;
      all.checked = found.length > 0 && chosen === found.length;
      all.indeterminate = chosen > 0 && chosen < found.length;
      for (const place of document.querySelectorAll(`[data-chosen-of="${form}"]`)) place.textContent = chosen ? `${chosen} chosen` : "None chosen";
      for (const button of document.querySelectorAll(`[data-needs="${form}"]`)) button.disabled = !chosen;
    }
  };

  document.addEventListener("change", ({ target }) => {
    if (target.dataset.chooses) for (const tick of ticks(target.dataset.chooses)) tick.checked = target.checked;
    if (target.matches("[data-chooses], input[name=id][form]")) refresh();
  });
  document.addEventListener("htmx:afterSettle", refresh);
  window.addEventListener("pageshow", refresh);
})();
