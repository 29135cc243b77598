import { describe, expect, it } from "vitest";
import type { ListedInstrument } from "../../src/market/market-snapshot.js";
import { computeMargin, FACTOR_ONE, type Margin } from "../../src/risk/margin.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { optionMarkets } from "../quality/markets.js";
import { payloadOf, policyAt, smallMarket, withoutHistory } from "./payloads.js";

const DAY = 86_400;
const small = withoutHistory(smallMarket(optionMarkets(["20251230T173115Z"])[0]!.market));
const expiry = small.time + 30 * DAY;
const perpetual = small.instruments.find(({ asset, kind }) => asset === "BTC" && kind === "perpetual")!;
// A month's basis of 0.3 %.
const forward = (1.003 * Number(perpetual.forward)).toFixed(2);
const common = { asset: "BTC", tick: "0.01", lot: "0.0001", status: "live", forward, expiry } as const;
const option = (id: number, optionType: "call" | "put", strike: string): ListedInstrument => ({ ...common, id, name: `X-${optionType}-${strike}`, kind: "option", optionType, strike, volatility: "0.45" });
const extra: ListedInstrument[] = [
  { ...common, id: 4_000_001, name: "X-FUTURE", kind: "future" },
  option(4_000_002, "call", "90000"), option(4_000_003, "put", "90000"), option(4_000_004, "call", "80000"), option(4_000_005, "put", "80000"),
];
const market = { ...small, instruments: [...small.instruments, ...extra] };
const payload = payloadOf(market, policyAt({ BTC: 0.5, ETH: 0.75 }, 1024));
const { byName, byId } = indexInstruments(payload);

/** Slots are left as they are: a long and a short of one instrument stay two slots. */
function marginOfSlots(of: RiskPayload, slots: readonly (readonly [name: string, lots: bigint])[]): Margin {
  const holdings = slots.map(([name, quantity]) => ({ location: byName.get(name)!, quantity }));
  return computeMargin(of, { cash: 0n, holdings }, { factor: FACTOR_ONE, collateral: 0n });
}

const grossLots = (slots: readonly (readonly [string, bigint])[]) => slots.reduce((sum, [, lots]) => sum + (lots < 0n ? -lots : lots), 0n);
const buffered = (loss: bigint) => (loss * (FACTOR_ONE + payload.buffer) + FACTOR_ONE - 1n) / FACTOR_ONE;
const LOTS = 25_000n;

describe("an exact hedge", () => {
  it.each(market.instruments.map(({ name }) => name))("long and short of %s leaves its charges and one value unit a short lot, to the unit", (name) => {
    const margin = marginOfSlots(payload, [[name, LOTS], [name, -LOTS]]);
    const { longCharge, shortCharge } = byName.get(name)!.instrument;
    expect([margin.shortfall.es, margin.worst.worst, margin.liquidity]).toEqual([0n, 0n, 0n]);
    expect(margin.maintenance).toBe(buffered(LOTS) + LOTS * (longCharge + shortCharge));
    // Marks cancel; equity gives back the same value unit a lot.
    expect(margin.equity).toBe(-LOTS);
  });

  // Undiscounted: call - put = F - K, and a box is K2 - K1 wherever the market goes.
  it.each([
    ["call, put and future by parity", [["X-call-90000", LOTS], ["X-put-90000", -LOTS], ["X-FUTURE", -LOTS]]],
    ["the reverse of it", [["X-call-90000", -LOTS], ["X-put-90000", LOTS], ["X-FUTURE", LOTS]]],
    ["a long box", [["X-call-80000", LOTS], ["X-put-80000", -LOTS], ["X-call-90000", -LOTS], ["X-put-90000", LOTS]]],
    ["a short box", [["X-call-80000", -LOTS], ["X-put-80000", LOTS], ["X-call-90000", LOTS], ["X-put-90000", -LOTS]]],
  ] as const)("%s leaves charges, liquidity and rounding lots", (_, slots) => {
    const margin = marginOfSlots(payload, slots);
    const loss = margin.shortfall.es > margin.worst.worst ? margin.shortfall.es : margin.worst.worst;
    expect(loss).toBeLessThanOrEqual(grossLots(slots));
    expect(margin.maintenance).toBe(buffered(loss + margin.shortLots) + margin.liquidity + margin.charges);
    // The deltas are floored a lot: at most one value unit each is left of the forward.
    expect(margin.exposures[0]!.dollarDelta <= grossLots(slots) && margin.exposures[0]!.dollarDelta >= -grossLots(slots)).toBe(true);
    expect(margin.liquidity).toBeLessThanOrEqual(1n);
  });

  it("future against perpetual leaves the basis and its carry, nothing of the spot move", () => {
    const slots = [["X-FUTURE", LOTS], [perpetual.name, -LOTS]] as const;
    const margin = marginOfSlots(payload, slots);
    const [long, short] = [byId.get(4_000_001)!.instrument.mark, byId.get(perpetual.id)!.instrument.mark];
    // Carry shock: 5 % a year over 30 days, on a forward at most three times as high; basis: the difference of the two forwards times the move.
    const carry = 3 * Number(long) * 0.05 * (30 / 365) + 2 * Math.abs(Number(long - short));
    for (const loss of margin.losses) expect(Math.abs(Number(loss))).toBeLessThanOrEqual(Number(LOTS) * (carry + 2));
    const naked = marginOfSlots(payload, [["X-FUTURE", LOTS]]);
    expect(10n * margin.maintenance).toBeLessThan(naked.maintenance);
  });
});
