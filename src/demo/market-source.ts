/**
 * The demonstration's market: the file given, with the history that lies beside it if there is any, a real chain of ../shared/data if that folder is there, else a generated one of the
 * same size and format.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { EXAMPLE_ASSETS, EXAMPLE_CHAIN_FILE, exampleChain, exampleHistory, examplePerpetuals } from "../market/example-chain.js";
import type { ImportRequest, SourceFile } from "../market/import-market.js";

export interface MarketSource {
  readonly description: string;
  readonly request: ImportRequest;
}

export function marketSource(dataFolder: string, file: string | undefined): MarketSource {
  if (file !== undefined) {
    const folder = dirname(file);
    const beside = companions(folder, folder);
    return { description: file, request: { chain: source(file), ...(beside.history === undefined ? shared(dataFolder) : beside) } };
  }
  const options = join(dataFolder, "options");
  const chains = existsSync(options) ? readdirSync(options).filter((name) => /^deribit_options_snapshot_.*\.csv$/.test(name)).sort() : [];
  // The oldest one: the price history reaches up to it.
  if (chains[0] !== undefined) {
    return { description: `real Deribit chain ${chains[0]}`, request: { chain: source(join(options, chains[0])), ...shared(dataFolder) } };
  }
  return {
    description: "generated example chain (no ../shared/data here)",
    request: {
      chain: { name: EXAMPLE_CHAIN_FILE, text: exampleChain() },
      history: EXAMPLE_ASSETS.map((asset) => ({ name: `${asset}USDT_1d.csv`, asset, text: exampleHistory(asset) })),
      futures: [{ name: "perpetuals.csv", text: examplePerpetuals() }],
    },
  };
}

function shared(dataFolder: string): Companions {
  return companions(join(dataFolder, "prices"), join(dataFolder, "futures"));
}

type Companions = Pick<ImportRequest, "history" | "futures">;

/** Price history and perpetual marks, where there are any. */
function companions(historyFolder: string, futuresFolder: string): Companions {
  const history = ["BTC", "ETH"].map((asset) => join(historyFolder, `${asset}USDT_1d.csv`)).filter((path) => existsSync(path));
  const perpetuals = join(futuresFolder, "perpetual_futures_prices.csv");
  return {
    ...(history.length > 0 ? { history: history.map(source) } : {}),
    ...(existsSync(perpetuals) ? { futures: [source(perpetuals)] } : {}),
  };
}

function source(path: string): SourceFile {
  return { name: basename(path), text: readFileSync(path, "utf8") };
}
