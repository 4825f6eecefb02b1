// When charts are drawn: each when it comes near, all of them for print. plotly is the page's
// heaviest part: it is unpacked and read once everything else is there and can be used.
(() => {
  "use strict";
  const root = document.documentElement;
  const PAGE = 610; // height of the tallest chart on paper, pixels
  const near = new Set();
  const paper = { on: false };
  let drawers = {}, room = () => {};
  let ready; // once plotly is there, or it is known that it never will be
  const settled = new Promise((resolve) => { ready = () => { root.classList.add("drawn"); resolve(); }; });
  const show = (id) => {
    const chart = document.getElementById(id);
    chart.querySelector(".wait")?.remove();
    drawers[id](chart);
  };
  const draw = () => {
    for (const id of Object.keys(drawers)) {
      if (window.Plotly && near.has(id)) show(id); else room(document.getElementById(id));
    }
  };
  // What stands where charts would, in a browser that cannot have them.
  const without = (why) => {
    for (const id of Object.keys(drawers)) {
      document.querySelector(`#${id} .wait`).textContent = `No chart: ${why}. The numbers are in the tables.`;
    }
    drawers = {};
    root.classList.add("chartless");
    ready();
  };
  const read = async () => {
    const script = document.createElement("script");
    script.textContent = await window.rbench.unpacked("plotly");
    document.head.append(script);
  };
  const start = async () => {
    const ids = Object.keys(drawers);
    if (!ids.length) return ready();
    if (!window.rbench.unpacks) return without("this browser is too old to unpack the page's drawing library (it has no DecompressionStream)");
    draw();
    try { await read(); } catch { /* told below */ }
    if (!window.Plotly) return without("this browser cannot run the page's drawing library");
    if (paper.on) draw();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        near.add(target.id);
        show(target.id);
      }
      ready();
    }, { rootMargin: "300px" });
    for (const id of ids) observer.observe(document.getElementById(id));
  };

  Object.assign(window.rbench, {
    paper,
    // Height of one of so many lines of a chart, pixels: on paper all of them fit on a page.
    line: (count, roomy, rest) => (paper.on ? Math.max(7.5, Math.min(roomy, (PAGE - rest) / count)) : roomy),
    // What columns() of page.py took apart: one object a row.
    rows: (columns) => (Object.values(columns)[0] ?? []).map((_, index) =>
      Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, column[index]]))),
    // Chart's id -> what draws it; what makes room for one before, so that nothing jumps.
    charts: (found, roomy = () => {}) => {
      drawers = Object.fromEntries(Object.entries(found).filter(([id]) => document.getElementById(id)));
      room = roomy;
      const soon = () => requestAnimationFrame(() => setTimeout(start, 0));
      if (document.readyState === "complete") soon(); else addEventListener("load", soon);
    },
    redraw: (id) => { if (window.Plotly && near.has(id)) show(id); },
  });
  window.rbench.onChange(draw);

  // Paper is white and has no second chance: what is not drawn yet is drawn, if it can be.
  let before;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    paper.on = true;
    Object.keys(drawers).forEach((id) => near.add(id));
    draw();
  });
  addEventListener("afterprint", () => {
    if (before) root.dataset.theme = before;
    else delete root.dataset.theme;
    paper.on = false;
    draw();
  });
  // Nothing can hold up the browser's own menu; the key for printing can wait for the charts.
  addEventListener("keydown", (event) => {
    if (event.key?.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (root.classList.contains("drawn")) return;
    event.preventDefault();
    Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 10000))]).then(() => print());
  });
})();
