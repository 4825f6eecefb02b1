// The charts, drawn by plotly from the page's own numbers, in the page's own colours. plotly is
// the page's heaviest part: it is read once everything else is there and can be used.
(() => {
  "use strict";
  const whenReady = (action) => {
    const start = () => {
      const script = document.createElement("script");
      script.textContent = document.getElementById("plotly").textContent;
      document.head.append(script);
      action();
    };
    const soon = () => requestAnimationFrame(() => setTimeout(start, 0));
    if (document.readyState === "complete") soon(); else addEventListener("load", soon);
  };
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const CROWD = 120; // from here on only the front keeps its error bars
  const PAPER = 860; // width of a chart in print, pixels
  const MOST = 60; // boxes in one picture
  const LOG = 8; // from this ratio on an axis is logarithmic
  // Named one by one: plotly's own choice has a button that uploads the chart.
  const config = {
    displaylogo: false, responsive: true,
    modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "resetScale2d"]],
  };

  // plotly reads a little HTML and %{fields} in its texts: names are shown as they are.
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\{/g, "&#123;");
  const name = (cell) => ["encoders", "recipes"].map((key, index) => plain(data[key][cell.place[index]].name));
  const hover = (cell) => {
    const [encoder, recipe] = name(cell);
    const lines = data.labels.map((label, index) => `${plain(label)} <b>${plain(cell.texts[index])}</b>`);
    if (cell.interval) lines.splice(1, 0, `95 % interval ${plain(cell.interval)}`);
    const state = cell.state === "ok" ? "" : `<br>${plain(cell.state)}: ${plain(cell.reason.slice(0, 90))}`;
    return `<b>${encoder} × ${recipe}</b><br>${plain(data.targets[cell.place[2]])}${cell.front ? " · on the front" : ""}${state}<br>${lines.join("<br>")}<extra></extra>`;
  };

  let onPaper = false;
  const theme = () => {
    const style = getComputedStyle(document.documentElement);
    const get = (key) => style.getPropertyValue(key).trim();
    return { fg: get("--fg"), dim: get("--dim"), line: get("--line"), card: get("--card"), accent: get("--accent") };
  };
  const layout = (colours, extra) => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colours.dim },
    hoverlabel: { bgcolor: colours.card, bordercolor: colours.line, font: { color: colours.fg, size: 12, family: getComputedStyle(document.body).fontFamily }, align: "left" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.line, activecolor: colours.accent },
    margin: { l: 46, r: 14, t: 10, b: 46 }, ...(onPaper ? { width: PAPER } : { autosize: true }), ...extra,
  });
  const axis = (colours, title, extra) => ({
    title: { text: title, standoff: 10 }, gridcolor: colours.line, linecolor: colours.line, zeroline: false,
    automargin: true, ...extra,
  });
  const scaled = (values) => {
    const known = values.filter((value) => value > 0);
    const low = Math.min(...known), high = Math.max(...known);
    if (known.length < 2 || high / low <= LOG) return { type: "linear", rangemode: "tozero" };
    const steps = high / low > 1000 ? [1] : [1, 2, 5];
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power++) {
      for (const step of steps) ticks.push(step * 10 ** power);
    }
    const text = ticks.map((tick) => (tick >= 1e6 || tick < 1e-3 ? tick.toExponential() : String(+tick.toPrecision(3))));
    return { type: "log", tickvals: ticks, ticktext: text };
  };
  const empty = (id, text, colours) => Plotly.react(id, [], layout(colours, {
    xaxis: { visible: false }, yaxis: { visible: false },
    annotations: [{ text, showarrow: false, x: .5, y: .5, xref: "paper", yref: "paper", font: { size: 13, color: colours.dim } }],
  }), config);

  // As near as the intervals allow, with room on top for the name of the recommended cell.
  const heights = (cells) => {
    const ends = cells.flatMap((cell) => [cell.low ?? cell.ndcg, cell.high ?? cell.ndcg]);
    const low = Math.min(...ends), high = Math.max(...ends);
    const span = high - low || high || 1;
    return { range: [Math.max(0, low - .1 * span), high + .3 * span] };
  };

  const scatter = (id, cells, metric, title) => {
    const colours = theme();
    if (!cells.length) return empty(id, "nothing to draw here", colours);
    const { unit, divisor } = data.units[metric];
    const crowded = cells.length > CROWD;
    const trace = (group, front) => ({
      type: "scatter", mode: "markers",
      x: group.map((cell) => cell[metric] / divisor), y: group.map((cell) => cell.ndcg),
      error_y: {
        type: "data", symmetric: false, thickness: 1, width: 3, visible: front || !crowded,
        color: front ? colours.dim : colours.line,
        array: group.map((cell) => (cell.high === null ? 0 : Math.max(0, cell.high - cell.ndcg))),
        arrayminus: group.map((cell) => (cell.low === null ? 0 : Math.max(0, cell.ndcg - cell.low))),
      },
      marker: {
        size: front ? 14 : 8, opacity: front ? 1 : .6,
        color: group.map((cell) => data.encoders[cell.place[0]].colour),
        symbol: group.map((cell) => data.recipes[cell.place[1]].shape + (cell.state === "unstable" ? "-open" : "")),
        line: { width: front ? 2 : group.map((cell) => (cell.state === "unstable" ? 1.5 : 0)),
          color: front ? group.map((cell) => (cell.state === "unstable" ? data.encoders[cell.place[0]].colour : colours.fg)) : group.map((cell) => data.encoders[cell.place[0]].colour) },
      },
      hovertemplate: group.map(hover),
    });
    const pick = cells.find((cell) => cell.pick);
    const x = { ...axis(colours, unit ? `${title}, ${unit}` : title, scaled(cells.map((cell) => cell[metric] / divisor))) };
    const at = pick && pick[metric] / divisor;
    return Plotly.react(id, [
      trace(cells.filter((cell) => !cell.front), false), trace(cells.filter((cell) => cell.front), true),
    ], layout(colours, {
      xaxis: x, yaxis: axis(colours, "", heights(cells)),
      annotations: pick ? [{
        x: x.type === "log" ? Math.log10(at) : at, y: pick.ndcg, text: `<b>${name(pick).join(" × ")}</b>`,
        ax: 0, ay: -46, arrowcolor: colours.accent, arrowwidth: 1.5, arrowhead: 0, standoff: 9,
        font: { color: colours.accent, size: 12 }, bgcolor: colours.card, borderpad: 3,
      }] : [],
    }), config);
  };

  const tradeoffs = () => {
    const shown = data.cells.filter((cell) => cell.ndcg !== null && window.rbench.shows(cell.place));
    // One mark per file: its cells have the same size and quality. The front's cell speaks first.
    const files = new Map();
    for (const cell of shown.filter((cell) => cell.size !== null)) {
      const key = cell.place.slice(0, 2).join();
      const old = files.get(key);
      if (!old || (cell.front && !old.front) || cell.pick) files.set(key, cell);
    }
    scatter("chart-size", [...files.values()], "size", "File size");
    scatter("chart-latency", shown.filter((cell) => cell.p50 !== null), "p50", "Median latency");
  };

  const boxes = () => {
    const colours = theme();
    const target = document.getElementById("chart-box");
    if (!target) return;
    const every = data.cells.filter((cell) => cell.box && window.rbench.shows(cell.place));
    const first = [...every].sort((a, b) => b.pick - a.pick || b.front - a.front).slice(0, MOST);
    const shown = every.filter((cell) => first.includes(cell));
    document.getElementById("box-note").textContent = every.length > MOST
      ? `${MOST} of ${every.length} cells are drawn, the front among them: filter to see others.` : "";
    if (!shown.length) { target.style.height = "160px"; empty(target, "nothing to draw here", colours); return; }
    const { unit, divisor } = data.units.p50;
    const label = (cell) => `${name(cell).join(" × ")} · ${plain(data.targets[cell.place[2]])}`;
    const groups = data.encoders.map((encoder, index) => [encoder, shown.filter((cell) => cell.place[0] === index)]);
    const traces = groups.filter(([, group]) => group.length).map(([encoder, group]) => {
      const at = (index) => group.map((cell) => cell.box[index] / divisor);
      return {
        type: "box", orientation: "h", y: group.map((cell, index) => shown.indexOf(cell)),
        lowerfence: at(0), q1: at(1), median: at(2), q3: at(3), upperfence: at(4),
        line: { color: encoder.colour, width: 1.5 }, width: .62, hoverinfo: "x", name: plain(encoder.name),
      };
    });
    target.style.height = `${Math.max(180, 70 + shown.length * 19)}px`;
    const narrow = target.clientWidth < 560;
    Plotly.react(target, traces, layout(colours, {
      xaxis: axis(colours, unit ? `Latency of one query, ${unit}` : "Latency of one query", { ...scaled(shown.flatMap((cell) => [cell.box[0] / divisor, cell.box[4] / divisor])) }),
      yaxis: {
        automargin: true, autorange: "reversed", tickvals: shown.map((_, index) => index), showgrid: false, zeroline: false,
        ticktext: shown.map((cell) => label(cell) + (cell.state === "ok" ? "" : ` (${plain(cell.state)})`)),
        tickfont: { size: narrow ? 9 : 11 }, range: [shown.length - .4, -.6],
      },
    }), config);
  };

  // The long chart is drawn when it comes near.
  let near = false;
  const draw = () => {
    if (!window.Plotly) return;
    tradeoffs();
    if (near) boxes();
  };
  const long = document.getElementById("chart-box");
  const watch = () => {
    if (!long) return;
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      near = true;
      boxes();
    }, { rootMargin: "600px" }).observe(long);
  };
  window.rbench.onChange(draw);
  whenReady(() => {
    draw();
    document.documentElement.classList.add("drawn");
    watch();
  });

  // Paper is white and has no second chance.
  let before;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    near = onPaper = true;
    draw();
  });
  addEventListener("afterprint", () => {
    if (before) document.documentElement.dataset.theme = before;
    else delete document.documentElement.dataset.theme;
    onPaper = false;
    draw();
  });
})();
