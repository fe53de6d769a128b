// Runs before the first paint, so that neither theme nor rail flashes. Knows nothing else.
(() => {
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be blocked: then the system's theme it is
    }
  };
  const html = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  html.dataset.bsTheme = kept("sluice.theme") || (system.matches ? "dark" : "light");
  if (kept("sluice.rail") === "folded") html.dataset.rail = "folded";
})();
