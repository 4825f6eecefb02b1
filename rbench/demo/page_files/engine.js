// Runs the models: in the page where all of them answer within a part of a frame, so that a tap's list
// is in the next one; in a worker where they do not, so that nothing holds up the page. Before this
// text comes the runtime, as the object LiteRt. A message {tap, history, columns} is answered twice for
// each of these models: by what it ranks and, unless another tap came meanwhile, by why.
"use strict";

function engine(post) {
  const models = [];
  let order, newest, started;

  function receive(data) {
    if (data.kind === "start") {
      order = data;
      started = start().catch(failed);
    } else {
      newest = data.tap;
      started = started.then(() => rank(data)).catch(failed);
    }
  }

  function failed(error) {
    post({ kind: "failed", said: String(error?.message ?? error) });
  }

  async function start() {
    const began = performance.now();
    post({ kind: "progress", said: "Unpacking the runtime" });
    const [glue, wasmBinary] = await Promise.all([unpacked(order.glue), unpacked(order.wasm)]);
    post({ kind: "progress", said: "Starting the runtime" });
    self.Module = { wasmBinary, print() {}, printErr() {} };
    // The loader takes for a script what ends so.
    const url = URL.createObjectURL(new Blob([glue], { type: "text/javascript" }));
    // It would look for a GPU, which nothing here asks for, and complain where there is none.
    const { warn } = console;
    console.warn = () => {};
    Object.defineProperty(navigator, "gpu", { value: null, configurable: true });
    await LiteRt.loadLiteRt(`${url}#.js`);
    delete navigator.gpu;
    console.warn = warn;
    URL.revokeObjectURL(url);
    for (const { name, file, learns } of order.models) {
      post({ kind: "progress", said: `Loading ${name}` });
      const model = await LiteRt.loadAndCompile(await unpacked(file), { accelerator: "wasm" });
      const details = model.signatures[order.signature]?.getInputDetails() ?? [];
      const input = details.find((one) => one.name === order.input);
      if (!input) throw new Error(`${name} has no signature ${order.signature}(${order.input})`);
      const told = details.find((one) => one.name === "allowed");
      const one = { model, length: input.shape[1], told };
      if (model.signatures[order.update]) Object.assign(one, begun(model, details, learns));
      models.push(one);
      await answer(models.at(-1), []); // what a first run prepares, later ones reuse
    }
    const lengths = models.map(({ length }) => length);
    const before = performance.now();
    for (let turn = 0; turn < WARM; turn++) for (const one of models) await answer(one, []);
    const each = (performance.now() - before) / WARM;
    post({ kind: "ready", ms: performance.now() - began, each, lengths });
  }

  async function unpacked(text) {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // The newest touched items, oldest first, padded on the left.
  async function asked({ model, length, told, user, given }, window) {
    const context = new Int32Array(length);
    context.set(window, length - window.length);
    const fed = { [order.input]: new LiteRt.Tensor(context, [1, length]) };
    // Everything may come back.
    if (told) fed.allowed = new LiteRt.Tensor(new Float32Array(told.shape[1]).fill(1), told.shape);
    if (given) fed[order.user] = new LiteRt.Tensor(user, [1, user.length]);
    const found = await model.run(order.signature, fed);
    for (const one of Object.values(fed)) one.delete();
    return found;
  }

  async function answer(one, window) {
    const found = await asked(one, window);
    const all = await found[order.items].data();
    const scores = await found[order.scores].data();
    for (const tensor of Object.values(found)) tensor.delete();
    // Item 0 is none: it stands behind the others where a filter of the model leaves fewer.
    const left = all.indexOf(0) < 0 ? all.length : all.indexOf(0);
    return { items: all.subarray(0, left), scores: scores.subarray(0, left) };
  }

  // Of a file that learns: a new user, and what was learnt so far, item by item.
  function begun(model, details, learns) {
    const outputs = model.signatures[order.update].getOutputDetails();
    const size = outputs.find((one) => one.name === order.user).shape[1];
    const given = details.some((one) => one.name === order.user);
    return { user: new Float32Array(size), given, learnt: learns ? [] : undefined };
  }

  // What was touched is learnt in its order, each item once. Where the history is another one than
  // what was learnt, the user is forgotten, and learnt anew from what is left.
  async function learn(one, history) {
    const { model, learnt, given } = one;
    if (learnt.length > history.length || learnt.some((item, at) => item !== history[at])) {
      one.user = new Float32Array(one.user.length);
      one.learnt = [];
      if (!given) await held(one);
    }
    for (let at = one.learnt.length; at < history.length; at++) {
      if (at) {
        const found = await asked(one, history.slice(Math.max(0, at - one.length), at));
        const fed = { [order.next]: new LiteRt.Tensor(new Int32Array([history[at]]), [1, 1]) };
        for (const name of [order.items, order.scores, order.query]) fed[name] = found[name];
        if (given) fed[order.user] = new LiteRt.Tensor(one.user, [1, one.user.length]);
        const after = await model.run(order.update, fed);
        one.user = Float32Array.from(await after[order.user].data());
        const made = new Set([...Object.values(fed), ...Object.values(found), ...Object.values(after)]);
        for (const tensor of made) tensor.delete();
      }
      one.learnt.push(history[at]);
    }
  }

  // The runtime's own variable.
  async function held({ model, user }) {
    const fed = { [order.user]: new LiteRt.Tensor(user, [1, user.length]) };
    const found = await model.run(order.restore, fed);
    for (const tensor of [...Object.values(fed), ...Object.values(found)]) tensor.delete();
  }

  async function rank({ tap, history, columns }) {
    if (tap !== newest) return;
    if (!history.length) {
      for (const one of models) if (one.learnt) await learn(one, history);
      return;
    }
    const questions = columns.map((model) => {
      const one = models[model];
      return [model, { one, window: history.slice(-one.length) }];
    });
    for (const [model, question] of questions) {
      const before = performance.now();
      if (question.one.learnt) await learn(question.one, history);
      question.full = await answer(question.one, question.window);
      post({ kind: "ranked", tap, model, ms: performance.now() - before, ...question.full });
    }
    await shown();
    rested = performance.now();
    for (const [model, question] of questions) {
      const found = await reasons(question, tap);
      if (found) post({ kind: "reasons", tap, model, ...found });
    }
  }

  // To which touched item each recommended one owes most: how much less likely it is, among those
  // that are returned, where that one was not touched. As many runs as touched items, never more.
  async function reasons({ one, window, full }, tap) {
    if (window.length < 2) {
      return { why: window.length ? [...full.items].map((item) => [item, window[0]]) : [], runs: 0 };
    }
    const now = likely(full);
    const owed = new Map();
    for (let left = 0; left < window.length; left++) {
      await breath();
      if (tap !== newest) return null;
      const without = likely(await answer(one, window.toSpliced(left, 1)));
      for (const [item, value] of now.of) {
        const drop = value - (without.of.get(item) ?? without.least);
        if (drop > (owed.get(item)?.drop ?? 0)) owed.set(item, { drop, by: window[left] });
      }
    }
    return { why: [...owed].map(([item, { by }]) => [item, by]), runs: window.length };
  }

  // Logarithms of their shares: what all scores have in common falls out.
  function likely({ items, scores }) {
    const sum = scores.reduce((total, score) => total + Math.exp(score - scores[0]), 0);
    const logs = Array.from(scores, (score) => score - scores[0] - Math.log(sum));
    return { of: new Map(logs.map((log, at) => [items[at], log])), least: Math.min(...logs) };
  }

  // In the page the list is painted before anything else is asked.
  function shown() {
    if (typeof document === "undefined") return undefined;
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }

  // A newer tap comes in here, where the runs so far took a while.
  const turn = new MessageChannel();
  let rested = 0;
  function breath() {
    if (performance.now() - rested < 6) return undefined;
    return new Promise((resolve) => {
      turn.port1.onmessage = () => {
        rested = performance.now();
        resolve();
      };
      turn.port2.postMessage(0);
    });
  }

  return receive;
}

const WARM = 4;
if (typeof document === "undefined") {
  const receive = engine((message) => postMessage(message));
  onmessage = ({ data }) => receive(data);
}
