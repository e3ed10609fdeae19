/* Light or dark: as the system says, until somebody uses the switch. */
(function () {
  "use strict";

  const KEY = "pcdash-theme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null; // storage may be forbidden; then the system decides
    }
  }

  function apply() {
    const theme = chosen() || (dark.matches ? "dark" : "light");
    document.documentElement.setAttribute("data-bs-theme", theme);
  }

  function toggle() {
    const now = document.documentElement.getAttribute("data-bs-theme");
    const next = now === "dark" ? "light" : "dark";
    const system = dark.matches ? "dark" : "light";
    try {
      // Back at the system's own theme, follow the system again.
      if (next === system) window.localStorage.removeItem(KEY);
      else window.localStorage.setItem(KEY, next);
    } catch {
      document.documentElement.setAttribute("data-bs-theme", next);
      return;
    }
    apply();
  }

  dark.addEventListener("change", apply);
  apply();
  window.pcdashTheme = { toggle };
})();
