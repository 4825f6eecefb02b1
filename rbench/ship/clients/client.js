/**
 * Recommendations from a bundle that `rbench ship` wrote, in a browser. One file, no build step.
 *
 *   import * as litert from '@litertjs/core';
 *   import {Recommender} from './client.js';
 *
 *   await litert.loadLiteRt('/wasm/');                        // the runtime's own files
 *   const recommender = await Recommender.open('/bundle/', litert);
 *   const answer = await recommender.recommendIds(['318', '296'], 10);
 *   answer.ids; answer.titles; answer.scores; answer.missing;
 *
 *   const problems = await selftest('/bundle/', litert);      // [] : this runtime answers as shipped
 *
 * A bundle is the address of its folder, the address of the one .tflite, or the bytes of either: an
 * object {name: Uint8Array}, or a Uint8Array.
 */

const CONTRACT = 'contract.json';
const GOLDEN = 'golden.json';
const ITEMS = 'items.json';
const SCHEMA = 1;
const [ALLOWED, AGES, USER] = ['allowed', 'age_seconds', 'user'];
const OLDEST = 2 ** 31 - 1;

const FILE = {file: 'string', sha256: 'string', size_bytes: 'number'};
const NEEDED = {
  ...{schema: 'number', signature: 'string', inputs: 'object', outputs: 'object', k: 'number'},
  ...{data: 'string', model: FILE, items: FILE, golden: FILE, reset_before_query: 'boolean'},
  context: {input: 'string', length: 'number', padding_id: 'number'},
  catalogue: {items: 'number'},
  history: {filter: 'boolean'},
};

/** The bundle cannot be used; the message says why. */
export class BundleError extends Error {}

/**
 * What is recommended, best first: `items` (indices into items.json), `ids` (the log's own),
 * `titles` (the first column of names, or the ids), `scores`; `unknown`, ids of the history that the
 * model does not know; `missing`, how many fewer than asked for: the model returns k items, and
 * those that were seen are taken out of them.
 * @typedef {{items: number[], ids: string[], titles: string[], scores: number[],
 *            unknown: string[], missing: number}} Answer
 */

export class Recommender {
  /**
   * Opens a bundle and verifies it.
   * @param bundle see above.
   * @param litert the module @litertjs/core, its runtime loaded.
   * @param {{accelerator?: string, verify?: boolean}} options `accelerator`: 'wasm' or 'webgpu';
   *     `verify`: check sha256 of the model and the names; without it a wrong file answers wrongly.
   */
  static async open(bundle, litert, {accelerator = 'wasm', verify = true} = {}) {
    const files = await Files.of(bundle);
    const contract = await files.contract();
    const [model, names] = [await files.model(contract), await files.read(ITEMS)];
    if (verify) {
      const problems = [
        ...(await modelProblems(contract, model)),
        ...(await itemsProblems(contract, names)),
      ];
      if (problems.length) throw new BundleError(problems.join('; '));
    }
    if (contract.reset_before_query) {
      throw new BundleError(
        'the model keeps state between queries, which this runtime does not know: ship a recipe ' +
          'with unrolled+',
      );
    }
    const known = parsed(names, ITEMS);
    const columns = await columnsOf(known);
    const loaded = await compiled(litert, model, accelerator);
    return new Recommender(contract, {...known, columns}, loaded, litert);
  }

  constructor(contract, names, model, litert) {
    this.contract = contract;
    this.ids = names.items;
    this.titles = Object.values(names.columns)[0] ?? names.items;
    this.index = new Map(names.items.map((name, at) => [name, at]));
    this.index.delete(names.items[0]);
    this.litert = litert;
    this.model = model;
    const runner = model.signatures?.[contract.signature] ?? model;
    for (const [side, found] of [
      ['inputs', runner.getInputDetails()],
      ['outputs', runner.getOutputDetails()],
    ]) {
      for (const wanted of contract[side]) {
        const one = found.find(({name}) => name === wanted.name);
        const there = one && `${one.dtype} [${Array.from(one.shape)}]`;
        const due = `${wanted.dtype} [${wanted.shape}]`;
        if (there !== due) {
          throw new BundleError(`the model's ${side} differ at ${wanted.name}: ${there}, not ${due}`);
        }
      }
    }
  }

