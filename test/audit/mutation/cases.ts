/**
 * What is true of each template: inputs with the outputs that SPEC.md gives them, and inputs that no witness may exist for. A circuit that takes one of the
 * latter, or gives other outputs, proves something false.
 */
import { packLanes, toField } from "../../../src/math/field.js";
import { ceilDiv, floorDiv, max } from "../../../src/math/fixed-point.js";
import { poseidon } from "../../../src/math/poseidon.js";
import { expectedShortfall } from "../../../src/risk/expected-shortfall.js";
import type { Inputs } from "../compile.js";
import { BUCKET_CASES, COMMITMENT_CASES, INSTRUMENT_CASES, ROOT_CASES } from "./hashed-cases.js";

export interface Case {
  readonly inputs: Inputs;
  /** Absent: no witness may exist. */
  readonly outputs?: readonly bigint[];
}

const fieldElements = (values: readonly bigint[]) => values.map(toField);
const accepted = (inputs: Inputs, outputs: readonly bigint[]): Case => ({ inputs, outputs: fieldElements(outputs) });
const refused = (inputs: Inputs): Case => ({ inputs });

function ceilDivPow2(shift: bigint, bits: bigint): Case[] {
  const one = 1n << shift;
  const values = [0n, 1n, one - 1n, one, one + 1n, (one << bits) - one, 1n - one];
  const beyond = [(one << bits) - one + 1n, -one, -one - 1n];
  return [...values.map((value) => accepted({ in: toField(value) }, [ceilDiv(value, one)])), ...beyond.map((value) => refused({ in: toField(value) }))];
}

function ceilDivision(divisorBits: bigint, bits: bigint): Case[] {
  const [top, half] = [(1n << divisorBits) - 1n, 1n << (bits - 1n)];
  const values = [[7n, 3n], [-7n, 3n], [6n, 3n], [0n, 1n], [0n, top], [(half - 1n) * top, top], [-half * top, top], [-half * top + 1n, top], [half - 1n, 1n], [-half, 1n]] as const;
  const beyond = [[(half - 1n) * top + 1n, top], [-half * top - top, top], [half, 1n], [-half - 1n, 1n], [1n, 2n * top + 2n]] as const;
  return [
    ...values.map(([x, divisor]) => accepted({ in: toField(x), divisor }, [ceilDiv(x, divisor), ceilDiv(x, divisor) * divisor])),
    ...beyond.map(([x, divisor]) => refused({ in: toField(x), divisor })),
  ];
}

function lanes(): Case[] {
  const edge = 1n << 62n;
  const top = (1n << 252n) - packLanes([0n, 0n, 0n, 0n]) - edge * (1n + (1n << 63n) + (1n << 126n) + (1n << 189n));
  return [
    ...[[0n, 0n, 0n, 0n], [1n, -2n, 3n, -4n], [edge - 1n, -edge, edge - 1n, -edge], [-edge, edge - 1n, -edge, edge - 1n]].map((each) => accepted({ packed: packLanes(each) }, each)),
    refused({ packed: top }), refused({ packed: toField(-edge * (1n + (1n << 63n) + (1n << 126n) + (1n << 189n)) - 1n) }),
  ];
}

function gridPnl(): Case[] {
  const deltas = [0n, 1n].map((i) => Array.from({ length: 14 }, (_, j) => [0n, 1n, 2n, 3n].map((r) => (i === 0n ? 1n : -3n) * (100n * BigInt(j) - 650n + r))));
  const linear = [[900n, 70n, 5n, 0n], [-40n, 800n, 6n, 0n]];
  const signedQuantity = [12n, -5n];
  const run = (inBucket: readonly (readonly bigint[])[]) => {
    const sum = (b: number, value: (i: number) => bigint) => signedQuantity.reduce((total, q, i) => total + inBucket[i]![b]! * q * value(i), 0n);
    const pnl = [0, 1].flatMap((b) => [0, 1, 2, 3].flatMap((r) => Array.from({ length: 14 }, (_, j) => sum(b, (i) => deltas[i]![j]![r]!))));
    const attributes = [0, 1, 2].flatMap((k) => [0, 1].map((b) => sum(b, (i) => linear[i]![k]!)));
    return accepted(
      { signedQuantity: fieldElements(signedQuantity), inBucket, gridElement: deltas.map((each) => each.map(packLanes)), linearElement: linear.map(packLanes) }, [...pnl, ...attributes],
    );
  };
  return [run([[1n, 0n], [0n, 1n]]), run([[0n, 1n], [0n, 1n]]), run([[1n, 0n], [1n, 0n]])];
}

