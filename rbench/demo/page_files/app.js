// The page: what was touched, what is ranked, how long it took. The model's work is in engine.js.
"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const { models, names, ids } = facts;
const SHOWN = 10;
const $ = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Names come from a log: nothing in them is markup, and their direction stays their own.
const named = (item) => names[item] || ids[item] || `item ${item}`;
const name = (item) => make("bdi", {}, named(item));

// A word that most names begin with tells nothing of an item.
const lead = (item) => named(item).match(/\p{L}+/u)?.[0];
const usual = (() => {
  const count = new Map();
  for (let item = 1; item < names.length; item++) {
    count.set(lead(item), (count.get(lead(item)) ?? 0) + 1);
  }
  const [word, times] = [...count].reduce((most, one) => (one[1] > most[1] ? one : most), ["", 0]);
  return times > names.length / 2 ? word : undefined;
})();

// A tile in place of a picture: the same for an item everywhere.
function tile(item) {
  return pictured(make("span", { class: "tile", "aria-hidden": "true" }), item);
}

function pictured(made, item) {
  const all = named(item).match(/\p{L}+/gu) ?? [];
  const words = all.slice(all[0] === usual ? 1 : 0);
  const [first, second] = (words.length ? words : (named(item).match(/\p{N}+/gu) ?? ["?"])).map(
    (word) => [...word],
  );
  const letters = words.length && second ? [first[0], second[0]] : first.slice(0, words.length ? 2 : 3);
  made.textContent = letters.join("");
  made.style.setProperty("--hue", (item * 137.508) % 360);
  return made;
}

// --- What was touched: kept under the models' hash, oldest first.

const KEY = `rbench-demo:${facts.key}`;
let keeps = true;
let history = remembered();

function remembered() {
  try {
    const said = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    const known = (item) => Number.isInteger(item) && item > 0 && item < ids.length;
    return Array.isArray(said) ? said.filter(known) : [];
  } catch {
    keeps = false;
    return [];
  }
}

function remember() {
  try {
    if (history.length) localStorage.setItem(KEY, JSON.stringify(history));
    else localStorage.removeItem(KEY);
  } catch {
    keeps = false;
  }
}

function touch(item, event) {
  if (facts.filters) history = history.filter((one) => one !== item);
  history.push(item);
  changed(event);
}

function untouch(at, event) {
  history.splice(at, 1);
  changed(event);
}

function forget(event) {
  history = [];
  changed(event);
}

// What changes is drawn when the answer is here: drawn before, it would take the frame that the list
// could have had.
function changed(event) {
  ask(event);
  remember();
  if (!ready) drawHistory();
}

// --- Asking, and what comes back.

// In the page at first; in a worker where the models take more than a part of a frame.
const PART_MS = 6;
let send = engine(heard);

function moved() {
  const texts = [$("runtime").textContent, $("engine").textContent];
  const worker = new Worker(URL.createObjectURL(new Blob(texts, { type: "text/javascript" })));
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => broken(event.message || "the worker did not start");
  send = (message) => worker.postMessage(message);
  start();
}

function start() {
  const packed = (id) => $(id).textContent;
  send({
    kind: "start",
    ...facts.contract,
    glue: packed("glue"),
    wasm: packed("wasm"),
    models: models.map((one) => ({ name: one.name, file: packed(`model-${one.file}`), learns: one.learns })),
  });
}

let inWorker = false;
let ready = false;
let longest = Infinity;
let tap = 0;
let began = null;
let answers = [];
const felt = [];

// Columns of a file as it learns are asked while the switch is on.
function columns() {
  const all = [...models.keys()];
  return all.filter((model) => !models[model].learns || $("learning").checked);
}

function ask(event) {
  tap += 1;
  began = event?.timeStamp ?? null;
  answers = models.map(() => null);
  if (!ready) return;
  send({ kind: "rank", tap, history, columns: columns() });
  if (!history.length) drawAll();
}

function heard(data) {
  if (data.kind === "progress") $("said").textContent = data.said;
  else if (data.kind === "failed") broken(data.said);
  else if (data.kind === "ready" && data.each > PART_MS && !inWorker) {
    inWorker = true;
    moved();
  } else if (data.kind === "ready") {
    ready = true;
    longest = Math.max(...data.lengths);
    document.documentElement.dataset.ready = Math.round(data.ms);
    $("loading").hidden = true;
    $("work").hidden = false;
    drawHistory();
    ask(null);
  } else if (data.tap === tap && data.kind === "ranked") {
    const seen = new Set(facts.filters ? history : []);
    const list = [...data.items].filter((item) => item > 0 && !seen.has(item));
    answers[data.model] = { list, ms: data.ms, why: new Map() };
    if (columns().every((model) => answers[model])) drawAll();
  } else if (data.tap === tap && data.kind === "reasons") {
    answers[data.model].why = new Map(data.why);
    drawReasons(data.model);
  }
}

