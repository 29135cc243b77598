import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultPolicy } from "../../src/policy/policy.js";
import { builtWorkspace, emptyWorkspace, filesIn, PORTFOLIO, type Workspace } from "./workspace.js";

/** What the runs may read; each has a folder of its own to write to. */
let inputs: Workspace;

const SETTLED = "BTC-9JAN26-90000-C";
const leg = (instrument: string, quantity: unknown) => ({ instrument, quantity });
const cash = (value: unknown) => JSON.stringify({ ...PORTFOLIO, cash: value });
const positions = (...legs: readonly unknown[]) => JSON.stringify({ cash: "1.00", positions: legs });

/** Files of `inputs`, by the name that the cases use. */
const FILES: Readonly<Record<string, string>> = {
  "good.json": JSON.stringify(PORTFOLIO),
  "not.json": "{",
  "unknown.json": positions(leg("BTC-30JAN26-1-C", "1")),
  "settled.json": positions(leg(SETTLED, "1")),
  "repeated.json": positions(leg("BTC-30JAN26-105000-C", "1"), leg("BTC-30JAN26-105000-C", "-1")),
  "lots.json": positions(leg("BTC-30JAN26-105000-C", "0.00005")),
  "zero.json": positions(leg("BTC-30JAN26-105000-C", "0.0")),
  "number.json": positions(leg("BTC-30JAN26-105000-C", 1)),
  "exponent.json": positions(leg("BTC-30JAN26-105000-C", "1e3")),
  "cash-decimals.json": cash("1.0000001"),
  "cash-number.json": cash(12500),
  "cash-size.json": cash("2361183241434822.606848"),
  "field.json": JSON.stringify({ ...PORTFOLIO, salt: "1" }),
  "fifteen.json": positions(...Array.from({ length: 15 }, (_, k) => leg(`BTC-30JAN26-${90_000 + 1000 * k}-C`, "1"))),
  "three-buckets.json": positions(leg("BTC-23JAN26-94000-P", "1"), leg("BTC-27FEB26-90000-P", "1"), leg("ETH-30JAN26-3000-C", "1")),
  "policy.json": JSON.stringify({ ...defaultPolicy, version: 7 }),
  "bars.csv": "time,open,high,low,close,quote_volume\n2025-12-29,1,1,2,1,1\n",
};

beforeAll(async () => {
  inputs = await builtWorkspace();
  for (const [name, content] of Object.entries(FILES)) inputs.write(name, content);
  execFileSync("mkfifo", [inputs.path("pipe")]);
  inputs.write("twice.json", '{"format":"zkmargin-policy-1","format":"zkmargin-policy-1"}');
  symlinkSync(inputs.path("older-proof.json.absent"), inputs.path("dangling.salt"));
  inputs.write("open.salt", '{"format":"zkmargin-salts-1","salts":[]}\n');
  chmodSync(inputs.path("open.salt"), 0o644);
  cpSync(inputs.path("risk"), inputs.path("settled"), { recursive: true });
  inputs.write("settled/payload.json", inputs.read("settled/payload.json").replace(/"settled": \[\]/, `"settled": ["${SETTLED}"]`));
  inputs.write("truncated-snapshot.json", inputs.read("snapshot.json").slice(0, 10_000));
  inputs.write("bad-chain.csv", inputs.read("chain.csv").replace(/,call,/, ",straddle,"));
});

afterAll(() => inputs?.remove());

/** Field, value and rule, as standard error has them: in one piece or in several. */
type Case = readonly [args: string, says: string | readonly string[]];

// @name is a file of `inputs`; other names are in the folder of the case, which has older-* files that must stay as they are.
const MARGIN = "margin --risk @risk --portfolio @good.json";
const COMMIT = "commit --risk @risk --salt new.salt";
const PROVE = "prove --risk @risk --portfolio @good.json --salt new.salt --out older-proof.json --disclose none --factor mm --context 0x1";

