/**
 * The main job, end to end: option chain -> risk payload -> margin -> proof -> accepted on chain, and three forgeries refused.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { chooseBackend } from "../../prover/backends/select.js";
import { projectRoot } from "../../prover/project-root.js";
import { snarkjsForm } from "../../prover/proof-file.js";
import { proveMargin } from "../../prover/prove-margin.js";
import { createProver } from "../../prover/prover.js";
import { printMargin } from "../cli/margin.js";
import { printLine, printTable, utc } from "../cli/output.js";
import { startProgress } from "../cli/progress.js";
import { reportError } from "../cli/report-error.js";
import { printStatement } from "../cli/statement.js";
import { openTierKey, tierFor, tierOf } from "../cli/tier-key.js";
import { importMarket } from "../market/import-market.js";
import { buildRiskModel } from "../policy/build-risk-model.js";
import { defaultPolicy } from "../policy/policy.js";
import { attestationsIn, marginProof } from "../relayer/margin-client.js";
import { requiredFactor } from "../relayer/policy-client.js";
import { buildPayload } from "../risk/build-payload.js";
import { computeMargin, FACTOR_ONE } from "../risk/margin.js";
import { parsePortfolio } from "../risk/portfolio.js";
import { indexInstruments } from "../risk/risk-payload.js";
import { saltForCommitment } from "../risk/salt-file.js";
import { deriveIndices } from "../signer/derive-indices.js";
import { prepareProof } from "../witness/circuit-input.js";
import { discloseSignal } from "../witness/public-signals.js";
import { marketSource } from "./market-source.js";
import { refusal, startLocalChain, SUPERSEDED_AFTER } from "./on-chain.js";
import { samplePortfolio } from "./sample-portfolio.js";

const DISCLOSE = { requirement: true, equity: true };
/** What no market says of an asset: nobody uses the protocol yet, and no other one is under stress. */
const CALM = { utilisation: "0", contagion: "0" };

