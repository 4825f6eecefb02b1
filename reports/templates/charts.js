// The charts, drawn by plotly from the page's own numbers, in the page's own colours.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const cells = window.rbench.rows(data.cells).map((cell, number) => ({ number, ...cell }));
  const CROWD = 120; // from here on only the front keeps its error bars
  const PAPER = 860; // width of a chart in print, pixels
  const PAIR = { width: 500, height: 330 }; // and of each of two side by side
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
  // The numbers of a hover stand in the table of all cells, which a reader may have sorted since.
  const table = document.getElementById("cells");
  const rows = new Map([...table.tBodies[0].rows].map((row) => [+row.dataset.number, row]));
  const heads = [...table.tHead.rows[0].cells].map((head) => {
    const unit = head.querySelector(".unit")?.textContent ?? "";
    return { unit, label: head.textContent.slice(0, head.textContent.length - unit.length).trim() };
  });
  const texts = (cell) => [...rows.get(cell.number).querySelectorAll("[data-metric]")].map((field) => {
    const { unit, label } = heads[field.cellIndex];
    const text = field.textContent;
    const interval = field.dataset.metric === "ndcg" ? field.nextElementSibling.textContent : "";
    return { label, text: /\d/.test(text) && unit ? `${text}\u00a0${unit}` : text, interval };
  });
  const hover = (cell) => {
    const [encoder, recipe] = name(cell);
    const lines = texts(cell).flatMap(({ label, text, interval }) => [
      `${plain(label)} <b>${plain(text)}</b>`, ...(interval ? [`95 % interval ${plain(interval)}`] : [])]);
    if (cell.paired) lines.splice(2, 0, `against float32 ${plain(cell.paired)}`);
    const state = cell.state === "ok" ? "" : `<br>${plain(cell.state)}: ${plain(cell.reason.slice(0, 90))}`;
    return `<b>${encoder} × ${recipe}</b><br>${plain(data.targets[cell.place[2]])}${cell.front ? " · on the front" : ""}${state}<br>${lines.join("<br>")}<extra></extra>`;
  };

  const { paper } = window.rbench;
  const theme = () => {
    const style = getComputedStyle(document.documentElement);
    const get = (key) => style.getPropertyValue(key).trim();
    return { fg: get("--fg"), dim: get("--dim"), line: get("--line"), card: get("--card"), accent: get("--accent"), raised: get("--raised") };
  };
  const layout = (colours, extra) => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colours.dim },
    hoverlabel: { bgcolor: colours.card, bordercolor: colours.line, font: { color: colours.fg, size: 12, family: getComputedStyle(document.body).fontFamily }, align: "left" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.line, activecolor: colours.accent },
    margin: { l: 46, r: 14, t: 10, b: 46 }, ...(paper.on ? { width: PAPER } : { autosize: true }), ...extra,
  });
  const axis = (colours, title, extra) => ({
    title: { text: title, standoff: 10 }, gridcolor: colours.line, linecolor: colours.line, zeroline: false,
    automargin: true, ...extra,
  });
  const scaled = (values) => {
    const known = values.filter((value) => value > 0);
    const low = Math.min(...known), high = Math.max(...known);
    if (known.length < 2 || high / low <= LOG) return { type: "linear", rangemode: "tozero" };
    const steps = high / low > (innerWidth < 640 && !paper.on ? 20 : 1000) ? [1] : [1, 2, 5];
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power++) {
      for (const step of steps) ticks.push(step * 10 ** power);
    }
    const text = ticks.map((tick) => (tick >= 1e6 || tick < 1e-3 ? tick.toExponential() : String(+tick.toPrecision(3))));
    return { type: "log", tickvals: ticks, ticktext: text, tickangle: 0 };
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

  const symbol = (cell) => {
    const { shape, dot } = data.recipes[cell.place[1]];
    return shape + (cell.state === "unstable" ? "-open" : "") + (dot ? "-dot" : "");
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
        symbol: group.map((cell) => symbol(cell)),
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
      ...(paper.on ? PAIR : {}),
      annotations: pick ? [{
        x: x.type === "log" ? Math.log10(at) : at, y: pick.ndcg, text: `<b>${name(pick).join(" × ")}</b>`,
        ax: 0, ay: -46, arrowcolor: colours.accent, arrowwidth: 1.5, arrowhead: 0, standoff: 9,
        font: { color: colours.accent, size: 12 }, bgcolor: colours.card, borderpad: 3,
      }] : [],
    }), config);
  };

  const scored = () => cells.filter((cell) => cell.ndcg !== null && window.rbench.shows(cell.place));
  const bySize = (chart) => {
    // One mark per file: its cells have the same size and quality. The front's cell speaks first.
    const files = new Map();
    for (const cell of scored().filter((cell) => cell.size !== null)) {
      const key = cell.place.slice(0, 2).join();
      const old = files.get(key);
      if (!old || (cell.front && !old.front) || cell.pick) files.set(key, cell);
    }
    return scatter(chart, [...files.values()], "size", "File size");
  };
  const byLatency = (chart) => scatter(chart, scored().filter((cell) => cell.p50 !== null), "p50", "Median latency");

  // One line per cell: at most MOST of those that have what is drawn, the front's before others.
  const LINES = { "chart-box": ["box-note", "box"], "chart-cold": ["cold-note", "cold"], "chart-ops": ["ops-note", "ops"] };
  const few = (chart) => {
    const [note, key] = LINES[chart.id];
    const has = (cell) => cell[key];
    const every = cells.filter((cell) => has(cell) && window.rbench.shows(cell.place));
    const first = [...every].sort((a, b) => b.pick - a.pick || b.front - a.front).slice(0, MOST);
    document.getElementById(note).textContent = every.length > MOST
      ? `${MOST} of ${every.length} cells are drawn, the front among them: filter to see others.` : "";
    const shown = every.filter((cell) => first.includes(cell));
    chart.style.height = shown.length ? `${Math.max(180, 110 + shown.length * line(chart, shown))}px` : "160px";
    return shown;
  };
  const line = (chart, shown) => window.rbench.line(shown.length, slim(chart) ? 40 : 19, 110);
  const label = (cell) => `${name(cell).join(" × ")} · ${plain(data.targets[cell.place[2]])}`;
  // Where there is little room, a line's name stands above it instead of beside it.
  const slim = (chart) => !paper.on && chart.clientWidth < 560;
  const cellAxis = (chart, shown) => ({
    automargin: true, tickvals: shown.map((_, index) => index), showgrid: false, zeroline: false,
    ticktext: slim(chart) ? shown.map(() => "") : shown.map(named), tickfont: { size: Math.min(11, line(chart, shown) - 1.5) },
    range: [shown.length - .4, slim(chart) ? -.9 : -.6],
  });
  const named = (cell) => label(cell) + (cell.state === "ok" ? "" : ` (${plain(cell.state)})`);
  const above = (chart, shown, colours) => ({
    annotations: !slim(chart) ? [] : shown.map((cell, index) => ({
      xref: "paper", x: 0, xanchor: "left", y: index, yshift: 15, text: named(cell), showarrow: false,
      font: { size: 10, color: colours.fg },
    })),
  });
  const tools = (chart) => ({ ...config, displayModeBar: slim(chart) ? false : "hover" });
  const legend = (colours) => ({
    showlegend: true, margin: { l: paper.on || innerWidth >= 640 ? 46 : 14, r: 14, t: 60, b: 46 },
    legend: { orientation: "h", traceorder: "normal", x: 0, xanchor: "left", yref: "container", y: 1, yanchor: "top", font: { size: 12, color: colours.fg } },
  });

  const boxes = (chart) => {
    const colours = theme();
    const shown = few(chart);
    if (!shown.length) return empty(chart, "nothing to draw here", colours);
    const { unit, divisor } = data.units.p50;
    const groups = data.encoders.map((encoder, index) => [encoder, shown.filter((cell) => cell.place[0] === index)]);
    const traces = groups.filter(([, group]) => group.length).map(([encoder, group]) => {
      const at = (index) => group.map((cell) => cell.box[index] / divisor);
      return {
        type: "box", orientation: "h", y: group.map((cell) => shown.indexOf(cell)),
        lowerfence: at(0), q1: at(1), median: at(2), q3: at(3), upperfence: at(4),
        line: { color: encoder.colour, width: 1.5 }, width: slim(chart) ? .34 : .62, hoverinfo: "x", name: plain(encoder.name),
      };
    });
    return Plotly.react(chart, traces, layout(colours, {
      xaxis: axis(colours, unit ? `Latency of one query, ${unit}` : "Latency of one query", { ...scaled(shown.flatMap((cell) => [cell.box[0] / divisor, cell.box[4] / divisor])) }),
      yaxis: cellAxis(chart, shown), ...above(chart, shown, colours),
      ...(slim(chart) ? { margin: { l: 14, r: 14, t: 10, b: 46 } } : {}),
    }), tools(chart));
  };

  const cold = (chart) => {
    const colours = theme();
    const shown = few(chart);
    if (!shown.length) return empty(chart, "nothing to draw here", colours);
    const { unit, divisor } = data.units.p50;
    const rows = shown.map((_, index) => index);
    const parts = [["load", "square"], ["first inference", "diamond"], ["warm median", "circle"]];
    const dots = parts.map(([words, shape], part) => ({
      type: "scatter", mode: "markers", name: words, y: rows, x: shown.map((cell) => cell.cold[part] / divisor),
      marker: { symbol: part === 2 ? shape : `${shape}-open`, size: 9, color: shown.map((cell) => data.encoders[cell.place[0]].colour), line: { width: 1.5 } },
      hovertemplate: shown.map((cell) => `<b>${label(cell)}</b><br>${words} %{x:,.1f} ${plain(unit)}<extra></extra>`),
    }));
    const lines = {
      type: "scatter", mode: "lines", showlegend: false, hoverinfo: "skip", line: { color: colours.line, width: 1.5 },
      x: shown.flatMap((cell) => [Math.min(...cell.cold) / divisor, Math.max(...cell.cold) / divisor, null]),
      y: rows.flatMap((row) => [row, row, null]),
    };
    return Plotly.react(chart, [lines, ...dots], layout(colours, {
      xaxis: axis(colours, `Time, ${unit}`, scaled(shown.flatMap((cell) => cell.cold.map((us) => us / divisor)))),
      yaxis: cellAxis(chart, shown), ...legend(colours), ...above(chart, shown, colours),
    }), tools(chart));
  };

  const PATTERNS = ["", "/", "\\", "x", "-", "|", "+", ".", "/"];
  const OPS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6bb1", "#b8a000", "#7f7f7f"];
  const ops = (chart) => {
    const colours = theme();
    const shown = few(chart);
    if (!shown.length) return empty(chart, "nothing to draw here", colours);
    const { unit, divisor } = data.units.p50;
    const names = [...data.ops, "all others"];
    const traces = names.map((op, index) => ({
      type: "bar", orientation: "h", name: plain(op), y: shown.map((_, row) => row), x: shown.map((cell) => cell.ops[index] / divisor),
      marker: { color: OPS[index], pattern: { shape: PATTERNS[index], fillmode: "overlay", fgcolor: "rgba(255,255,255,.55)", size: 6, solidity: .25 } },
      hovertemplate: shown.map((cell) => `<b>${label(cell)}</b><br>${plain(op)} %{x:,.1f} ${plain(unit)}<extra></extra>`),
    })).filter((trace) => trace.x.some((us) => us > 0));
    return Plotly.react(chart, traces, layout(colours, {
      barmode: "stack", bargap: .3, ...legend(colours), margin: { l: 46, r: 14, t: 70, b: 46 },
      xaxis: axis(colours, `Mean time per query, ${unit}`, { rangemode: "tozero" }), yaxis: cellAxis(chart, shown), ...above(chart, shown, colours),
    }), tools(chart));
  };

  const TYPES = ["#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#cc79a7", "#009e73", "#8c6bb1", "#7f7f7f"];
  const ink = (type, colours) => (type < 0 ? colours.fg : type === 0 ? "#ffffff" : "#101418");
  const choice = document.getElementById("tree-encoder");
  const tree = (chart) => {
    const colours = theme();
    const encoder = +choice.value;
    const shown = data.files.filter((file) => file.place[0] === encoder && window.rbench.shows([null, file.place[1], null]));
    if (!shown.length) return empty(chart, "nothing to draw here", colours);
    const trace = { ids: ["all"], labels: [plain(data.encoders[encoder].name)], parents: [""], values: [0], text: [""], marker: { colors: [colours.card] }, ink: [colours.fg] };
    const add = (id, label, parent, value, text, colour, at = -1) => {
      trace.ids.push(id); trace.labels.push(label); trace.parents.push(parent); trace.values.push(value); trace.text.push(text); trace.marker.colors.push(colour); trace.ink.push(ink(at, colours));
    };
    for (const file of shown) {
      const id = String(file.place[1]);
      const recipe = plain(data.recipes[file.place[1]].name);
      add(id, recipe, "all", file.size, `${file.size.toLocaleString("en")} bytes<br>${plain(file.table)}`, colours.raised);
      const pieces = [...document.querySelectorAll(`#tensors tr[data-encoder="${encoder}"][data-recipe="${id}"]`)];
      let sum = 0;
      pieces.forEach((row, index) => {
        const [, , tensor, type, shape, , zeros, distinct, readers] = [...row.cells].map((field) => field.textContent);
        const bytes = +row.querySelector("[data-bytes]").dataset.bytes;
        const known = data.types.indexOf(type);
        const at = type === "–" ? -1 : known < 0 ? TYPES.length - 1 : known;
        const more = shape !== "–" ? `<br>${plain(shape)}<br>zeros ${plain(zeros)}, distinct ${plain(distinct)}, read by ${plain(readers)}` : "";
        add(`${id}/${index}`, plain(tensor), id, bytes, `${plain(at < 0 ? "" : type)}${more}`, at < 0 ? colours.line : TYPES[at], at);
        sum += bytes;
      });
      trace.values[0] += sum;
      trace.values[trace.ids.indexOf(id)] = sum;
    }
    return Plotly.react(chart, [{
      type: "treemap", ...trace, branchvalues: "total", textinfo: "label+text", sort: true, tiling: { pad: 2 },
      hovertemplate: "<b>%{label}</b><br>%{text}<br>%{value:,} bytes<extra></extra>", pathbar: { visible: false },
      marker: { ...trace.marker, line: { width: 1, color: colours.card } }, textfont: { size: 12, color: trace.ink },
    }], layout(colours, { margin: { l: 0, r: 0, t: 6, b: 0 } }), { ...config, modeBarButtons: [["toImage"]] });
  };

  window.rbench.charts(
    { "chart-size": bySize, "chart-latency": byLatency, "chart-box": boxes, "chart-cold": cold, "chart-ops": ops, "chart-tree": tree },
    (chart) => { if (chart.id in LINES) few(chart); },
  );
  if (choice) {
    choice.value = String((cells.find((cell) => cell.pick) ?? cells[0])?.place[0] ?? 0);
    choice.addEventListener("change", () => window.rbench.redraw("chart-tree"));
  }
})();
