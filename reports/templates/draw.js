// When charts are drawn: each when it comes near, all of them for print. plotly is the page's
// heaviest part: it is unpacked and read once everything else is there and can be used.
(() => {
  "use strict";
  const near = new Set();
  const paper = { on: false };
  let drawers = {}, room = () => {};
  const drawn = () => document.documentElement.classList.add("drawn");
  const draw = () => {
    for (const [id, drawer] of Object.entries(drawers)) {
      const chart = document.getElementById(id);
      if (window.Plotly && near.has(id)) drawer(chart); else room(chart);
    }
  };
  const read = async () => {
    const script = document.createElement("script");
    script.textContent = await window.rbench.unpacked("plotly");
    document.head.append(script);
  };
  const start = async () => {
    const ids = Object.keys(drawers);
    if (!ids.length) return drawn();
    draw();
    await read();
    if (paper.on) draw();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        near.add(target.id);
        drawers[target.id](target);
      }
      drawn();
    }, { rootMargin: "300px" });
    for (const id of ids) observer.observe(document.getElementById(id));
  };

  Object.assign(window.rbench, {
    paper,
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
    redraw: (id) => { if (window.Plotly && near.has(id)) drawers[id](document.getElementById(id)); },
  });
  window.rbench.onChange(draw);

  // Paper is white and has no second chance.
  let before;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    paper.on = true;
    Object.keys(drawers).forEach((id) => near.add(id));
    draw();
  });
  addEventListener("afterprint", () => {
    if (before) document.documentElement.dataset.theme = before;
    else delete document.documentElement.dataset.theme;
    paper.on = false;
    draw();
  });
})();
