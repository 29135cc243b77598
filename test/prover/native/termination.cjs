// Terminates worker threads at many moments of their proofs. Arguments: the addon, a key, a witness, how many workers.
const { readFileSync } = require("node:fs");
const { isMainThread, parentPort, Worker, workerData } = require("node:worker_threads");

async function proveForEver([addon, keyPath, witnessPath]) {
  const engine = require(addon);
  const key = engine.openKey(keyPath);
  const witness = readFileSync(witnessPath);
  const onProgress = () => {
    // Long enough to be met while it runs.
    const until = performance.now() + 1;
    while (performance.now() < until);
  };
  parentPort.postMessage("begins");
  for (;;) {
    const jobs = [1, 2, 3, 4].map(() => engine.prove(key, witness, { arithmetic: "portable", threads: 2, onProgress }));
    jobs[1].cancel();
    await Promise.allSettled(jobs.map((job) => job.result));
  }
}

async function terminateMany(parameters, count) {
  for (let i = 0; i < count; i++) {
    const worker = new Worker(__filename, { workerData: parameters });
    await new Promise((resolve) => worker.once("message", resolve));
    await new Promise((resolve) => setTimeout(resolve, (i * 37) % 60));
    await worker.terminate();
  }
  process.stdout.write(`${count} terminated`);
}

if (isMainThread) void terminateMany(process.argv.slice(2, 5), Number(process.argv[5]));
else void proveForEver(workerData);
