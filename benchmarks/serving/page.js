// A file in a browser, asked as an app asks it; see browser.py.
import { Tensor, loadAndCompile, loadLiteRt } from "./litert.js";

async function say(what, document) {
  const answer = await fetch(what, { method: "POST", body: JSON.stringify(document) });
  return answer.json();
}

async function bytes(name) {
  return (await fetch(name)).arrayBuffer();
}

async function main() {
  if (!crossOriginIsolated) throw new Error("the page is not isolated: its clock is too coarse");
  await loadLiteRt("wasm/");
  const model = await loadAndCompile(new Uint8Array(await bytes("model.tflite")), {
    accelerator: "wasm",
  });
  const signature = model.signatures.recommend;
  const shape = [...signature.getInputDetails()[0].shape];
  const flat = new Int32Array(await bytes("contexts"));
  const count = flat.length / shape[1];
  let done = {};
  for (;;) {
    const { taps } = await say("next", done);
    done = { ns: [], items: [] };
    for (let tap = 0; tap < taps; tap++) {
      const at = tap % count;
      const context = flat.subarray(at * shape[1], (at + 1) * shape[1]);
      const from = performance.now();
      const tensor = new Tensor(context, shape);
      const found = await signature.run({ context: tensor });
      const items = await found.items.data();
      await found.scores.data();
      for (const one of [tensor, found.items, found.scores]) one.delete();
      done.ns.push(Math.round((performance.now() - from) * 1e6));
      done.items.push([...items]);
    }
  }
}

main().catch((error) => say("failed", String(error?.message ?? error)));
