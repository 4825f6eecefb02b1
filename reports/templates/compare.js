// The charts of a comparison: one mark and bar a change, drawn by plotly from the page's own numbers.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const MOST = 80; // marks in one picture
  const PAPER = 860; // width of a chart in print, pixels
  const config = {
    displaylogo: false, responsive: true,
    modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "resetScale2d"]],
  };
  // plotly reads a little HTML and %{fields} in its texts: names are shown as they are.
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\{/g, "&#123;");

  const shows = (mark) => window.rbench.shows(
    mark.place[2] === null ? [...mark.place.slice(0, 2), firstTarget()] : mark.place);
  // What is alike on every target is shown as long as any target is.
  const firstTarget = () => {
    const box = document.querySelector('fieldset[data-dimension="target"] input:checked');
    return box ? +box.value : 0;
  };

  const symbol = (mark) => {
    const { shape, dot } = data.recipes[mark.place[1]];
    return shape + (mark.verdict === "unchanged" ? "-open" : "") + (dot ? "-dot" : "");
  };
  // Where there is little room, a line's name stands above it instead of beside it.
  const slim = (target) => !window.rbench.paper.on && target.clientWidth < 460;
  const line = (target, shown) => window.rbench.line(shown.length, slim(target) ? 36 : 19, 84);
  // At most MOST of a chart's marks, what changed before the rest; and its height for them.
  const marks = Object.fromEntries(Object.entries(data.charts).map(([key, columns]) => [`chart-${key}`, window.rbench.rows(columns)]));
  const few = (target) => {
    const every = marks[target.id].filter(shows);
    const loud = new Set([...every].sort((a, b) => (a.verdict === "unchanged") - (b.verdict === "unchanged")).slice(0, MOST));
    const shown = every.filter((mark) => loud.has(mark));
    target.style.height = `${Math.max(150, 84 + shown.length * line(target, shown))}px`;
    return shown;
  };
  const draw = (target) => {
    const shown = few(target);
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue(name).trim();
    const font = getComputedStyle(document.body).fontFamily;
    const at = (name) => shown.map((mark) => 100 * mark[name]);
    const reach = (name, sign) => shown.map((mark) =>
      (mark[name] === null ? 0 : Math.max(0, 100 * sign * (mark[name] - mark.change))));
    const colours = shown.map((mark) => data.colours[mark.place[0]]);
    const above = slim(target);
    const narrow = target.clientWidth < 560;
    Plotly.react(target, [{
      type: "scatter", mode: "markers", x: at("change"), y: shown.map((_, index) => index),
      error_x: { type: "data", symmetric: false, array: reach("high", 1), arrayminus: reach("low", -1), thickness: 1.2, width: 3, color: get("--dim") },
      marker: {
        size: 9, color: colours, line: { width: 1.5, color: colours },
        symbol: shown.map((mark) => symbol(mark)),
      },
      hovertemplate: shown.map((mark) => `<b>${plain(mark.name)}</b><br>${plain(mark.verdict)}: ${plain(mark.text)}<extra></extra>`),
    }], {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
      font: { family: font, size: 12, color: get("--dim") },
      hoverlabel: { bgcolor: get("--card"), bordercolor: get("--line"), font: { color: get("--fg"), size: 12, family: font }, align: "left" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: get("--line"), activecolor: get("--accent") },
      margin: { l: above ? 14 : 46, r: 14, t: 10, b: 46 }, ...(window.rbench.paper.on ? { width: PAPER } : { autosize: true }),
      xaxis: { title: { text: "change, %", standoff: 10 }, gridcolor: get("--line"), zeroline: true, zerolinecolor: get("--fg"), zerolinewidth: 1.5, automargin: true },
      yaxis: {
        automargin: true, tickvals: shown.map((_, index) => index), ticktext: shown.map((mark) => (above ? "" : plain(mark.name))),
        tickfont: { size: Math.min(narrow ? 9 : 11, line(target, shown) - 1.5) }, range: [shown.length - .4, above ? -.9 : -.6], showgrid: false, zeroline: false,
      },
      annotations: shown.length ? (above ? shown : []).map((mark, index) => ({
        xref: "paper", x: 0, xanchor: "left", y: index, yshift: 14, text: plain(mark.name), showarrow: false,
        font: { size: 10, color: get("--fg") },
      })) : [{ text: "nothing to draw here", showarrow: false, x: .5, y: .5, xref: "paper", yref: "paper" }],
    }, config);
  };
  window.rbench.charts(Object.fromEntries(Object.keys(marks).map((id) => [id, draw])), few);
})();
