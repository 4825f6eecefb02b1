/** Answers as @litertjs/core does, out of a list that the very file gave; and runs what it is told. */
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const [client, orders] = process.argv.slice(2);
const {Recommender, selftest, differs} = await import(pathToFileURL(client));
const {files, whole, answers, steps, details} = JSON.parse(readFileSync(orders, 'utf-8'));
let alive = 0;

class Tensor {
  constructor(data, shape) {
    if (data.length !== shape.reduce((a, b) => a * b)) throw new Error('shape and data differ');
    Object.assign(this, {held: data, shape});
    alive++;
  }
  async data() {
    return this.held;
  }
  delete() {
    if (this.gone) throw new Error('deleted twice');
    this.gone = true;
    alive--;
  }
}

/** A state that counts the taps; the items are named after it. */
function tapped({state, item}) {
  if (!(state.held instanceof Float32Array && item.held instanceof Int32Array)) {
    throw new Error('not float32 and int32');
  }
  const count = state.held[0] + 1;
  const after = Float32Array.from(state.held);
  after[0] = count;
  return {
    state: new Tensor(after, state.shape),
    items: new Tensor(Int32Array.from([item.held[0], 20, 20 + count]), [1, 3]),
    scores: new Tensor(Float32Array.from([3, 2, 1]), [1, 3]),
  };
}

/** A user whose first number counts what was learnt, in a variable or handed on. */
let held = new Float32Array(8);
function learnt({user, items, scores, query, next}) {
  if (!(next.held instanceof Int32Array && items.held instanceof Int32Array)) throw new Error('not int32');
  if (!(query.held instanceof Float32Array && scores.held instanceof Float32Array)) throw new Error('not float32');
  const after = Float32Array.from(user?.held ?? held);
  after[0] += next.held[0];
  held = after;
  return {user: new Tensor(after, [1, 8])};
}
function restored({user}) {
  held = Float32Array.from(user.held);
  return {user: new Tensor(held, [1, 8])};
}

const litert = {
  Tensor,
  async loadAndCompile(model, {accelerator}) {
    const bytes = new Uint8Array(model);
    if (String.fromCharCode(...bytes.subarray(4, 8)) !== 'TFL3') throw new Error('no model');
    alive++;
    return {
      getInputDetails: () => details.inputs,
      getOutputDetails: () => details.outputs,
      async run(signature, inputs) {
        if (signature === 'tap') return tapped(inputs);
        if (signature === 'update') return learnt(inputs);
        if (signature === 'restore') return restored(inputs);
        if (signature !== 'recommend') throw new Error(`no signature ${signature}`);
        const asked = inputs.context;
        if (!(asked.held instanceof Int32Array)) throw new Error('not int32');
        const known = answers[Array.from(asked.held).join(',')];
        if (!known) throw new Error(`nobody asked ${asked.held} before`);
        return {
          scores: new Tensor(Float32Array.from(known.scores), [1, known.scores.length]),
          items: new Tensor(Int32Array.from(known.items), [1, known.items.length]),
          // What the file learnt shows in the query alone: the answers are those of a new user.
          query: new Tensor(Float32Array.from(inputs.user?.held ?? held), [1, 8]),
        };
      },
      delete: () => alive--,
    };
  },
};

const bundle = whole
  ? new Uint8Array(readFileSync(whole))
  : Object.fromEntries(files.map((path) => [path.split('/').at(-1), new Uint8Array(readFileSync(path))]));
const said = [];
for (const [what, ...given] of steps) {
  try {
    if (what === 'selftest') said.push(await selftest(bundle, litert, ...given));
    else if (what === 'differs') said.push(differs(...given));
    else {
      const opened = await Recommender.open(bundle, litert);
      try {
        const answer = await opened[what](...given);
        // What is told of a session is what became of it.
        said.push(['learn', 'forget'].includes(what) ? {session: given[0], held: Array.from(held)} : answer);
      } finally {
        opened.close();
      }
    }
  } catch (error) {
    said.push({error: error.message});
  }
}
console.log(JSON.stringify({said, alive}));