function scenarioColumn(): Case[] {
  const pnl = [0, 1, 2, 3].map((r) => Array.from({ length: 14 }, (_, j) => BigInt(1000 * r + j + 1)));
  const bitsOf = (node: number) => [0, 1, 2, 3].map((i) => (node >> i) & 1);
  const run = (nodes: readonly number[]) =>
    accepted({ nodeBit: nodes.map(bitsOf), pnl }, [
      ...nodes.map((node, s) => pnl[Math.floor(s / 2)]![node] ?? 0n), ...[0, 1, 2, 3].map((r) => BigInt(nodes[2 * r]! + 16 * nodes[2 * r + 1]!)),
    ]);
  const nodes = [0, 13, 14, 15, 5, 10, 7, 8];
  const forged = nodes.flatMap((node, s) => [0, 1, 2, 3].flatMap((i) => [2, -1].map((value) => refused({
    nodeBit: nodes.map((each, t) => (t === s ? bitsOf(node).map((bit, k) => (k === i ? toField(BigInt(value)) : bit)) : bitsOf(each))), pnl,
  }))));
  return [run(nodes), run([15, 14, 13, 12, 3, 2, 1, 0]), ...forged];
}

function shortfall(): Case[] {
  const certified = (losses: readonly bigint[], weights: readonly number[], tail: bigint, changes: Inputs = {}) => {
    const { threshold, inTail, boundary } = expectedShortfall(losses, weights, tail);
    return {
      loss: fieldElements(losses), weight: weights, tail, threshold: toField(threshold), inTail: inTail.map(Number),
      boundary: losses.map((_, s) => Number(s === boundary)), ...changes,
    };
  };
  const honest = (losses: readonly bigint[], weights: readonly number[], tail: bigint) =>
    accepted(certified(losses, weights, tail), [expectedShortfall(losses, weights, tail).es]);
  const [losses, weights, edge] = [[50n, 90n, -20n, 50n], [5, 3, 8, 2], 1n << 62n];
  const lie = (changes: Inputs, tail = 6n) => refused(certified(losses, weights, tail, changes));
  return [
    honest(losses, weights, 6n), honest(losses, weights, 18n), honest(losses, weights, 1n), honest([-3n, -3n, -4n, -5n], [0, 7, 0, 9], 8n),
    honest([edge, -edge, edge - 1n, 0n], [1_048_575, 1_048_575, 1, 0], 1_048_576n),
    lie({ threshold: toField(-20n), boundary: [0, 0, 1, 0] }), lie({ threshold: 90, inTail: [0, 0, 0, 0], boundary: [0, 1, 0, 0] }),
    lie({ inTail: [1, 0, 0, 0] }), lie({ boundary: [1, 0, 0, 1] }), lie({ boundary: [0, 0, 0, 0] }), lie({ threshold: 51 }),
    lie({ weight: [5, 3 + 2 ** 20, 8, 2] }), lie({ weight: [5, toField(-1n), 8, 2] }), lie({ inTail: [0, 2, 0, 0] }),
    refused(certified([-edge, edge, 0n, -edge], [9, 9, 9, 9], 3n, { loss: [toField(-(1n << 63n)), 1n << 63n, 0n, 0n], threshold: 0, inTail: [0, 1, 0, 0], boundary: [0, 0, 1, 0] })),
    refused(certified(losses, [5, 1 << 20, 8, 2], 6n)), refused(certified([edge, -edge, 0n, 0n], weights, 1n)), refused(certified(losses.map(() => 2n * edge), weights, 6n)),
    // Theta and the rest of the boundary's weight have 20 bits.
    refused(certified([0n, 0n, 0n, 0n], [1 << 20, 1 << 20, 1, 1], BigInt(1 << 20))),
  ];
}