async function demo(marketFile: string | undefined, tierName: string | undefined, folder: string): Promise<void> {
  if (tierName !== undefined) tierOf(tierName);
  const clock = stopwatch();

  heading("1. Market: an option chain and its price history");
  const { description, request } = marketSource(join(projectRoot(), "../shared/data"), marketFile);
  const { snapshot, report } = importMarket(request);
  printLine(`${description}: ${report.rows} rows, ${report.instruments.live} instruments listed, ${report.notListed.length} rows not listed, at ${utc(snapshot.time)}`);
  clock.lap("import market");

  heading("2. Risk payload: every instrument revalued at 56 grid nodes, 192 joint scenarios, one root");
  const building = startProgress("risk payload", 4);
  const { payload, tree } = buildPayload(snapshot, buildRiskModel(snapshot, defaultPolicy), (stage, done, total) =>
    building.update((stage === "price" ? 0 : 0.5) + (0.5 * done) / total));
  building.finish();
  printLine(`riskRoot 0x${tree.riskRoot.toString(16)} over ${payload.buckets.length} risk buckets`);
  clock.lap("build risk payload");

  heading("3. Margin of a sample portfolio");
  const file = samplePortfolio(snapshot, payload);
  printTable(["instrument", "quantity"], file.positions.map(({ instrument, quantity }) => [instrument, quantity]), [1]);
  printLine(`cash ${file.cash} ${payload.quoteCurrency}`);
  const portfolio = parsePortfolio(JSON.stringify(file), payload, indexInstruments(payload));
  const terms = { factor: FACTOR_ONE, collateral: 0n };
  clock.start();
  const margin = computeMargin(payload, portfolio, terms);
  clock.lap("compute margin");
  printMargin(payload, margin, terms.factor);

  heading("4. Circuit and key (built at first use, found in the cache afterwards)");
  const tier = tierFor(portfolio, tierName);
  const tierKey = await openTierKey(tier.name);
  const { statistics } = tierKey.circuit;
  printLine(`tier ${tier.name}: ${tier.positions} positions, ${tier.buckets} risk buckets, ${statistics.constraints} constraints of at most ${2 ** statistics.domainPower}`);
  printLine(`key ${tierKey.key.hash}${tierKey.key.development ? " (development key: its secrets are public)" : ""}`);
  clock.lap("circuit and key");

  heading("5. A chain: anvil, the protocol's contracts, a header that two of three oracle signers sign, the policy, the registered book");
  const starting = startProgress("contracts compiled at first use, anvil started, deployed", 30);
  const chain = await startLocalChain(tierKey, snapshot.assets.length, snapshot.time);
  starting.finish();
  try {
    const salt = saltForCommitment(portfolio, join(folder, "book.salt"));
    const assets = deriveIndices(snapshot, defaultPolicy, Object.fromEntries(snapshot.assets.map(({ symbol }) => [symbol, CALM])));
    const header = { epoch: BigInt(payload.epoch), time: BigInt(snapshot.time), riskRoot: tree.riskRoot, assets };
    await chain.publish(header);
    await chain.register(portfolio, salt);
    const { addresses, policyVersion } = chain.deployment;
    printTable(["contract", "address"], Object.entries(addresses));
    const multiplier = await requiredFactor(chain.provider, addresses.PolicyRegistry);
    printLine(`policy version ${policyVersion} is active: stress multiplier ${(Number(multiplier) / Number(FACTOR_ONE)).toFixed(4)}`);
    clock.lap("start chain, deploy");

    heading("6. Proof");
    const first = await chain.prepare({ collateral: terms.collateral, disclose: discloseSignal(DISCLOSE) });
    const { backend, why } = chooseBackend();
    printLine(`prover: ${backend.name} (${why})`);
    const proving = startProgress("proof");
    const prover = createProver(backend);
    const statement = { factor: first.terms.factor, collateral: terms.collateral, context: first.context, disclose: DISCLOSE };
    const proof = await proveMargin(prover, tierKey, prepareProof(payload, tree, portfolio, salt, statement, tier), {
      onProgress: (fraction) => proving.update(fraction),
    });
    proving.finish();
    printStatement(proof, payload.quoteCurrency);
    clock.record("witness", proof.times.witnessMs);
    clock.record("prove and check", proof.times.proveMs);

    heading("7. The contract accepts it, and refuses what is not it");
    const { demand } = first;
    const sent = marginProof(first, snarkjsForm(proof));
    clock.start();
    const tampered = await refusal(() => chain.attest(demand, { ...sent, disclosedRequirement: sent.disclosedRequirement - payload.granularity }));
    const receipt = await chain.attest(demand, sent);
    clock.lap("attest");
    const attested = attestationsIn(receipt, addresses.MarginVerifier)[0]!;
    const replayed = await refusal(() => chain.attest(demand, sent));
    // A later header supersedes the root; a fresh proof against the old one would come too late.
    await chain.publish({ ...header, epoch: header.epoch + 1n, time: header.time + 1n, riskRoot: header.riskRoot + 1n });
    await chain.wait(SUPERSEDED_AFTER);
    const stale = await refusal(() => chain.attest(demand, { ...sent, nonce: sent.nonce + 1n }));
    printTable(["what is sent", "answer"], [
      ["the proof", `accepted: requirement ${attested.requirement}, equity ${attested.equity} value units, healthy ${attested.healthy}`],
      ["the proof, tampered with: a lower requirement", `refused: ${tampered}`],
      ["the same proof again", `refused: ${replayed}`],
      ["a proof against a superseded root", `refused: ${stale}`],
    ]);

    heading("Summary");
    printTable(["stage", "time"], clock.laps().map(({ stage, ms }) => [stage, ms < 100 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`]), [1]);
    printTable(["measure", "value"], [
      ["constraints", String(statistics.constraints)], ["wires", String(statistics.wires)], ["gas of the accepting transaction", String(receipt.gasUsed)],
    ], [1]);
  } finally {
    await chain.stop();
  }
}

function heading(text: string): void {
  printLine(`\n${text}`);
}

function stopwatch() {
  const laps: { stage: string; ms: number }[] = [];
  let last = performance.now();
  return {
    start: () => void (last = performance.now()),
    lap: (stage: string) => {
      laps.push({ stage, ms: performance.now() - last });
      last = performance.now();
    },
    record: (stage: string, ms: number) => {
      laps.push({ stage, ms });
      last = performance.now();
    },
    laps: () => laps,
  };
}

const program = new Command("demo")
  .description("the main job end to end, on a real option chain where one is there")
  .option("--market <file>", "option chain to use")
  .option("--tier <tier>", "circuit tier (default: the smallest that holds the sample portfolio)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: { market?: string; tier?: string }) => {
    const folder = mkdtempSync(join(tmpdir(), "zkmargin-demo-"));
    // The salt is in it: removed however this ends.
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) process.once(signal, () => process.exit(code));
    await demo(options.market, options.tier, folder);
  });

try {
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  reportError(error);
  process.exit(2);
}