const cases: Readonly<Record<string, readonly Case[]>> = {
  "market import": [
    ["market import missing.csv --out older-snapshot.json", 'file "missing.csv" does not exist'],
    ["market import @risk --out older-snapshot.json", "risk\" cannot be read"],
    ["market import @not.json --out older-snapshot.json", "not.json"],
    ["market import @bad-chain.csv --out older-snapshot.json", '"straddle"'],
    ["market import @chain.csv --format xml --out older-snapshot.json", "argument 'xml' is invalid. Allowed choices are deribit-csv, deribit-json, snapshot"],
    ["market import @chain.csv --history missing.csv --out older-snapshot.json", '--history "missing.csv" does not exist'],
    ["market import @chain.csv --history BTC=missing.csv --out older-snapshot.json", '--history "missing.csv" does not exist'],
    ["market import @chain.csv --history @not.json --out older-snapshot.json", "not.json: does not name its asset"],
    ["market import @chain.csv --history BTC=@bars.csv --out older-snapshot.json", "low"],
    ["market import @chain.csv --futures missing.csv --out older-snapshot.json", '--futures "missing.csv" does not exist'],
    ["market import @chain.csv --previous missing.json --out older-snapshot.json", '--previous "missing.json" does not exist'],
    ["market import @chain.csv --previous @good.json --out older-snapshot.json", "snapshot: format absent"],
    ["market import @chain.csv --settlements missing.json --out older-snapshot.json", '--settlements "missing.json" does not exist'],
    ["market import @chain.csv --settlements @good.json --out older-snapshot.json", "good.json"],
    ["market import @chain.csv --epoch 0 --out older-snapshot.json", '--epoch "0" must be a whole number from 1'],
    ["market import @chain.csv --epoch 1e3 --out older-snapshot.json", '--epoch "1e3" must be a whole number from 1'],
    ["market import @chain.csv --out older-folder/notes.txt", '--out "older-folder/notes.txt" exists and is no zkmargin-market-snapshot-1 file: it will not be replaced'],
    ["market import @chain.csv --previous older-snapshot.json --out ./older-snapshot.json", '--out "./older-snapshot.json" must differ from --previous'],
    ["market import @chain.csv --out older-folder", '--out "older-folder" must be a file, not a folder'],
    ["market import @chain.csv --out missing/snapshot.json", '--out "missing/snapshot.json" must lie in a folder that exists'],
    ["market import @chain.csv --out older-proof.json/snapshot.json", "must lie in a folder that exists"],
    ["market import @chain.csv", "required option '--out <file>' not specified"],
    ["market import --out older-snapshot.json", "missing required argument 'file'"],
  ],
  "risk": [
    ["risk build --market missing.json --out older-risk", '--market "missing.json" does not exist'],
    ["risk build --market @risk --out older-risk", "cannot be read"],
    ["risk build --market @not.json --out older-risk", "JSON"],
    ["risk build --market @truncated-snapshot.json --out older-risk", "JSON"],
    ["risk build --market @good.json --out older-risk", "snapshot: format absent"],
    ["risk build --market @snapshot.json --policy missing.json --out older-risk", '--policy "missing.json" does not exist'],
    ["risk build --market @snapshot.json --policy @not.json --out older-risk", 'not.json" must be JSON'],
    ["risk build --market @snapshot.json --policy @twice.json --out older-risk", 'twice.json" must be plain JSON: no key twice'],
    ["risk build --market @snapshot.json --policy @policy.json --out older-risk", "version = 7: "],
    ["risk build --market @snapshot.json --out older-proof.json", '--out "older-proof.json" must be a folder, not a file'],
    ["risk build --market @snapshot.json --out missing/risk", '--out "missing/risk" must lie in a folder that exists'],
    ["risk build --market @snapshot.json --out older-folder", "older-folder: exists and is not a risk payload: it will not be replaced"],
    ["risk build --market @snapshot.json --out=", '--out "" must name a folder'],
    ["risk build --market @snapshot.json --out .", ".: is or holds the working folder: it will not be replaced"],
    ["risk build --market @snapshot.json", "required option '--out <dir>' not specified"],
    ["risk show missing", '"missing" does not exist'],
    ["risk show @good.json", "must be the folder of a risk payload"],
    ["risk show older-risk", "payload.json"],
    ["risk check missing --market @snapshot.json", 'dir "missing" has no payload.json'],
    ["risk check @risk --market missing.json", '--market "missing.json" does not exist'],
    ["risk check @risk --market @snapshot.json --policy @policy.json", "version = 7: "],
    ["risk check @risk", "required option '--market <file>' not specified"],
  ],
  "margin": [
    ["margin --risk missing --portfolio @good.json", '--risk "missing" does not exist'],
    ["margin --risk @good.json --portfolio @good.json", "must be the folder of a risk payload"],
    ["margin --risk older-risk --portfolio @good.json", "payload.json"],
    ["margin --risk @risk --portfolio missing.json", '--portfolio "missing.json" does not exist'],
    ["margin --risk @risk --portfolio @risk", "cannot be read"],
    ["margin --risk @risk --portfolio @not.json", "portfolio must be JSON"],
    ["margin --risk @risk --portfolio @unknown.json", ["positions.0.instrument", '"BTC-30JAN26-1-C"', "is unknown to this risk payload"]],
    ["margin --risk @settled --portfolio @settled.json", ["positions.0.instrument", `"${SETTLED}"`, "is settled: its value is in cash now"]],
    ["margin --risk @risk --portfolio @repeated.json", ["positions.1.instrument", '"BTC-30JAN26-105000-C"', "is repeated: one entry an instrument"]],
    ["margin --risk @risk --portfolio @lots.json", ["positions.0.quantity", '"0.00005"', "must be a whole number of lots of 0.0001"]],
    ["margin --risk @risk --portfolio @zero.json", ["positions.0.quantity", '"0.0"', "must not be zero"]],
    ["margin --risk @risk --portfolio @number.json", "positions.0.quantity"],
    ["margin --risk @risk --portfolio @exponent.json", ["positions.0.quantity", "must be a decimal string"]],
    ["margin --risk @risk --portfolio @cash-decimals.json", ["cash", '"1.0000001"', "has more than 6 decimals"]],
    ["margin --risk @risk --portfolio @cash-number.json", "cash"],
    ["margin --risk @risk --portfolio @cash-size.json", ["cash", '"2361183241434822.606848"', "must lie in [-2^71, 2^71)"]],
    ["margin --risk @risk --portfolio @field.json", 'Unrecognized key: "salt"'],
    [`${MARGIN} --factor 0x1`, '--factor "0x1" must be mm, im or a decimal'],
    [`${MARGIN} --factor -1`, '--factor "-1" must be mm, im or a decimal'],
    [`${MARGIN} --factor 300`, '--factor "300" must be below 256'],
    [`${MARGIN} --factor 255.999999`, '--factor "255.999999" must be below 256'],
    [`${MARGIN} --collateral -5`, '--collateral "-5" must be a non-negative decimal'],
    [`${MARGIN} --collateral 1e3`, '--collateral "1e3" must be a non-negative decimal'],
    [`${MARGIN} --collateral 1.0000000`, '--collateral "1.0000000" must be a non-negative decimal with at most 6 decimals'],
    [`${MARGIN} --collateral 4722366482869645.213696`, '--collateral "4722366482869645.213696" must be below 2^72'],
    ["margin --risk @risk", "required option '--portfolio <file>' not specified"],
  ],
  "commit": [
    [`${COMMIT} --portfolio @unknown.json`, "is unknown to this risk payload"],
    [`${COMMIT} --portfolio missing.json`, '--portfolio "missing.json" does not exist'],
    ["commit --risk @risk --portfolio @good.json --salt @open.salt", "open.salt must have mode 0600"],
    ["commit --risk @risk --portfolio @good.json --salt older-proof.json", "older-proof.json"],
    ["commit --risk @risk --portfolio @good.json --salt missing/new.salt", "missing/new.salt"],
    ["commit --portfolio @good.json", "required option '--risk <dir>' not specified"],
  ],
  "prove": [
    [`${PROVE} --disclose everything`, '--disclose "everything" must be none, requirement, equity or requirement,equity'],
    [`${PROVE} --disclose requirement,requirement`, '--disclose "requirement,requirement" must be'],
    [`${PROVE} --factor 0x1`, '--factor "0x1" must be'],
    [`${PROVE} --factor -1`, '--factor "-1" must be'],
    [`${PROVE} --factor 300`, '--factor "300" must be below 256'],
    [`${PROVE} --context 12`, '--context "12" must be 0x and at most 64 hex digits'],
    [`${PROVE} --context 0x${"1".repeat(65)}`, '" must be 0x and at most 64 hex digits'],
    [`${PROVE} --collateral -5`, '--collateral "-5" must be'],
    [`${PROVE} --collateral 1e3`, '--collateral "1e3" must be'],
    [`${PROVE} --collateral 1.0000000`, '--collateral "1.0000000" must be'],
    [`${PROVE} --tier Q`, '--tier "Q" must be one of S'],
    [`${PROVE} --tier constructor`, '--tier "constructor" must be one of S'],
    [`${PROVE} --zkey some.zkey`, '--zkey "some.zkey" needs --vkey with it'],
    [`${PROVE} --vkey some.json`, '--vkey "some.json" needs --zkey with it'],
    [`${PROVE} --out older-folder/notes.txt`, '--out "older-folder/notes.txt" exists and is no zkmargin-proof-1 file: it will not be replaced'],
    [`${PROVE} --out=`, '--out "" must name a file'],
    [`${PROVE} --out new.salt`, '--out "new.salt" must not be the salt file'],
    [`${PROVE} --salt missing/new.salt`, '--salt "missing/new.salt" must lie in a folder that exists'],
    [`${PROVE} --out @pipe`, ['--out "', 'pipe" must be a file, not a device or pipe']],
    [`${PROVE} --out older-folder`, '--out "older-folder" must be a file, not a folder'],
    [`${PROVE} --out missing/proof.json`, '--out "missing/proof.json" must lie in a folder that exists'],
    [`${PROVE} --tier S --portfolio @fifteen.json`, ["positions", '"15 slots"', "tier S holds at most 14"]],
    [`${PROVE} --tier S --portfolio @three-buckets.json`, ["positions", '"3 risk buckets"', "tier S opens at most 2"]],
    [`${PROVE} --portfolio @unknown.json`, "is unknown to this risk payload"],
    [`${PROVE} --salt @dangling.salt`, 'dangling.salt" is a link to nothing'],
    [`${PROVE} --zkey missing.zkey --vkey @good.json`, '--zkey "missing.zkey" does not exist'],
    [`${PROVE} --zkey @good.json --vkey @risk`, 'must be a file, not a folder'],
    [`${PROVE} --salt @open.salt`, "open.salt must have mode 0600"],
    [`${PROVE} --backend rapidsnark`, '--backend "rapidsnark" must be one of native, snarkjs'],
    [`${PROVE} --threads 0`, '--threads "0" must be a whole number in 1..256'],
    [`${PROVE} --threads 257`, '--threads "257" must be'],
    [`${PROVE} --risk missing`, '--risk "missing" does not exist'],
  ],
  "verify": [
    ["verify missing.json", 'proof "missing.json" does not exist'],
    ["verify @risk", "cannot be read"],
    ["verify @not.json", "proof file: file is not JSON"],
    ["verify @good.json", "proof file: "],
    ["verify", "missing required argument 'proof'"],
  ],
  "setup": [
    ["setup --tier Q", '--tier "Q" must be one of S'],
    ["setup --tier valueOf", '--tier "valueOf" must be one of S'],
    ["setup --ptau missing.ptau", "missing.ptau does not exist"],
    ["setup --ptau @good.json", "is not a powers-of-tau file"],
    ["setup --ptau @good.json --out older-folder", '--out "older-folder" must be a file, not a folder'],
    ["setup --url http://127.0.0.1/file.ptau", "--url needs --ptau"],
    ["setup --ptau @good.json --dev", "--ptau begins a ceremony"],
    ["ceremony contribute missing.zkey new.zkey --name me --entropy-file missing", '--entropy-file "missing" does not exist'],
    ["ceremony contribute missing.zkey new.zkey --entropy-file missing", "required option '--name <name>' not specified"],
    ["ceremony beacon missing.zkey new.zkey --value zz", "the beacon must be 16 to 255 bytes in hexadecimal"],
    ["ceremony verify missing.zkey missing.ptau --tier Q", '--tier "Q" must be one of S'],
    ["ceremony export missing.zkey new.json --tier Q", '--tier "Q" must be one of S'],
    ["ceremony export missing.zkey new.json", "missing.zkey"],
  ],
  "the program": [
    ["nonsense", "unknown command 'nonsense'"],
    [`${MARGIN} --nonsense`, "unknown option '--nonsense'"],
    ["market", "Usage: zkmargin market"],
  ],
};

