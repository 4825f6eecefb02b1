// Filters, the matrix's switch, sorting, downloads, the theme's button. Text is only ever moved or
// hidden here, never made into HTML.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const DIMENSIONS = ["encoder", "recipe", "target"];
  const kept = { encoder: null, recipe: null, target: null };
  const listeners = [];
  const cells = JSON.parse(document.getElementById("chart-data").textContent).cells;

  window.rbench = {
    shows: (place) => DIMENSIONS.every((name, index) => place[index] === null || kept[name].has(place[index])),
    onChange: (listener) => listeners.push(listener),
  };

  const boxes = (name) => all(`fieldset[data-dimension="${name}"] input`);
  const filter = () => {
    for (const name of DIMENSIONS) {
      kept[name] = new Set(boxes(name).filter((box) => box.checked).map((box) => +box.value));
    }
    for (const element of all("main [data-encoder], main [data-recipe], main [data-target]")) {
      const away = DIMENSIONS.some(
        (name) => name in element.dataset && !kept[name].has(+element.dataset[name]));
      element.classList.toggle("off", away);
    }
    const count = cells.filter((cell) => window.rbench.shows(cell.place)).length;
    document.getElementById("shown").textContent = `${count} of ${cells.length} cells shown`;
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
  filter();

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

  const embedded = (id) => document.getElementById(id).textContent;
  const documents = {
    "records.json": () => ["application/json", embedded("records-data")],
    "records.csv": () => ["text/csv", JSON.parse(embedded("csv-data"))],
  };
  for (const button of all("[data-download]")) {
    button.addEventListener("click", () => {
      const [type, text] = documents[button.dataset.download]();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = button.dataset.download;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

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