  /**
   * The best items after a history of indices, oldest first. What the history holds, all of it, is
   * taken out where the contract filters.
   * @param {{times?: number[], now?: number, allowed?: Iterable<number>}} asked `times` of the
   *     history's items, seconds since 1970, for models that take ages; `now`, by default the
   *     clock's; `allowed`: indices that may come back, for models that are told, by default all;
   *     `session`: whose answer it is, where the model learns, by default a new user's;
   *     `columns`: {name: values}, what the log's columns say of the history's items, for models
   *     that take any.
   * @returns {Promise<Answer>}
   */
  async recommend(history, k = 10, asked = {}) {
    this.check(history, k);
    const {allowed, session} = asked;
    const beside = this.beside(history, asked);
    const raw = await this.raw(this.context(history), beside, allowed, this.user(session));
    return this.answer(this.left(raw, history, k), k);
  }

  /**
   * That after this history the user took that item: the session's `user` (numbers) is brought up to
   * date. Nothing leaves the page.
   * @param session as for `tap`.
   * @param {{times?: number[], now?: number}} asked as for `recommend`.
   */
  async learn(session, history, item, asked = {}) {
    const known = this.contract.personal;
    if (!known) throw new BundleError('this model does not learn: its study has no [personal]');
    this.check([...history, item], 1);
    const {Tensor} = this.litert;
    const fed = {[known.next]: new Tensor(Int32Array.from([item]), [1, 1])};
    const held = {};
    let [found, after] = [{}, {}];
    try {
      found = await this.asked(this.context(history), this.beside(history, asked), undefined, this.user(session));
      for (const name of known.fed) fed[name] = found[name];
      if (known.state === 'tensor') {
        fed[known.user] = held.user = new Tensor(Float32Array.from(this.user(session)), [1, known.numbers]);
      }
      after = await this.model.run(known.update, fed);
      session.user = Array.from(await after[known.user].data());
    } finally {
      const made = [fed[known.next], ...Object.values({...held, ...found}), ...Object.values(after)];
      for (const tensor of made) tensor.delete();
    }
  }

  /** Empties a session, and what the runtime may still hold of it. */
  async forget(session) {
    for (const key of Object.keys(session)) delete session[key];
    const known = this.contract.personal;
    if (known?.state === 'variable') await this.restore(this.user());
  }

  /** What was learnt of a session's user, as the model takes it; nothing where it does not learn. */
  user(session) {
    const known = this.contract.personal;
    if (!known) return [];
    const user = session?.user ?? [];
    if (user.length && user.length !== known.numbers) {
      throw new RangeError(`a user of ${user.length} numbers; this model's has ${known.numbers}`);
    }
    return user.length ? user : Array(known.numbers).fill(0);
  }

  /** Lets the runtime hold this user, where the model's state is one of its variables. */
  async restore(user) {
    const known = this.contract.personal;
    if (known?.state !== 'variable') return;
    const held = new this.litert.Tensor(Float32Array.from(user), [1, known.numbers]);
    let found = {};
    try {
      found = await this.model.run(known.restore, {[known.user]: held});
    } finally {
      for (const tensor of [held, ...Object.values(found)]) tensor.delete();
    }
  }

  /**
   * The best items after one more, where the model has a signature for it: it computes what that
   * item changes, and not the whole history again.
   * @param session what an app keeps of one user between taps, JSON or otherwise: `{}` for a new
   *     one; `state` (numbers) and `seen` (indices, oldest first) are set.
   * @returns {Promise<Answer>}
   */
  async tap(session, item, k = 10) {
    this.check([item], k);
    const known = this.contract.tap;
    if (!known) throw new BundleError('this model has no tap: it was converted without [convert] tap');
    const size = known.inputs.find(({name}) => name === known.state).shape.at(-1);
    const state = session.state ?? Array(size).fill(0);
    if (state.length !== size) {
      throw new RangeError(`a state of ${state.length} numbers; this model's has ${size}`);
    }
    const fed = {
      [known.state]: new this.litert.Tensor(Float32Array.from(state), [1, size]),
      [known.item]: new this.litert.Tensor(Int32Array.from([item]), [1, 1]),
    };
    if (known.inputs.some(({kind}) => kind === USER)) {
      const user = this.user(session);
      fed.user = new this.litert.Tensor(Float32Array.from(user), [1, user.length]);
    }
    let found = {};
    try {
      await this.restore(this.user(session));
      found = await this.model.run(known.signature, fed);
      const names = [known.state, 'items', 'scores'];
      const read = await Promise.all(names.map((name) => found[name].data()));
      const [after, items, scores] = read.map((one) => Array.from(one));
      session.state = after;
      session.seen = [...(session.seen ?? []), item];
      return this.answer(this.left({items, scores}, session.seen, k), k);
    } finally {
      for (const tensor of [...Object.values(fed), ...Object.values(found)]) tensor.delete();
    }
  }