describe.each(Object.entries(cases))("bad input of %s", (_, table) => {
  it.concurrent.each(table)("%s", async (args, says) => {
    const folder = emptyWorkspace();
    try {
      folder.write("older-snapshot.json", '{"format": "zkmargin-market-snapshot-1"}');
      folder.write("older-proof.json", '{"format": "zkmargin-proof-1"}');
      mkdirSync(folder.path("older-risk"));
      folder.write("older-risk/payload.json", '{"format": "zkmargin-risk-payload-1"}');
      mkdirSync(folder.path("older-folder"));
      folder.write("older-folder/notes.txt", "not ours");
      const before = filesIn(folder.folder);
      const { code, stdout, stderr } = await folder.run(...args.split(" ").map((part) => part.replace("@", `${inputs.folder}/`)));
      expect([code, stdout], stderr).toEqual([2, ""]);
      for (const part of [says].flat()) expect(stderr).toContain(part);
      expect(stderr).not.toContain("    at ");
      expect(filesIn(folder.folder)).toEqual(before);
    } finally {
      folder.remove();
    }
  });
});

describe("bad input", () => {
  it("leaves the inputs as they were", () => {
    for (const [name, content] of Object.entries(FILES)) expect(inputs.read(name)).toBe(content);
    expect([...filesIn(inputs.folder).keys()].filter((name) => name.endsWith(".salt"))).toEqual(["open.salt"]);
  });
});
