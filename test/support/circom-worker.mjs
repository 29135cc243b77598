// The circom compiler in a thread that stays: its WebAssembly is translated once, not in each of hundreds of compilations.
import { CircomRunner, bindings } from "circom2";
import fs from "node:fs";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";

const compiler = await WebAssembly.compile(fs.readFileSync(createRequire(import.meta.url).resolve("circom2/circom.wasm")));

/** One compilation in `folder`, in a memory of its own, as circom2's program does it: exit code, what it prints, bytes of memory. */
async function compile(folder, args) {
  const open = new Set();
  let output = "";
  const tracked = {
    ...fs,
    openSync: (...given) => {
      const file = fs.openSync(...given);
      open.add(file);
      return file;
    },
    closeSync: (file) => {
      open.delete(file);
      fs.closeSync(file);
    },
    writeSync: (file, bytes, offset, length, position) => {
      if (file !== 1 && file !== 2) return fs.writeSync(file, bytes, offset, length, position);
      output += Buffer.from(bytes).toString("utf8", offset, offset + length);
      return length;
    },
  };
  try {
    const { wasi } = new CircomRunner({ args, env: {}, preopens: { ".": folder }, bindings: { ...bindings, fs: tracked } });
    const instance = await WebAssembly.instantiate(compiler, wasi.getImports(compiler));
    let code = 0;
    try {
      wasi.start(instance);
    } catch (error) {
      code = error.code ?? String(error);
    }
    return { code, output, memory: instance.exports.memory.buffer.byteLength };
  } finally {
    // The compiler ends without closing what it read.
    for (const file of open) fs.closeSync(file);
  }
}

parentPort.on("message", async ({ folder, args }) => parentPort.postMessage(await compile(folder, args)));
