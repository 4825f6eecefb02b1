// Before anything is drawn: the theme that the reader chose last, if any.
(() => {
  "use strict";
  try {
    const chosen = localStorage.getItem("rbench-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch { /* a page from a file may be refused storage; the system's theme is fine */ }
})();
