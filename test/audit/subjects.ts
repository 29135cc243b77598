/** The templates under audit, each at a size that still has every case (two elements of weights and of damping, three blocks), and what must follow from what. */
import { openHash, type Template } from "../support/template.js";

/** Two witnesses that agree on `given` agree on everything else, but for what `open` names. */
export interface Statement {
  readonly claim: string;
  /** Signals, without indices; absent: all inputs. */
  readonly given?: readonly string[];
  /** Signals that may differ (with everything computed from them), without indices; then the outputs and inputs that are not named are what must agree. */
  readonly open?: readonly string[];
  /** Values that are known, one case each. */
  readonly cases?: readonly Readonly<Record<string, number>>[];
}

export interface Subject extends Template {
  readonly name: string;
  readonly statements: readonly Statement[];
}

export const INPUTS: Statement = { claim: "every wire is a function of the inputs" };
const HASHED = ["portfolio-commitment.circom", "instrument-tree.circom", "risk-root.circom"];

/** Slots of the commitment under audit: three blocks of its chain. */
export const SLOTS = 31;

export const SUBJECTS: readonly Subject[] = [
  subject("lib/poseidon.circom", "Poseidon(2)"),
  subject("lib/division.circom", "CeilDivPow2(3, 4)"),
  subject("lib/division.circom", "CeilDiv(3, 4)"),
  subject("lib/select.circom", "Select(2)"),
  subject("lib/select.circom", "Booleans(2)"),
  subject("portfolio-commitment.circom", `PortfolioCommitment(${SLOTS})`, [
    { claim: "a commitment has one count, salt and cash, and one choice of used slots", given: ["commitment"], open: ["id", "quantity", "sign"] },
    {
      claim: "a commitment has one book, whatever its count", given: ["commitment"],
      cases: Array.from({ length: SLOTS + 1 }, (_, count) => ({
        count, ...Object.fromEntries(Array.from({ length: SLOTS }, (_, slot) => [`used[${slot}]`, slot < count ? 1 : 0])),
      })),
    },
  ]),
  subject("instrument-tree.circom", "InstrumentOpening(2)", [
    { claim: "group hashes, place and id have one leaf, and the tag one pair of charges", given: ["group", "inBucket", "groupBit", "placeBit", "id"] },
  ]),
  subject("instrument-tree.circom", "BucketOpening()", [{ claim: "nodes and index have one bucket", given: ["node", "indexBit"] }]),
  subject("instrument-tree.circom", "StrictlyIncreasing(3)"),
  subject("scenario-pnl.circom", "UnpackLanes()"),
  subject("scenario-pnl.circom", "GridPnl(2, 2)"),
  subject("scenario-pnl.circom", "ScenarioColumn(8)", [{ claim: "a packed column has one node a scenario", given: ["column", "pnl"] }]),
  subject("expected-shortfall.circom", "ExpectedShortfall(4)", [
    { claim: "losses, weights and T have one shortfall, whatever the certificate", given: ["loss", "weight", "tail"], open: ["threshold", "inTail", "boundary"] },
  ]),
  subject("worst-loss.circom", "WorstLoss(3)"),
  subject("liquidity.circom", "Liquidity(3)"),
  subject("requirement.circom", "MaintenanceMargin()"),
  subject("requirement.circom", "Terms()"),
  subject("requirement.circom", "Disclosure()"),
  subject("risk-root.circom", "RiskRoot(24, 20)", [
    { claim: "a root has one set of nodes and parameters (weights and damping are ranged elsewhere)", given: ["root"], open: ["weight", "damping"] },
  ]),
  subject("margin.circom", "Margin(2, 2, 24, 20)", [
    {
      claim: "the public inputs, commitment and root have one health, requirement and equity for the places that are opened, whatever the certificate",
      given: ["portfolioCommitment", "riskRoot", "context", "terms", "inBucket", "groupBit", "placeBit", "indexBit"],
      open: ["threshold", "inTail", "boundary"],
    },
  ]),
];

function subject(file: string, instance: string, statements: readonly Statement[] = []): Subject {
  const edits = HASHED.filter((hashed) => hashed === file || file === "margin.circom").map(openHash);
  return { name: instance, file, instance, edits, statements: [INPUTS, ...statements] };
}