function broken(said) {
  $("loading").hidden = false;
  $("loading").classList.add("broken");
  $("said").textContent = `This browser cannot run the model: ${said}`;
}

// --- Drawing.

const inWords = (ms) => (ms < 0.1 ? "under 0.1" : ms.toFixed(ms < 10 ? 1 : 0));

function keepingPlace(list, draw) {
  const held = list.contains(document.activeElement)
    ? [...list.querySelectorAll("button")].indexOf(document.activeElement)
    : -1;
  draw();
  if (held < 0 || list.contains(document.activeElement)) return;
  const buttons = list.querySelectorAll("button");
  (buttons[Math.min(held, buttons.length - 1)] ?? $("query")).focus({ preventScroll: true });
}

// Rows that stay are left alone: what a browser has laid out and painted once, it need not again.
function drawHistory() {
  const list = $("history");
  const at = (place) => Number(list.children[place]?.dataset.item);
  keepingPlace(list, () => {
    history.toReversed().forEach((item, place) => {
      if (at(place) === item) return;
      if (at(place + 1) === item) list.children[place].remove();
      else list.insertBefore(past(item), list.children[place] ?? null);
    });
    while (list.children.length > history.length) list.lastElementChild.remove();
  });
  const beyond = Math.max(0, history.length - longest);
  $("count").textContent = history.length || "";
  $("none").hidden = history.length > 0;
  $("forget").disabled = !history.length;
  $("beyond").hidden = !beyond;
  $("beyond").textContent = `The model looks at the newest ${longest} alone.`;
  $("lost").hidden = keeps;
}

function past(item) {
  const entry = make(
    "li",
    { "data-item": item },
    tile(item),
    make("span", { class: "name" }, name(item)),
    make(
      "button",
      {
        type: "button",
        class: "remove",
        "aria-label": `Take ${named(item)} out of your history`,
        title: "Take out",
        onclick: (event) => {
          const place = [...entry.parentNode.children].indexOf(entry);
          untouch(history.length - 1 - place, event);
        },
      },
      "×",
    ),
  );
  return entry;
}

function drawAll() {
  drawHistory();
  drawResults();
}

function drawResults() {
  $("start").hidden = history.length > 0;
  $("columns").hidden = !history.length;
  $("times").hidden = !history.length;
  if (!history.length) {
    $("status").textContent = "Nothing is remembered.";
    return;
  }
  const first = answers[0].list.slice(0, SHOWN);
  answers.forEach((answer, number) => {
    const column = document.querySelectorAll(".column")[number];
    column.hidden = !answer;
    if (!answer) return;
    const { list, ms } = answer;
    column.querySelector(".ms").textContent = `${inWords(ms)} ms`;
    const rows = column.querySelector("ol");
    const shown = list.slice(0, SHOWN);
    keepingPlace(rows, () => {
      while (rows.children.length > shown.length) rows.lastElementChild.remove();
      while (rows.children.length < shown.length) rows.append(row());
      shown.forEach((item, at) =>
        drawRow(rows.children[at], item, number > 0 && !first.includes(item)),
      );
    });
    if (number) {
      const shared = list.slice(0, SHOWN).filter((item) => first.includes(item)).length;
      column.querySelector(".shared").textContent =
        shared === first.length && list.slice(0, SHOWN).every((item, at) => item === first[at])
          ? `The same ${shared} in the same order`
          : `${shared} of ${first.length} in common with ${models[0].name}`;
    }
  });
  painted();
}

// A row is made once, and shows one item after the other.
function row() {
  const made = make(
    "li",
    {},
    make(
      "button",
      { type: "button", onclick: (event) => touch(Number(made.dataset.item), event) },
      make("span", { class: "tile", "aria-hidden": "true" }),
      make(
        "span",
        { class: "text" },
        make("span", { class: "name" }, make("bdi")),
        make("span", { class: "why" }),
      ),
      make("span", { class: "plus", "aria-hidden": "true" }, "+"),
    ),
  );
  return made;
}

function drawRow(made, item, odd) {
  made.classList.toggle("odd", odd);
  made.querySelector(".why").textContent = odd ? "Only here" : "";
  if (Number(made.dataset.item) === item) return;
  made.dataset.item = item;
  pictured(made.querySelector(".tile"), item);
  made.querySelector("bdi").textContent = named(item);
}