function worstLoss(): Case[] {
  const honest = (losses: readonly bigint[], damping: readonly number[]) =>
    accepted({ loss: fieldElements(losses), damping }, [losses.map((loss, k) => ceilDiv(BigInt(damping[k]! + 1) * loss, 1024n)).reduce(max, 0n)]);
  const edge = 1n << 62n;
  return [
    honest([100n, 30n, -7n], [511, 1023, 1023]), honest([1n, 30n, 7n], [511, 1023, 0]), honest([1n, 3n, 70n], [511, 0, 1023]), honest([-1n, -30n, -7n], [511, 1023, 1023]),
    honest([edge - 1n, 1n - edge, 0n], [1023, 1023, 0]), honest([1n - edge, edge - 1n, edge - 1n], [1023, 1023, 1023]),
    ...[0, 1, 2].flatMap((k) => [1024n, toField(-1n)].map((value) => refused({ loss: [5, 6, 7], damping: [10n, 20n, 30n].map((field, i) => (i === k ? value : field)) }))),
    refused({ loss: [1n << 63n, 0, 0], damping: [1023, 0, 0] }), refused({ loss: [0, toField(-(1n << 63n)), 1], damping: [0, 1023, 1023] }),
    refused({ loss: [(1n << 73n) - 1n, 0, 0], damping: [0, 0, 0] }),
    // Not below 0, whatever the rows.
    refused({ loss: [toField(-(1n << 63n)), toField(-(1n << 63n)), toField(-(1n << 63n))], damping: [1023, 1023, 1023] }),
  ];
}

function liquidity(): Case[] {
  const run = (asset: readonly bigint[], dollarDelta: readonly bigint[], vega: readonly bigint[]) => {
    const [delta, lambda] = [asset.map((each) => each * 1_000_003n << 20n), asset.map((each) => each * 999_983n << 21n)];
    const assets = [...new Set(asset)].map((each) => delta[asset.indexOf(each)]! * dollarDelta.filter((_, b) => asset[b] === each).reduce((sum, d) => sum + d, 0n) ** 2n);
    const cost = [...assets, ...vega.map((v, b) => lambda[b]! * v * v)].reduce((sum, each) => sum + each, 0n);
    return accepted({ asset, lambdaDelta: delta, lambdaVega: lambda, dollarDelta: fieldElements(dollarDelta), vega: fieldElements(vega) }, [ceilDiv(cost, 1n << 80n)]);
  };
  const books = [[70n << 30n, -20n << 30n, 55n << 31n], [-(1n << 40n), 1n << 40n, 3n << 35n]] as const;
  const one = { asset: [1, 2, 3], lambdaVega: [0, 0, 0], vega: [0, 0, 0] };
  return [
    ...[[1n, 1n, 1n], [1n, 2n, 3n], [1n, 1n, 2n], [1n, 2n, 2n], [0n, 0n, 7n]].flatMap((asset) => books.map((book) => run(asset, book, [...book].reverse()))),
    accepted({ ...one, lambdaDelta: [(1n << 64n) - 1n, 0, 0], dollarDelta: [1n << 48n, 0, 0] }, [ceilDiv(((1n << 64n) - 1n) << 96n, 1n << 80n)]),
    refused({ ...one, lambdaDelta: [1n << 63n, 1n << 63n, 0], dollarDelta: [1n << 48n, 1n << 48n, 0] }),
    refused({ ...one, lambdaDelta: [1n << 40n, 0, 0], dollarDelta: [1n << 60n, 0, 0] }),
  ];
}

function maintenance(): Case[] {
  const parts = { shortLots: 100n, buffer: 6553n, liquidity: 30n, charges: 20n };
  const honest = (es: bigint, worst: bigint) => accepted({ ...parts, es: toField(es), worst }, [ceilDiv((65_536n + parts.buffer) * (max(es, worst) + parts.shortLots), 65_536n) + 50n]);
  const edge = 1n << 63n;
  return [
    honest(1000n, 999n), honest(999n, 1000n), honest(-5n, 0n), honest(7n, 7n), honest(edge - 1n, 0n), honest(1n - edge, edge - 1n),
    // Out of the range of the difference, either way.
    refused({ ...parts, es: 1n << 64n, worst: 0 }), refused({ ...parts, es: toField(-(1n << 64n)), worst: 1n }), refused({ ...parts, es: 1n << 65n, worst: 1n << 64n }),
    refused({ ...parts, es: (1n << 66n) - 1n, worst: (1n << 66n) - 1n }), refused({ ...parts, es: toField(-200n), worst: toField(-200n - 65_536n) }),
  ];
}

