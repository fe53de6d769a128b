// Django's search boxes for rows of other tables (Select2) have no name of their own: they get that of the field they stand for.
(() => {
  const name = () => {
    for (const field of document.querySelectorAll("select.admin-autocomplete")) {
      const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
      if (!label || !field.nextElementSibling) continue;
      for (const part of field.nextElementSibling.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]")) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
      }
    }
  };
  // Select2 is started by jQuery's own kind of "ready", which may come after the page's: ours stands in the same row, behind it.
  window.django?.jQuery?.(name);
})();
