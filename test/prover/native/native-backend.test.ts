import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, type CompiledCircuit } from "../../../prover/artifacts.js";
import { loadNativeEngine, type ProofCost, readNativeBuild } from "../../../prover/backends/native-engine.js";
import { checkKeyPoints, nativeBackend } from "../../../prover/backends/native.js";
import { snarkjsBackend, stopSnarkjs } from "../../../prover/backends/snarkjs.js";
import { type DevelopmentKey, developmentKey } from "../../../prover/development-setup/development-key.js";
import { KeyError, type KeyHandle, loadKey } from "../../../prover/keys.js";
import { fromSnarkjsProof, type SnarkjsProof, verifyProof } from "../../../prover/proof.js";
import { createProver, ProverError } from "../../../prover/prover.js";
import { calculateWitness } from "../../../prover/witness-calculator.js";
import { SMALL_CIRCUIT, SMALL_INPUT, SMALL_PUBLIC_SIGNALS, temporaryCache } from "../fixtures/small-circuit.js";
import { availableArithmetics } from "./bn254-bytes.js";

const WTNS_VALUES = 76;

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
let files: DevelopmentKey;
let key: KeyHandle;
let witness: Uint8Array;

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
  files = await developmentKey(circuit);
  key = await loadKey(files.zkey, files.vkey, SMALL_PUBLIC_SIGNALS);
  witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
});

afterAll(async () => {
  cache.remove();
  await stopSnarkjs();
});