  check(history, k) {
    const last = this.ids.length - 1;
    for (const item of history) {
      if (!Number.isInteger(item) || item < 1 || item > last) {
        throw new RangeError(`no index of an item: ${item}; allowed: 1 to ${last}`);
      }
    }
    if (!Number.isInteger(k) || k < 1 || k > this.contract.k) {
      throw new RangeError(`k must be from 1 to ${this.contract.k}, not ${k}`);
    }
  }

  answer(found, k) {
    return {
      ...found,
      ids: found.items.map((item) => this.ids[item]),
      titles: found.items.map((item) => this.titles[item] || this.ids[item]),
      unknown: [],
      missing: k - found.items.length,
    };
  }

  /** The same for the log's own ids; those without an index are left out, and named. */
  async recommendIds(history, k = 10, {times, now, allowed, session, columns = {}} = {}) {
    for (const [name, row] of Object.entries({...columns, ...(times && {times})})) {
      if (row.length !== history.length) {
        throw new RangeError(`${row.length} ${name} for ${history.length} items`);
      }
    }
    const kept = (row) => row.filter((_, at) => this.index.has(history[at]));
    const indices = (ids) => ids.filter((one) => this.index.has(one)).map((one) => this.index.get(one));
    const unknown = history.filter((one) => !this.index.has(one));
    const asked = {
      times: times && kept(times),
      columns: Object.fromEntries(Object.entries(columns).map(([name, row]) => [name, kept(row)])),
      now,
      session,
      allowed: allowed && indices([...allowed]),
    };
    return {...(await this.recommend(indices(history), k, asked)), unknown};
  }

  /** What is fed: the newest items, padded on the left. */
  context(history) {
    const {length, padding_id: padding} = this.contract.context;
    const kept = history.slice(Math.max(0, history.length - length));
    return [...Array(length - kept.length).fill(padding), ...kept];
  }

  /** What is fed beside the context, by input: of the newest items, padded on the left. */
  beside(history, {times, now = Date.now() / 1000, columns = {}} = {}) {
    const {length} = this.contract.context;
    const [found, given] = [{}, {...columns}];
    for (const tensor of this.contract.inputs) {
      const {name, kind = ALLOWED} = tensor;
      if (kind === ALLOWED || kind === USER) continue;
      const row = kind === AGES ? times : given[name];
      delete given[name];
      if (!row) {
        const how = kind === AGES ? 'when items were, times' : 'it of each item, columns';
        throw new RangeError(`the model takes ${name}: say ${how}`);
      }
      if (row.length !== history.length) {
        const what = kind === AGES ? 'times' : name;
        throw new RangeError(`${row.length} ${what} for ${history.length} items`);
      }
      const made = kind === AGES ? ages(row, now) : column(tensor, row);
      const kept = made.slice(Math.max(0, made.length - length));
      found[name] = [...Array(length - kept.length).fill(0), ...kept];
    }
    const left = Object.keys(given);
    if (left.length) throw new RangeError(`the model takes no ${left.join(', ')}`);
    return found;
  }

  /** What the model itself returns: k items and scores; item 0 where its own filter leaves fewer. */
  async raw(context, beside = {}, allowed = undefined, user = this.user()) {
    const found = await this.asked(context, beside, allowed, user);
    try {
      const [items, scores] = await Promise.all([found.items.data(), found.scores.data()]);
      return {items: Array.from(items), scores: Array.from(scores)};
    } finally {
      for (const tensor of Object.values(found)) tensor.delete();
    }
  }

  /** The tensors that the model gives; whoever asks deletes them. */
  async asked(context, beside, allowed, user) {
    const values = {...beside, [this.contract.context.input]: context};
    let told = false;
    for (const {name, kind, shape} of this.contract.inputs) {
      if (kind === ALLOWED) {
        told = true;
        values[name] = mask(shape.at(-1), allowed);
      } else if (kind === USER) {
        values[name] = user;
      } else if (!values[name]) {
        throw new RangeError(`the model takes ${name}`);
      }
    }
    if (allowed && !told) {
      throw new RangeError('the model cannot be told what is allowed: filter its answer');
    }
    await this.restore(user);
    const fed = {};
    try {
      for (const {name, dtype, shape} of this.contract.inputs) {
        const kind = dtype === 'float32' ? Float32Array : Int32Array;
        fed[name] = new this.litert.Tensor(kind.from(values[name]), shape);
      }
      return await this.model.run(this.contract.signature, fed);
    } finally {
      for (const tensor of Object.values(fed)) tensor.delete();
    }
  }