function drawReasons(number) {
  const { why } = answers[number];
  for (const one of document.querySelectorAll(".column")[number].querySelectorAll("li")) {
    const by = why.get(Number(one.dataset.item));
    if (by === undefined) continue;
    const said = one.querySelector(".why");
    said.replaceChildren("Because you touched ", name(by));
    if (one.classList.contains("odd")) said.prepend("Only here. ");
  }
}

// From the tap to the frame that shows its list.
function painted() {
  const from = began;
  const mine = tap;
  began = null;
  const model = answers.reduce((sum, one) => sum + (one?.ms ?? 0), 0);
  $("model-ms").textContent = inWords(model);
  requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => {
      const shown = answers[0]?.list.slice(0, SHOWN).length ?? 0;
      $("status").textContent = `${shown} recommendations, ranked in ${inWords(model)} milliseconds`;
      if (from === null || mine !== tap) return;
      performance.measure("tap", { start: from, end: performance.now(), detail: { model } });
      felt.push(performance.now() - from);
      $("tap-ms").textContent = inWords(felt.at(-1));
      const sorted = felt.toSorted((a, b) => a - b);
      $("taps").textContent = felt.length;
      $("median-ms").textContent = inWords(sorted[sorted.length >> 1]);
    };
    after.port2.postMessage(0);
  });
}

// --- Search: a combobox over all names.

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const haystack = names.map((_, item) => (item ? folded(named(item)) : ""));
const MOST = 8;
let options = [];
let active = -1;

function matches(query) {
  const sought = folded(query.trim());
  if (!sought) return [];
  const found = [[], [], []];
  for (let item = 1; item < haystack.length && found[0].length < MOST; item++) {
    const at = haystack[item].indexOf(sought);
    if (at < 0) continue;
    const inside = at && /[\p{L}\p{N}]/u.test(haystack[item][at - 1]);
    found[at ? (inside ? 2 : 1) : 0].push(item);
  }
  return found.flat().slice(0, MOST);
}

function search() {
  options = matches($("query").value);
  active = options.length ? 0 : -1;
  drawOptions();
}

function drawOptions() {
  const query = $("query");
  const open = document.activeElement === query && query.value.trim() !== "";
  $("options").replaceChildren(
    ...options.map((item, at) =>
      make(
        "li",
        {
          id: `option-${at}`,
          role: "option",
          "aria-selected": at === active ? "true" : "false",
          onpointerdown: (event) => event.preventDefault(),
          onclick: (event) => pick(at, event),
        },
        tile(item),
        make("span", { class: "name" }, name(item)),
      ),
    ),
  );
  $("options").hidden = !open || !options.length;
  $("nothing").hidden = !open || options.length > 0;
  query.setAttribute("aria-expanded", String(open && options.length > 0));
  if (active >= 0 && open) query.setAttribute("aria-activedescendant", `option-${active}`);
  else query.removeAttribute("aria-activedescendant");
}

function pick(at, event) {
  const item = options[at];
  $("query").value = "";
  search();
  touch(item, event);
}

$("query").addEventListener("input", search);
$("query").addEventListener("focus", drawOptions);
$("query").addEventListener("blur", drawOptions);
$("query").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) {
    active = (active + step + options.length) % options.length;
    drawOptions();
  } else if (event.key === "Enter" && active >= 0) pick(active, event);
  else if (event.key === "Escape") {
    $("query").value = "";
    search();
  } else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input")) return;
  event.preventDefault();
  $("query").focus();
});

// --- Around it.

function drawColumns() {
  $("columns").replaceChildren(
    ...models.map((model, number) =>
      make(
        "section",
        { class: "column", "aria-labelledby": `model-name-${number}` },
        make("h3", { id: `model-name-${number}` }, make("bdi", {}, model.name)),
        make(
          "p",
          { class: "about" },
          `${model.about} · `,
          make("span", { class: "ms" }),
          models.length > 1 ? make("span", { class: "shared" }, number ? "" : "The one to compare with") : "",
        ),
        make("ol", { "aria-labelledby": `model-name-${number}` }),
      ),
    ),
  );
}

function drawStart() {
  $("starters").replaceChildren(
    ...facts.starters.map((item) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", onclick: (event) => touch(item, event) },
          tile(item),
          make("span", { class: "name" }, name(item)),
        ),
      ),
    ),
  );
}

$("forget").addEventListener("click", (event) => {
  forget(event);
  $("query").focus();
});
$("switch").hidden = !models.some((one) => one.learns);
$("learning").addEventListener("change", () => ask(null));
$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = getComputedStyle(root).colorScheme === "dark";
  root.dataset.theme = dark ? "light" : "dark";
});
drawStart();
drawColumns();
drawHistory();
start();
if (facts.offline && "serviceWorker" in navigator) navigator.serviceWorker.register("sw.js");