function terms(): Case[] {
  const pack = (factor: bigint, disclose: bigint, collateral: bigint) => factor + (disclose << 24n) + (collateral << 26n);
  const values = [[65_536n, 3n, 5_000_000n], [(1n << 24n) - 1n, 0n, 0n], [0n, 1n, (1n << 72n) - 1n], [1n, 2n, 1n << 71n]] as const;
  return [
    ...values.map(([factor, disclose, collateral]) => accepted({ terms: pack(factor, disclose, collateral) }, [factor, disclose & 1n, disclose >> 1n, collateral])),
    refused({ terms: 1n << 98n }), refused({ terms: (1n << 98n) + 1n }), refused({ terms: toField(-1n) }),
  ];
}

function disclosure(): Case[] {
  const honest = (maintenance: bigint, factor: bigint, equity: bigint, granularity: bigint, disclose: readonly bigint[]) => {
    const requirement = ceilDiv(factor * maintenance, 65_536n);
    return accepted({ maintenance, factor, equity: toField(equity), granularity, disclose }, [
      equity >= requirement ? 1n : 0n, disclose[0]! * ceilDiv(requirement, granularity) * granularity, disclose[1]! * ((1n << 100n) + floorDiv(equity, granularity) * granularity),
    ]);
  };
  const both = [1n, 1n];
  return [
    honest(1001n, 85_197n, 5000n, 100n, both), honest(1001n, 85_197n, 1302n, 1n, both), honest(1001n, 85_197n, 1301n, 1n, both), honest(1001n, 65_536n, 1001n, 7n, [1n, 0n]),
    honest(1001n, 65_537n, -1001n, 7n, [0n, 1n]), honest(0n, 0n, 0n, 1n, [0n, 0n]), honest((1n << 81n) - 1n, (1n << 24n) - 1n, -(1n << 75n) + 1n, (1n << 40n) - 1n, both),
    honest((1n << 81n) - 1n, (1n << 24n) - 1n, (1n << 75n) - 1n, 1n, both),
    ...[[1n << 92n, 0n], [0n, 1n << 91n], [0n, -(1n << 91n) - 1n], [1n << 90n, 5n]].map(([maintenance, equity]) =>
      refused({ maintenance: maintenance!, factor: 65_536n, equity: toField(equity!), granularity: 1n << 39n, disclose: [0, 0] })),
    refused({ maintenance: 5n, factor: 65_536n, equity: 9n, granularity: 1n << 41n, disclose: both }),
    refused({ maintenance: 65_537n, factor: toField(-1n), equity: 9n, granularity: 1n, disclose: both }),
  ];
}

export const CASES: Readonly<Record<string, readonly Case[]>> = {
  "Poseidon(2)": [[0n, 0n], [1n, 2n], [toField(-1n), 7n]].map((inputs) => accepted({ inputs }, [poseidon(inputs)])),
  "CeilDivPow2(3, 4)": ceilDivPow2(3n, 4n),
  "CeilDiv(3, 4)": ceilDivision(3n, 4n),
  "Select(2)": [0, 1, 2, 3].map((k) => accepted({ value: [10, 20, 30, 40], bit: [k & 1, k >> 1] }, [BigInt(10 * (k + 1))])),
  "Booleans(2)": [accepted({ in: [0, 1] }, []), accepted({ in: [1, 0] }, []), ...[2n, toField(-1n)].flatMap((value) => [refused({ in: [value, 0] }), refused({ in: [0, value] })])],
  "StrictlyIncreasing(3)": [
    ...[[0, 1, 2], [0, 62, 63], [5, 6, 63]].map((index) => accepted({ index }, [])), ...[[1, 1, 2], [2, 1, 3], [63, 0, 1], [4, 6, 6], [4, 6, 5]].map((index) => refused({ index })),
    refused({ index: [0, 65, 66] }), refused({ index: [0, 1, 66] }),
  ],
  "UnpackLanes()": lanes(),
  "GridPnl(2, 2)": gridPnl(),
  "ScenarioColumn(8)": scenarioColumn(),
  "ExpectedShortfall(4)": shortfall(),
  "WorstLoss(3)": worstLoss(),
  "Liquidity(3)": liquidity(),
  "MaintenanceMargin()": maintenance(),
  "Terms()": terms(),
  "Disclosure()": disclosure(),
  "PortfolioCommitment(31)": COMMITMENT_CASES,
  "InstrumentOpening(2)": INSTRUMENT_CASES,
  "BucketOpening()": BUCKET_CASES,
  "RiskRoot(24, 20)": ROOT_CASES,
};