  /** The first k of an answer, without what was seen where the contract filters. */
  left({items, scores}, history, k) {
    const seen = new Set([0, ...(this.contract.history.filter ? history : [])]);
    const places = items.flatMap((item, at) => (seen.has(item) ? [] : [at])).slice(0, k);
    return {items: places.map((at) => items[at]), scores: places.map((at) => scores[at])};
  }

  /** Gives the model's memory back. */
  close() {
    this.model.delete();
  }
}

const ages = (times, now) =>
  times.map((at) => Math.min(Math.max(Math.trunc(now - at), 0), OLDEST));

/**
 * What a log's column comes to: places of words, steps of a scale or scaled numbers; as it is where
 * the contract says nothing of it.
 */
function column({name, words, scale}, values) {
  if (words?.length) {
    const place = new Map(words.map((word, at) => [word, at + 1]));
    return values.map((value) => place.get(String(value)) ?? words.length + 1);
  }
  for (const value of values) {
    if (!Number.isFinite(value)) {
      throw new RangeError(`${name} of an item is no finite number: ${value}`);
    }
  }
  if (!scale) return [...values];
  const {low, high, bins} = scale;
  const scaled = values.map((value) => Math.min(Math.max((value - low) / (high - low), 0), 1));
  return bins ? scaled.map((one) => Math.min(Math.trunc(one * bins), bins - 1) + 1) : scaled;
}

/**
 * What is wrong with a bundle on this runtime, in words; nothing if all is well. Files against the
 * contract, then every golden question: padding, the raw answer, the filter.
 * @param {{accelerator?: string, backend?: string}} options `backend`: whose tolerance counts.
 * @returns {Promise<string[]>}
 */
export async function selftest(bundle, litert, {accelerator = 'wasm', backend} = {}) {
  const problems = [];
  let recommender;
  try {
    const files = await Files.of(bundle);
    const contract = await files.contract();
    const golden = await files.read(GOLDEN);
    const unlike = await modelProblems(contract, await files.model(contract));
    problems.push(...unlike);
    problems.push(...(await itemsProblems(contract, await files.read(ITEMS))));
    if ((await sha256(golden)) !== contract.golden.sha256) {
      problems.push(`${GOLDEN} is not the one that was shipped with this model`);
    }
    // What is damaged may take the runtime with it: another model is not opened.
    if (unlike.length || problems.at(-1)?.startsWith(GOLDEN)) return problems;
    recommender = await Recommender.open(bundle, litert, {accelerator, verify: false});
    const known = parsed(golden, GOLDEN);
    const name = backend ?? `browser/${accelerator}`;
    if (!known.tolerances[name]) {
      const all = Object.keys(known.tolerances).sort().join(', ');
      return [...problems, `no tolerance for ${name}; ${GOLDEN} knows ${all}`];
    }
    return [...problems, ...(await answers(recommender, known, known.tolerances[name]))];
  } catch (error) {
    return [...problems, error.message];
  } finally {
    recommender?.close();
  }
}

async function answers(recommender, golden, tolerance) {
  const found = [];
  for (const {context, given, allowed} of golden.cases) {
    found.push(await recommender.raw(context, given, allowed));
  }
  const wrong = wrongAnswers(golden.cases, found, tolerance);
  const other = [];
  golden.cases.forEach((known, n) => {
    if (String(recommender.context(known.history)) !== String(known.context)) {
      other.push(`'${known.name}': the history becomes another context`);
      return;
    }
    const {items, scores, recommended} = known;
    const due = {items: recommended.map((at) => items[at]), scores: recommended.map((at) => scores[at])};
    const left = recommender.left(found[n], known.history, golden.top);
    const filtered = wrong.length ? '' : differs(due, left, tolerance.scores);
    if (filtered) other.push(`'${known.name}', filtered: ${filtered}`);
  });
  const stale = golden.names
    .filter(([item, name]) => (recommender.ids[item] ?? name) !== name)
    .map(
      ([item, name]) =>
        `${ITEMS} is stale: it calls item ${item} '${recommender.ids[item]}', it was '${name}' when ` +
        'this model was shipped',
    );
  return [...wrong, ...other.slice(0, 2), ...stale.slice(0, 1)];
}

