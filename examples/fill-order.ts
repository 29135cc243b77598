import { Contract, type Signer } from "ethers";
import { defaultBackend } from "zkmargin/prover/backend";
import { snarkjsForm } from "zkmargin/prover/proof-file";
import { proveMargin, type TierKey } from "zkmargin/prover/prove-margin";
import { createProver } from "zkmargin/prover/prover";
import { marginProof, prepareAttestation } from "zkmargin/relayer/margin-client";
import type { BuiltPayload } from "zkmargin/risk/build-payload";
import type { Portfolio, Tier } from "zkmargin/risk/portfolio";
import { prepareProof } from "zkmargin/witness/circuit-input";

/** Proves what `OrderDesk.fill` demands, on this machine, and fills the order. */
export async function fillOrder(
  signer: Signer, desk: Contract, order: bigint, risk: BuiltPayload, book: { portfolio: Portfolio; salt: bigint }, tier: Tier, key: TierKey,
) {
  const [account, action, ratio, policy] = await Promise.all([signer.getAddress(), ...["FILL", "RATIO", "policy"].map((name) => desk.getFunction(name)())]);
  const verifier: string = await new Contract(policy, ["function verifier() view returns (address)"], signer).getFunction("verifier")();
  const demand = { account, action, amount: order, healthy: true, disclose: 1n, collateral: 0n, ratio };
  const { timestamp } = (await signer.provider!.getBlock("latest"))!;
  // A sixteenth more than is required, so that the proof outlasts a small rise of the stress multiplier.
  const choice = { tier: key.tier, deadline: BigInt(timestamp + 600), headroom: 1n << 12n };
  const prepared = await prepareAttestation(signer.provider!, verifier, await desk.getAddress(), demand, choice);

  const { context, terms: { factor, collateral } } = prepared;
  const statement = { context, factor, collateral, disclose: { requirement: true, equity: false } };
  const witness = prepareProof(risk.payload, risk.tree, book.portfolio, book.salt, statement, tier);
  const proof = await proveMargin(createProver(defaultBackend()), key, witness);
  return (await desk.getFunction("fill").send(order, marginProof(prepared, snarkjsForm(proof)))).wait();
}
