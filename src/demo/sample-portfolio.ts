/**
 * A portfolio for any chain: in each of the two largest assets' buckets of about a month, a short strangle with a bought wing below.
 */
import type { ListedInstrument, MarketSnapshot } from "../market/market-snapshot.js";
import { parseDecimal } from "../math/fixed-point.js";
import { indexInstruments, type RiskPayload } from "../risk/risk-payload.js";

/** Strikes as a share of the forward, in percent, and quantities in contracts. */
const LEGS = [
  { type: "call", strike: 110n, quantity: "-2" },
  { type: "call", strike: 125n, quantity: "2" },
  { type: "put", strike: 90n, quantity: "-2" },
  { type: "put", strike: 80n, quantity: "3" },
] as const;
/** Contracts of ETH are smaller: this many for one of BTC. */
const SCALE: Readonly<Record<string, bigint>> = { ETH: 20n };
const TARGET_SECONDS = 21 * 86_400;

export interface PortfolioFile {
  readonly cash: string;
  readonly positions: readonly { readonly instrument: string; readonly quantity: string }[];
}

/** At most two buckets: one expiry an asset. */
export function samplePortfolio(snapshot: MarketSnapshot, payload: RiskPayload): PortfolioFile {
  const index = indexInstruments(payload);
  const positions = snapshot.assets.slice(0, 2).flatMap(({ symbol }) => {
    const options = snapshot.instruments.filter((listed) => listed.asset === symbol && listed.kind === "option" && listed.status === "live");
    const expiries = [...new Set(options.map(({ expiry }) => expiry!))];
    const distance = (expiry: number) => Math.abs(expiry - snapshot.time - TARGET_SECONDS);
    const expiry = expiries.sort((a, b) => distance(a) - distance(b))[0];
    const first = options.find((option) => option.expiry === expiry);
    // A crowded expiry may lie in two buckets: stay in the one of its first option.
    const bucket = first === undefined ? undefined : index.byName.get(first.name)?.bucket;
    const chain = options.filter((option) => option.expiry === expiry && index.byName.get(option.name)?.bucket === bucket);
    return LEGS.flatMap(({ type, strike, quantity }) => {
      const option = nearestStrike(chain.filter(({ optionType }) => optionType === type), strike);
      return option === undefined ? [] : [{ instrument: option.name, quantity: (BigInt(quantity) * (SCALE[symbol] ?? 1n)).toString() }];
    });
  });
  const seen = new Set<string>();
  return { cash: "60000.00", positions: positions.filter(({ instrument }) => !seen.has(instrument) && seen.add(instrument)) };
}

function nearestStrike(options: readonly ListedInstrument[], percent: bigint): ListedInstrument | undefined {
  const distance = (option: ListedInstrument) => {
    const gap = 100n * parseDecimal(option.strike!, 8) - percent * parseDecimal(option.forward!, 8);
    return gap < 0n ? -gap : gap;
  };
  return [...options].sort((a, b) => (distance(a) < distance(b) ? -1 : 1))[0];
}
