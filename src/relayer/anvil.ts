/**
 * A local chain for tests and demonstrations: one anvil process on a free port.
 */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../prover/project-root.js";

export interface AnvilOptions {
  /** Default 31337. */
  readonly chainId?: number;
  /** Unix seconds of the genesis block; default now. Blocks later get the time that has passed added. */
  readonly timestamp?: number;
  /** How long to wait for it to listen; default 20,000 ms. */
  readonly startTimeoutMs?: number;
}

export interface Anvil {
  readonly url: string;
  readonly chainId: number;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts anvil, with its well-known funded accounts, and resolves when it answers.
 * @throws AnvilStartError if the binary is missing, ends early, or takes too long.
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const binary = join(projectRoot(), "node_modules", ".bin", "anvil");
  if (!existsSync(binary)) throw new AnvilStartError("node_modules/.bin/anvil is missing: install the development dependencies");

  const chainId = options.chainId ?? 31337;
  // Port 0: the system picks a free one, and anvil says which.
  const args = ["--port", "0", "--chain-id", String(chainId), "--hardfork", "cancun"];
  if (options.timestamp !== undefined) args.push("--timestamp", String(options.timestamp));
  // A group of its own: the npm command is a launcher, and both have to end.
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    process.removeListener("exit", kill);
    kill();
    await exited;
  };
  function kill(): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It ended between the check and the signal.
    }
  }
  process.once("exit", kill);

  try {
    const address = await new Promise<string>((resolve, reject) => {
      const timeoutMs = options.startTimeoutMs ?? 20_000;
      const timer = setTimeout(() => reject(new AnvilStartError(`anvil did not listen within ${timeoutMs} ms`)), timeoutMs);
      let output = "";
      const read = (chunk: Buffer): void => {
        output += chunk.toString("utf8");
        const listening = /Listening on (\S+)/.exec(output);
        if (listening?.[1] === undefined) return;
        clearTimeout(timer);
        resolve(listening[1]);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.once("error", (error) => reject(new AnvilStartError(`anvil could not be started: ${error.message}`)));
      child.once("close", (code) => {
        clearTimeout(timer);
        reject(new AnvilStartError(`anvil ended with ${code} before it listened: ${output.slice(-500)}`));
      });
    });
    return { url: `http://${address}`, chainId, stop };
  } catch (error) {
    kill();
    throw error;
  }
}

export class AnvilStartError extends Error {
  override readonly name = "AnvilStartError";
}
