// One round in a browser: fetches its order, answers all contexts, and times only when told that
// the answers are the host's.
import { Tensor, getGlobalLiteRt, loadAndCompile, loadLiteRt } from "./litert.js";

const told = [];
const faults = [];
const keep = (list, said) => list.length < 20 && list.push(String(said).slice(0, 500));
for (const kind of ["warn", "error"]) {
  console[kind] = (...words) => keep(told, words.map((word) => word?.message ?? word).join(" "));
}
addEventListener("error", (event) => keep(faults, event.message));
addEventListener("unhandledrejection", (event) => keep(faults, event.reason?.message ?? event.reason));

async function say(what, document) {
  const answer = await fetch(what, { method: "POST", body: JSON.stringify(document) });
  return answer.json();
}

async function bytes(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function base64(array) {
  const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (let at = 0; at < view.length; at += 32768) {
    text += String.fromCharCode(...view.subarray(at, at + 32768));
  }
  return btoa(text);
}

const ns = (ms) => ms * 1e6;
const now = () => performance.now();
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

class Refused extends Error {}
class Impossible extends Error {}

async function main() {
  const order = await (await fetch("order")).json();
  if (!crossOriginIsolated) {
    throw new Refused("the page is not isolated: its clock is too coarse to time anything");
  }
  const gpu = order.delegate === "webgpu";
  if (gpu && !navigator.gpu) throw new Impossible("this browser has no WebGPU");
  if (gpu && !("Suspending" in WebAssembly)) {
    throw new Impossible("LiteRT.js needs JSPI for WebGPU, which this browser has not");
  }
  const before = now();
  await loadLiteRt("wasm/", gpu ? { jspi: true } : {});
  const runtimeMs = now() - before;
  const litert = getGlobalLiteRt();
  const device = litert.getDefaultEnvironment().webGpuDevice;
  const adapter = gpu ? watched(device) : {};
  const file = await bytes("model.tflite");
  const began = now();
  const model = await loadAndCompile(file, { accelerator: order.delegate });
  const loadMs = now() - began;
  const signature = model.defaultSignature;
  const input = signature.getInputDetails()[0];
  if (signature.getInputDetails().length !== 1 || input.dtype !== "int32") {
    throw new Impossible("only files with one input, int32, are timed in browsers");
  }
  const shape = [...input.shape];
  const flat = new Int32Array((await bytes("contexts")).buffer);
  const length = shape.reduce((product, size) => product * size, 1);
  if (flat.length !== order.contexts * length) {
    throw new Refused(`the file takes int32 [${shape}], the contexts are of ${flat.length / order.contexts}`);
  }
  const contexts = Array.from({ length: order.contexts }, (_, at) =>
    flat.subarray(at * length, (at + 1) * length),
  );
  const outputs = signature.getOutputDetails().map((one) => one.name);

  // The public interface, as an app uses it: a tensor made, the model run, every output read.
  async function query(number) {
    const tensor = new Tensor(contexts[number % contexts.length], shape);
    const found = await signature.run({ [input.name]: tensor });
    const read = {};
    for (const name of outputs) read[name] = await found[name].data();
    tensor.delete();
    for (const name of outputs) found[name].delete();
    return read;
  }

  // The runtime itself: the input written into a tensor that stays, its model run.
  const kept = new Tensor(contexts[0], shape);
  const { liteRtWasm } = litert;
  const { WRITE } = liteRtWasm.LiteRtTensorBufferLockMode;
  async function invoke(number) {
    const place = kept.liteRtTensorBuffer.lock(WRITE);
    liteRtWasm.HEAP32.set(contexts[number % contexts.length], place >> 2);
    kept.liteRtTensorBuffer.unlock();
    const found = await model.liteRtCompiledModel.run(signature.signatureIndex, [
      kept.liteRtTensorBuffer,
    ]);
    for (const one of found) one.delete();
  }

  const first = now();
  await query(order.offset);
  const firstMs = now() - first;
  const answers = Object.fromEntries(outputs.map((name) => [name, []]));
  for (let number = 0; number < order.checked; number++) {
    const read = await query(number);
    for (const name of outputs) answers[name].push(read[name]);
  }
  if (gpu) {
    await device.queue.onSubmittedWorkDone();
    await new Promise((done) => setTimeout(done, 50)); // errors come after the work
  }
  const go = await say("answers", {
    adapter,
    faults,
    told,
    accelerated: gpu && model.isFullyAccelerated,
    outputs: outputs.map((name) => ({
      name,
      dtype: answers[name][0].constructor.name,
      data: base64(joined(answers[name])),
    })),
  });
  if (!go.time) return;

  const modes = gpu ? { query } : { invoke, query };
  const warm = now();
  let warmups = 0;
  while (warmups < order.warmup_runs || now() - warm < order.warmup_ms) {
    for (const run of Object.values(modes)) await run(order.offset + warmups);
    warmups += 1;
  }
  const clock = stepOfClock();
  const size = {};
  for (const [name, run] of Object.entries(modes)) size[name] = await batch(run);
  await say("begin", {});
  const samples = Object.fromEntries(Object.keys(modes).map((name) => [name, []]));
  const main = Object.keys(modes)[0];
  let spent = 0;
  let asked = order.offset;
  while (
    !samples[main].length ||
    (spent < order.most_ms && (spent < order.timed_ms || samples[main].length < order.runs))
  ) {
    for (const [name, run] of Object.entries(modes)) {
      const from = now();
      for (let turn = 0; turn < size[name]; turn++) await run(asked + turn);
      const took = now() - from;
      samples[name].push(ns(took) / size[name]);
      if (name === main) spent += took;
    }
    asked += size[main];
  }
  if (gpu) await device.queue.onSubmittedWorkDone();
  await say("result", {
    samples,
    size,
    faults,
    told,
    warmups,
    load_ms: loadMs,
    first_ms: firstMs,
    runtime_ms: runtimeMs,
    heap_bytes: liteRtWasm.HEAPU8.byteLength,
    tick_ns: clock.tick,
    clock_ns: clock.overhead,
    call_ns: await emptyCall(),
    agent: navigator.userAgent,
  });

  // Inferences in a batch that takes what was ordered, far above the clock's step.
  async function batch(run) {
    const each = [];
    for (let turn = 0; turn < 9; turn++) {
      const from = now();
      let done = 0;
      do await run(order.offset + turn + done++);
      while (now() - from < order.batch_ms / 4);
      each.push((now() - from) / done);
    }
    return Math.max(1, Math.ceil((order.batch_ms * 1.05) / median(each)));
  }

  async function emptyCall() {
    const from = now();
    for (let turn = 0; turn < 5000; turn++) await liteRtWasm.getThreadCount();
    return ns(now() - from) / 5000;
  }
}

function joined(parts) {
  const all = new parts[0].constructor(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// For 5 ms, and longer where something else had the core meanwhile.
function stepOfClock() {
  let tick = Infinity;
  let looks = 0;
  const from = now();
  let last = from;
  for (; last - from < 5 || looks < 100 || tick === Infinity; looks++) {
    const here = now();
    if (here > last) tick = Math.min(tick, here - last);
    last = here;
  }
  return { tick: ns(tick), overhead: ns(last - from) / looks };
}

// A GPU that answers wrongly says so here, and nowhere else.
function watched(device) {
  if (!device) throw new Impossible("the browser has no WebGPU adapter");
  device.addEventListener("uncapturederror", (event) => keep(faults, event.error.message));
  device.lost.then((lost) => keep(faults, `the GPU was lost: ${lost.message || lost.reason}`));
  const { vendor, architecture, description, isFallbackAdapter } = device.adapterInfo ?? {};
  return { vendor, architecture, description, fallback: Boolean(isFallbackAdapter) };
}

main().catch((error) =>
  say("failed", {
    kind: error instanceof Impossible ? "impossible" : error instanceof Refused ? "refused" : "failed",
    said: String(error?.message ?? error).slice(0, 2000),
    faults,
    told,
  }),
);
