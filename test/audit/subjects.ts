/** The templates under audit, each at a size that still has every case: several positions, buckets, scenarios, blocks of the chain. */
import { openHash, type Template } from "../support/template.js";

export interface Subject extends Template {
  readonly name: string;
}

export const SUBJECTS: readonly Subject[] = [
  subject("lib/poseidon.circom", "Poseidon(2)"),
  subject("lib/division.circom", "CeilDivPow2(3, 4)"),
  subject("lib/division.circom", "CeilDiv(3, 4)"),
  subject("lib/select.circom", "Select(2)"),
  subject("lib/select.circom", "Booleans(2)"),
  subject("portfolio-commitment.circom", "PortfolioCommitment(17)", "open hash"),
  subject("instrument-tree.circom", "InstrumentOpening(2)", "open hash"),
  subject("instrument-tree.circom", "BucketOpening()", "open hash"),
  subject("instrument-tree.circom", "StrictlyIncreasing(3)"),
  subject("scenario-pnl.circom", "UnpackLanes()"),
  subject("scenario-pnl.circom", "GridPnl(2, 2)"),
  subject("scenario-pnl.circom", "ScenarioColumn(8)"),
  subject("expected-shortfall.circom", "ExpectedShortfall(4)"),
  subject("worst-loss.circom", "WorstLoss(3)"),
  subject("liquidity.circom", "Liquidity(3)"),
  subject("requirement.circom", "MaintenanceMargin()"),
  subject("requirement.circom", "Terms()"),
  subject("requirement.circom", "Disclosure()"),
  subject("risk-root.circom", "RiskRoot(8, 8)", "open hash"),
];

function subject(file: string, instance: string, hash?: "open hash"): Subject {
  return { name: instance, file, instance, edits: hash === undefined ? [] : [openHash(file)] };
}