/** What is wrong with the items and scores that a model returned, case by case, in words. */
function wrongAnswers(cases, found, tolerance) {
  const wrong = [];
  const shares = [];
  cases.forEach((known, n) => {
    const count = known.items.length;
    const top = {items: found[n].items.slice(0, count), scores: found[n].scores.slice(0, count)};
    const said = differs(known, top, tolerance.scores);
    if (said) wrong.push(`'${known.name}': ${said}`);
    const due = new Set(known.items.filter((item) => item)); // where a filter leaves fewer
    if (due.size) shares.push(top.items.filter((item) => due.has(item)).length / due.size);
  });
  const share = shares.length ? shares.reduce((sum, one) => sum + one, 0) / shares.length : 1;
  const few = share < tolerance.overlap;
  if (!wrong.length && !few) return [];
  const example = few ? `${Math.round(100 * share)} % of the golden items are returned` : wrong[0];
  return [
    `${wrong.length} of ${cases.length} golden questions are answered otherwise, e.g. ${example}; ` +
      'the item table or other weights are not those that were shipped, or this runtime reckons ' +
      'wrongly',
  ];
}

/**
 * Where an answer is not the golden one; empty where it is, but for what rounding explains. Scores
 * are compared rank by rank. Items may change places, or come in from below the last, where golden
 * scores lie within twice the tolerance of each other.
 */
export function differs({items, scores}, found, tolerance) {
  if (found.items.length !== items.length) return `${found.items.length} items, not ${items.length}`;
  const left = found.items.filter((item) => item); // 0 where a filter leaves fewer
  if (left.length !== items.filter((item) => item).length) {
    return `${left.length} items but for those that are none`;
  }
  if (new Set(left).size !== left.length) return 'an item is returned twice';
  const byItem = new Map(items.map((item, at) => [item, scores[at]]));
  for (let at = 0; at < left.length; at++) {
    const [item, score] = [left[at], found.scores[at]];
    if (!(Math.abs(score - scores[at]) <= tolerance)) {
      return `rank ${at + 1} has score ${score}, not ${scores[at]} (± ${tolerance})`;
    }
    const beside = byItem.get(item) ?? scores[scores.length - 1];
    if (item !== items[at] && Math.abs(beside - scores[at]) > 2 * tolerance) {
      return `rank ${at + 1} is item ${item}, not ${items[at]}`;
    }
  }
  return '';
}

/** 1 for an item that may come back; column j is index j + 1. */
function mask(items, allowed) {
  const found = new Float32Array(items).fill(allowed ? 0 : 1);
  for (const item of allowed ?? []) {
    if (!Number.isInteger(item) || item < 1 || item > items) {
      throw new RangeError(`no index of an item: ${item}; allowed: 1 to ${items}`);
    }
    found[item - 1] = 1;
  }
  return found;
}

async function compiled(litert, model, accelerator) {
  try {
    return await litert.loadAndCompile(model, {accelerator});
  } catch (error) {
    throw new BundleError(`the runtime does not load the model: ${error?.message ?? error}`);
  }
}

async function modelProblems(contract, content) {
  const due = contract.model.size_bytes;
  if (content.length !== due) {
    const how = content.length < due ? 'cut off' : 'too long';
    return [`the model is ${how}: ${content.length} of ${due} bytes`];
  }
  const found = await sha256(content);
  if (found === contract.model.sha256) return [];
  return [
    `the model is not the one that was shipped: sha256 ${found.slice(0, 12)}, not ` +
      `${contract.model.sha256.slice(0, 12)}; it was damaged, or another model or item table put there`,
  ];
}

async function itemsProblems(contract, content) {
  const [problems, found] = [[], await sha256(content)];
  if (found !== contract.items.sha256) {
    problems.push(
      `${ITEMS} is not the one that was shipped with this model: sha256 ${found.slice(0, 12)}, not ` +
        contract.items.sha256.slice(0, 12),
    );
  }
  const names = parsed(content, ITEMS);
  if (names.data !== contract.data) {
    problems.push(`${ITEMS} is stale: it belongs to another split of the log than the model`);
  }
  if (!Array.isArray(names.items)) throw new BundleError(`${ITEMS} has no list of items`);
  const count = names.items.length - 1;
  if (count !== contract.catalogue.items) {
    problems.push(
      `${ITEMS} is stale: it names ${count} items, the model ranks ${contract.catalogue.items}`,
    );
  }
  return problems;
}

