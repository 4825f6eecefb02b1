// Filters, the matrix's switch, sorting, downloads, the theme's button. Text is only ever moved or
// hidden here, never made into HTML.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const DIMENSIONS = ["encoder", "recipe", "target"];
  const kept = { encoder: null, recipe: null, target: null };
  const listeners = [];
  const places = JSON.parse(document.getElementById("chart-data").textContent).cells.place ?? [];

  window.rbench = {
    shows: (place) => DIMENSIONS.every((name, index) => place[index] === null || kept[name].has(place[index])),
    onChange: (listener) => listeners.push(listener),
    // Whether this browser can unpack: Safari from 16.4, Firefox from 113 on.
    unpacks: "DecompressionStream" in window,
    // What packed() of page.py made: text, gzip, base64.
    unpacked: (id) => {
      const letters = atob(document.getElementById(id).textContent);
      const bytes = new Uint8Array(letters.length);
      for (let index = 0; index < letters.length; index++) bytes[index] = letters.charCodeAt(index);
      return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    },
  };

  const boxes = (name) => all(`fieldset[data-dimension="${name}"] input`);
  let placed; // every row and field with a place, found when the first filter is set
  const keep = () => {
    for (const name of DIMENSIONS) {
      kept[name] = new Set(boxes(name).filter((box) => box.checked).map((box) => +box.value));
    }
  };
  const count = () => {
    const shown = places.filter(window.rbench.shows).length;
    document.getElementById("shown").textContent = `${shown} of ${places.length} cells shown`;
  };
  const filter = () => {
    keep();
    placed ??= all("main [data-encoder], main [data-recipe], main [data-target]").map((element) => ({
      element, place: DIMENSIONS.map((name) => (name in element.dataset ? +element.dataset[name] : null)),
    }));
    for (const { element, place } of placed) element.classList.toggle("off", !window.rbench.shows(place));
    count();
    for (const listener of listeners) listener();
  };
  for (const name of DIMENSIONS) for (const box of boxes(name)) box.addEventListener("change", filter);
  for (const button of all("[data-all]")) {
    button.addEventListener("click", () => {
      for (const box of all("input", button.closest("fieldset"))) box.checked = button.dataset.all === "1";
      filter();
    });
  }
  for (const button of all("[data-family]")) {
    button.addEventListener("click", () => {
      const family = all("input", button.closest(".family"));
      const off = family.some((box) => !box.checked);
      for (const box of family) box.checked = off;
      filter();
    });
  }
  // A page that was gone back to keeps its ticks; else nothing is hidden, and nothing to do.
  keep();
  if (DIMENSIONS.some((name) => kept[name].size < boxes(name).length)) filter();
  else count();

  for (const radio of all('input[name="panel"]')) {
    radio.addEventListener("change", () => {
      for (const panel of all("[data-panel]")) panel.hidden = panel.dataset.panel !== radio.value;
    });
  }

  const key = (cell) => cell.dataset.v ?? cell.textContent.trim();
  const number = (text) => (/^[-+−\d.,]/.test(text) ? parseFloat(text.replace(/,/g, "").replace("−", "-")) : NaN);
  for (const button of all(".sortable .sort")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const body = head.closest("table").tBodies[0];
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const numeric = head.classList.contains("n");
      const rows = [...body.rows].map((row) => {
        const text = key(row.cells[head.cellIndex]);
        return { row, value: numeric ? number(text) : text };
      });
      const sign = down ? -1 : 1;
      rows.sort((a, b) => {
        if (!numeric) return sign * a.value.localeCompare(b.value, undefined, { numeric: true });
        const missing = Number.isNaN(a.value) - Number.isNaN(b.value);
        return missing || sign * (a.value - b.value) || 0;
      });
      body.append(...rows.map(({ row }) => row));
    });
  }

  for (const button of all("[data-download]")) {
    button.hidden = !window.rbench.unpacks;
    button.addEventListener("click", async () => {
      const name = button.dataset.download;
      const text = await window.rbench.unpacked(name.replace(".", "-"));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: name.endsWith("csv") ? "text/csv" : "application/json" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  if (!window.rbench.unpacks) for (const words of all("[data-packed]")) words.hidden = false;

  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = getComputedStyle(root).colorScheme === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("rbench-theme", root.dataset.theme); } catch { /* see theme.js */ }
    for (const listener of listeners) listener();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const listener of listeners) listener();
  });
})();