async function failure(call: Promise<unknown>): Promise<Error> {
  const error: unknown = await call.then(() => undefined, (caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

/** A copy of the witness with one change. */
function changed(change: (bytes: Buffer) => void): Uint8Array {
  const bytes = Buffer.from(witness);
  change(bytes);
  return bytes;
}

describe("a key opened by the engine", () => {
  it("is hashed in the mapping that proves, which is the file's bytes", () => {
    const file = readFileSync(files.zkey);
    expect(key.zkey.buffer).toBe(key.native!.bytes);
    expect(Buffer.from(key.zkey).equals(file)).toBe(true);
    expect(key.zkeySha256).toBe(createHash("sha256").update(file).digest("hex"));
    expect(key.native).toMatchObject({ publicSignals: SMALL_PUBLIC_SIGNALS, wires: circuit.statistics.wires, domainPower: circuit.statistics.domainPower });
  });

  it("is refused with path, section and rule when a section is short, and when it is not there", async () => {
    const path = join(cache.directory, "short.zkey");
    writeFileSync(path, readFileSync(files.zkey).subarray(0, -100));
    const short = await failure(loadKey(path, files.vkey, SMALL_PUBLIC_SIGNALS));
    expect(short).toBeInstanceOf(KeyError);
    expect(short).toMatchObject({ key: path, section: expect.stringMatching(/^section \d+/) as string, rule: expect.stringMatching(/bytes/) as string });
    const absent = join(cache.directory, "absent.zkey");
    expect(await failure(loadKey(absent, files.vkey, SMALL_PUBLIC_SIGNALS))).toMatchObject({ name: "KeyError", key: absent, section: "file" });
  });

  it("has all its points checked on demand, and the first wrong one named", async () => {
    await expect(checkKeyPoints(key, 2)).resolves.toBeUndefined();
    // In the A points, where opening a key does not look.
    const path = join(cache.directory, "off-curve.zkey");
    const bytes = readFileSync(files.zkey);
    const { offset, index } = aPoint(bytes);
    bytes[offset]! ^= 1;
    writeFileSync(path, bytes);
    const damaged = await loadKey(path, files.vkey, SMALL_PUBLIC_SIGNALS);
    expect(await failure(checkKeyPoints(damaged, 2))).toMatchObject({ name: "KeyError", key: path, section: expect.stringContaining("section 5") as string });
    expect((await failure(checkKeyPoints(damaged, 1))).message).toContain(String(index));
    const refused = await failure(nativeBackend({ threads: 1 }).prove(damaged, witness, {}));
    expect([refused.name, refused.message]).toEqual(["ProverError", expect.stringMatching(/does not verify/)]);
  });
});

/** The first point of section 5 that is not infinity, and whose wire is not zero. */
function aPoint(zkey: Buffer): { offset: number; index: number } {
  for (let at = 12; ; at += 12 + Number(zkey.readBigUInt64LE(at + 4))) {
    if (zkey.readUInt32LE(at) !== 5) continue;
    for (let index = 1; ; index++) {
      const offset = at + 12 + 64 * index;
      const wire = witness.subarray(WTNS_VALUES + 32 * index, WTNS_VALUES + 32 * index + 32);
      if (zkey.subarray(offset, offset + 64).some((byte) => byte !== 0) && wire.some((byte) => byte !== 0)) return { offset, index };
    }
  }
}

describe("a native proof", () => {
  it.each(availableArithmetics().flatMap((arithmetic) => [1, 2].map((threads) => [arithmetic, threads] as const)))(
    "verifies, and has the public signals that snarkjs finds, with %s arithmetic and %i threads",
    async (arithmetic, threads) => {
      const before = Buffer.from(witness);
      const { proof, publicSignals } = await nativeBackend({ arithmetic, threads }).prove(key, witness, {});
      expect(publicSignals).toEqual((await snarkjsBackend().prove(key, witness, {})).publicSignals);
      expect(await verifyProof(key.verificationKey, proof, publicSignals)).toBe(true);
      expect(before.equals(witness)).toBe(true);
    },
  );

  it("is blinded: two of one statement share nothing", async () => {
    const prove = async () => (await nativeBackend().prove(key, witness, {})).proof;
    const [first, second] = [await prove(), await prove()];
    const coordinates = ({ a, b, c }: typeof first): bigint[] => [...a, ...b.flat(), ...c];
    expect(new Set([...coordinates(first), ...coordinates(second)]).size).toBe(16);
  });

  it("can be one of many at once with one key", async () => {
    const backend = nativeBackend({ threads: 2 });
    const proofs = await Promise.all(Array.from({ length: 12 }, () => backend.prove(key, witness, {})));
    for (const { proof, publicSignals } of proofs) expect(await verifyProof(key.verificationKey, proof, publicSignals)).toBe(true);
  });

  it("tells how far it is, rising to 1, and what it cost", async () => {
    const fractions: number[] = [];
    const costs: ProofCost[] = [];
    await nativeBackend({ onCost: (cost) => costs.push(cost) }).prove(key, witness, { onProgress: (fraction) => fractions.push(fraction) });
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions[0]).toBeGreaterThan(0);
    expect(fractions.at(-1)).toBe(1);
    expect(costs).toHaveLength(1);
    expect(Object.keys(costs[0]!.times)).toEqual(["rows", "quotient", "a", "b1", "b2", "c", "h", "assemble", "verify"]);
    expect(costs[0]!.sums.g1).toBeGreaterThan(costs[0]!.sums.g2);
    expect(costs[0]!.sums.g2).toBeGreaterThan(0);
  });

  it("ends with what the progress listener throws", async () => {
    const onProgress = () => {
      throw new RangeError("of the listener");
    };
    await expect(nativeBackend().prove(key, witness, { onProgress })).rejects.toThrow(new RangeError("of the listener"));
  });

  it("stops with the signal's reason, before or while it runs", async () => {
    const prover = createProver(nativeBackend());
    const reason = new Error("the user's");
    await expect(prover.prove(key, witness, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const running = prover.prove(key, witness, { signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it("is interrupted by its cancel function", async () => {
    const job = loadNativeEngine().prove(key.native!, witness, { arithmetic: "portable", threads: 1 });
    job.cancel();
    await expect(job.result).rejects.toMatchObject({ code: "ZKMARGIN_CANCELLED" });
  });

  it("needs a key that the engine opened", async () => {
    expect((await failure(nativeBackend().prove({ ...key, native: undefined }, witness, {}))).name).toBe("ProverError");
    expect(() => loadNativeEngine().prove({ ...key.native! }, witness, { arithmetic: "portable", threads: 1 })).toThrow(/must be what openKey returned/);
  });
});

describe("a witness", () => {
  it.each<[string, (bytes: Buffer) => Uint8Array, RegExp]>([
    ["that is empty", () => new Uint8Array(), /header.*0 bytes/],
    ["with another magic", (bytes) => (bytes.write("wtnz", "latin1"), bytes), /header/],
    ["that ends inside its values", (bytes) => bytes.subarray(0, -1), /section 2/],
    ["of another field", (bytes) => ((bytes[28]! ^= 1), bytes), /section 1/],
    ["with a value that is not below the modulus", (bytes) => bytes.fill(255, WTNS_VALUES + 32, WTNS_VALUES + 64), /section 2/],
    ["whose first value is not one", (bytes) => ((bytes[WTNS_VALUES] = 2), bytes), /section 2/],
  ])("%s is refused with section and rule", async (_, change, place) => {
    const error = await failure(nativeBackend().prove(key, change(Buffer.from(witness)), {}));
    expect(error).toBeInstanceOf(ProverError);
    const { file, section, rule } = (error as ProverError).place!;
    expect(file).toBe("witness");
    expect(`${section}: ${rule}`).toMatch(place);
  });

  it("of another circuit is refused with both sizes", async () => {
    const wires = circuit.statistics.wires;
    const short = changed((bytes) => {
      bytes.writeUInt32LE(wires - 1, 60);
      bytes.writeBigUInt64LE(BigInt(32 * (wires - 1)), 68);
    }).subarray(0, -32);
    await expect(nativeBackend().prove(key, short, {})).rejects.toThrow(`${wires - 1} wires, the key is for a circuit of ${wires}`);
  });

  it("that does not satisfy the circuit gives an error and no proof, whichever wire is wrong", async () => {
    for (const wire of [1, 2, Math.floor(circuit.statistics.wires / 2), circuit.statistics.wires - 1]) {
      const wrong = changed((bytes) => (bytes[WTNS_VALUES + 32 * wire]! ^= 1));
      const error = await failure(nativeBackend().prove(key, wrong, {}));
      expect([error.name, error.message], `wire ${wire}`).toEqual(["ProverError", expect.stringMatching(/does not verify/)]);
    }
  });
});

describe("a process", () => {
  const child = (body: string) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const build = readNativeBuild();
      const script = `
        import { createRequire } from "node:module";
        import { readFileSync } from "node:fs";
        import { Worker, isMainThread, workerData } from "node:worker_threads";
        const engine = createRequire(import.meta.url)(${JSON.stringify(build.status === "built" ? build.module : "")});
        const key = engine.openKey(${JSON.stringify(files.zkey)});
        const witness = readFileSync(${JSON.stringify(join(cache.directory, "witness.wtns"))});
        const start = () => Array.from({ length: 8 }, () => engine.prove(key, witness, { arithmetic: "portable", threads: 2 }));
        ${body}`;
      const path = join(cache.directory, "child.mjs");
      writeFileSync(path, script);
      execFile(process.execPath, [path], { timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 255, stdout, stderr }));
    });

  beforeAll(() => writeFileSync(join(cache.directory, "witness.wtns"), witness));

  it("waits for the proofs it began, and ends by itself", async () => {
    expect(await child("Promise.all(start().map(({ result }) => result)).then((all) => console.log(all.length));")).toEqual({ code: 0, stdout: "8\n", stderr: "" });
  });

  it("ends no process when the workers that prove are terminated", async () => {
    const build = readNativeBuild();
    const witnessFile = join(cache.directory, "terminated.wtns");
    writeFileSync(witnessFile, witness);
    const program = join(import.meta.dirname, "termination.cjs");
    const parameters = [build.status === "built" ? build.module : "", files.zkey, witnessFile, "12"];
    const outcome = await new Promise((resolve) => {
      execFile(process.execPath, [program, ...parameters], { timeout: 60_000 }, (error, stdout, stderr) => resolve([error?.code ?? 0, error?.signal ?? null, stdout, stderr]));
    });
    rmSync(witnessFile);
    expect(outcome).toEqual([0, null, "12 terminated", ""]);
  });

  it("copies the witness before it begins", async () => {
    const given = Uint8Array.from(witness);
    const job = nativeBackend().prove(key, given, {});
    given.fill(0xff);
    const { proof, publicSignals } = await job;
    expect(await verifyProof(key.verificationKey, proof, publicSignals)).toBe(true);
  });

  it("does not prove under a signal that was aborted before", async () => {
    const reason = new Error("too late");
    expect(await failure(nativeBackend().prove(key, witness, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  it("can end in the middle of proofs", async () => {
    expect(await child("start(); setTimeout(() => process.exit(7), 3);")).toEqual({ code: 7, stdout: "", stderr: "" });
  });

  it("can terminate a worker in the middle of proofs", async () => {
    const body = `
      if (!isMainThread) { start(); const { parentPort } = await import("node:worker_threads"); parentPort.postMessage("begun"); }
      else {
        const worker = new Worker(new URL(import.meta.url));
        worker.once("message", async () => { await worker.terminate(); await start()[0].result; console.log("on"); });
      }`;
    expect(await child(body)).toEqual({ code: 0, stdout: "on\n", stderr: "" });
  });
});

describe("zkmargin-prove", () => {
  const run = (...args: readonly string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const build = readNativeBuild();
      execFile(build.status === "built" ? build.program : "", [...args], { cwd: cache.directory }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
    });
  const json = (name: string): unknown => JSON.parse(readFileSync(join(cache.directory, name), "utf8"));

  beforeAll(() => writeFileSync(join(cache.directory, "witness.wtns"), witness));

  it("proves with the arguments of rapidsnark's prover, and writes what snarkjs reads", async () => {
    const { code, stdout, stderr } = await run(files.zkey, "witness.wtns", "proof.json", "public.json", "--threads", "2", "--backend", "portable", "--times");
    expect([code, stderr]).toEqual([0, ""]);
    const times = JSON.parse(stdout) as { backend: string; threads: number; milliseconds: Record<string, number> };
    expect(times).toMatchObject({ backend: "portable", threads: 2, sums: { g1: expect.any(Number) as number, g2: expect.any(Number) as number } });
    expect(Object.keys(times.milliseconds)).toEqual(["openKey", "rows", "quotient", "a", "b1", "b2", "c", "h", "assemble", "verify", "total"]);
    const proof = json("proof.json") as SnarkjsProof;
    expect(proof).toMatchObject({ protocol: "groth16", curve: "bn128" });
    const signals = (json("public.json") as string[]).map(BigInt);
    expect(signals[1]).toBe(SMALL_INPUT.limit);
    expect(await verifyProof(key.verificationKey, fromSnarkjsProof(proof), signals)).toBe(true);
  });

  it.each([
    [["only.zkey"], 2, /1 files are named, must be four/],
    [["a", "b", "c", "d", "--threads", "0"], 2, /--threads 0 must be a whole number in 1..256/],
    [["a", "b", "c", "d", "--threads"], 2, /--threads needs a value/],
    [["a", "b", "c", "d", "--fast"], 2, /unknown option --fast/],
    [["a", "b", "c", "c"], 2, /proof and public signals are both to be c, must be two files/],
    [["absent.zkey", "witness.wtns", "p.json", "q.json"], 1, /^error: absent.zkey, file: .*No such file/],
  ])("refuses %j with exit code %i", async (args, expected, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr).toMatch(message);
  });

  it("leaves nothing behind when it fails", async () => {
    writeFileSync(join(cache.directory, "wrong.wtns"), changed((bytes) => (bytes[bytes.length - 32]! ^= 1)));
    const before = readdirSync(cache.directory).sort();
    const { code, stderr } = await run(files.zkey, "wrong.wtns", "none.json", "none-public.json");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .*does not verify.*\n$/)]);
    const { code: unwritable } = await run(files.zkey, "witness.wtns", "proof-2.json", "absent-folder/public.json");
    expect(unwritable).toBe(1);
    expect(readdirSync(cache.directory).sort()).toEqual(before);
  });

  it("replaces no pipe, link or folder, and waits for no pipe's writer", async () => {
    const at = (name: string) => join(cache.directory, name);
    execFileSync("mkfifo", [at("pipe")]);
    symlinkSync("witness.wtns", at("link"));
    mkdirSync(at("folder"));
    const kinds = () => ["pipe", "link", "folder"].map((name) => lstatSync(at(name)).mode);
    const before = kinds();
    for (const name of ["pipe", "link", "folder"]) {
      for (const outputs of [[name, "unwritten.json"], ["unwritten.json", name]]) {
        expect(await run(files.zkey, "witness.wtns", ...outputs)).toEqual({ code: 1, stdout: "", stderr: `error: ${name}, file: exists and is not a regular file; it is not replaced\n` });
      }
    }
    expect(kinds()).toEqual(before);
    expect(existsSync(at("unwritten.json"))).toBe(false);
    expect(await run(files.zkey, "pipe", "unwritten.json", "unwritten-public.json")).toMatchObject({ code: 1, stderr: expect.stringMatching(/pipe, file: is not a regular file/) as string });
  });
});