/** The files of a bundle, wherever they are. */
class Files {
  constructor(read, whole) {
    this.read = read;
    this.whole = whole;
  }

  static async of(bundle) {
    if (bundle instanceof Uint8Array) return Files.inside(bundle);
    if (typeof bundle === 'object' && !(bundle instanceof URL)) {
      return new Files(async (name) => {
        if (!bundle[name]) throw new BundleError(`the bundle has no ${name}`);
        return bundle[name];
      });
    }
    const address = String(bundle);
    if (address.endsWith('.tflite')) return Files.inside(await fetched(address));
    const folder = address.endsWith('/') ? address : `${address}/`;
    return new Files((name) => fetched(folder + name));
  }

  static inside(whole) {
    const entries = archive(whole);
    return new Files(async (name) => {
      if (!entries.has(name)) throw new BundleError(`no ${name} in the ZIP behind the model`);
      return entries.get(name)();
    }, whole);
  }

  /** The contract, with all that is needed of it. */
  async contract() {
    const found = parsed(await this.read(CONTRACT), CONTRACT);
    if (found.schema !== SCHEMA) {
      throw new BundleError(`${CONTRACT}: schema ${found.schema}, not ${SCHEMA}`);
    }
    mustHave(found, NEEDED, CONTRACT);
    const {inputs, outputs, context, k} = found;
    for (const [tensors, name, size] of [
      [inputs, context.input, context.length],
      [outputs, 'items', k],
    ]) {
      const one = Array.isArray(tensors) ? tensors.find((tensor) => tensor?.name === name) : null;
      if (one?.shape?.at?.(-1) !== size) {
        throw new BundleError(`${CONTRACT} contradicts itself: ${name} has not ${size} numbers`);
      }
    }
    return found;
  }

  /** The .tflite as it was measured: the folder's, or the front of the one file. */
  async model(contract) {
    return this.whole
      ? this.whole.subarray(0, contract.model.size_bytes)
      : this.read(contract.model.file);
  }
}

async function fetched(address) {
  const answer = await fetch(address).catch((error) => {
    throw new BundleError(`${address}: ${error.message}`);
  });
  if (!answer.ok) throw new BundleError(`${address}: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** The entries of a ZIP at the end of some bytes: name -> what reads it. */
function archive(whole) {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  let end = whole.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new BundleError('no ZIP behind the model: not a file of rbench ship --single-file');
  const entries = new Map();
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    const [method, packed] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [name, extra, note] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = whole.subarray(start, start + packed);
    entries.set(new TextDecoder().decode(whole.subarray(at + 46, at + 46 + name)), async () =>
      method === 0 ? content : inflated(content),
    );
    at += 46 + name + extra + note;
  }
  return entries;
}

async function inflated(content, form = 'deflate-raw') {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream(form));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** What people call the items, by column; packed where it is long. */
async function columnsOf({columns = {}, packed}) {
  if (!packed) return columns;
  try {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    return parsed(await inflated(bytes, 'deflate'), `${ITEMS}: packed`);
  } catch (error) {
    throw new BundleError(`${ITEMS}: packed cannot be read: ${error.message}`);
  }
}

function mustHave(found, needed, where) {
  for (const [key, kind] of Object.entries(needed)) {
    const value = found?.[key];
    if (typeof kind === 'object') mustHave(value, kind, `${where}: ${key}`);
    else if (typeof value !== kind || value === null) {
      throw new BundleError(`${where}: ${key} is ${JSON.stringify(value)}, not of type ${kind}`);
    }
  }
}

function parsed(content, name) {
  let found;
  try {
    found = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(content));
  } catch (error) {
    throw new BundleError(`${name} is no JSON: ${error.message}`);
  }
  if (found === null || typeof found !== 'object' || Array.isArray(found)) {
    throw new BundleError(`${name} is no JSON object`);
  }
  return found;
}

async function sha256(content) {
  if (!globalThis.crypto?.subtle) {
    throw new BundleError(
      'this page cannot check sums: serve it by https or from localhost, or say verify: false',
    );
  }
  const digest = await crypto.subtle.digest('SHA-256', content);
  return Array.from(new Uint8Array(digest), (one) => one.toString(16).padStart(2, '0')).join('');
}
