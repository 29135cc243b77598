import type { PlantedBug } from "./planted-bugs.js";

/** One for each contract, and for each kind of promise. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "the oracle takes an epoch twice",
    file: "RiskOracle.sol",
    from: "if (header.epoch <= head.epoch) revert",
    to: "if (header.epoch < head.epoch) revert",
    invariants: ["invariant_acceptedEpochsStrictlyIncreaseAndTheirTimesAreInOrder"],
  },
  {
    name: "a superseded root has no end of its grace",
    file: "RiskOracle.sol",
    from: "(block.timestamp > supersededAt + _grace || publication.era != _era)",
    to: "publication.era != _era",
    invariants: ["invariant_noRootIsUsableThatWasSupersededLongerAgoThanTheGrace", "invariant_nothingIsAttestedAgainstARootThatIsNotUsable"],
  },
  {
    name: "one signature fewer than the threshold is enough",
    file: "access/OracleRoster.sol",
    from: "if (count < needed ||",
    to: "if (count + 1 < needed ||",
    invariants: ["invariant_onlyHeadersThatEnoughPresentSignersSignedAreTaken"],
  },
  {
    name: "the margin of another version of the book is attested",
    file: "verifier/Demands.sol",
    from: "if (margin.version != version) revert VersionMismatch(margin.version, version);",
    to: "",
    invariants: ["invariant_nothingIsAttestedForAnotherVersionThanTheRegisteredOne"],
  },
  {
    name: "in a batch that skips, the check of all proofs counts for nothing",
    file: "verifier/StandingAttestations.sol",
    from: "if (refused[i] || (!valid && _isRefusedAlone(accounts, margins, i))) continue;",
    to: "if (refused[i]) continue;",
    invariants: ["invariant_noProofIsTakenForAnotherStatement"],
  },
  {
    name: "the multiplier falls to its target at once",
    file: "PolicyRegistry.sol",
    from: "present.value = Math.max(target, _valueOf(present)).toUint40();",
    to: "present.value = target.toUint40();",
    invariants: ["invariant_theRequiredFactorFallsNoFasterThanTheDecayOfTheActiveVersion"],
  },
  {
    name: "the guardian lowers the floor",
    file: "PolicyRegistry.sol",
    from: "if (newFloor <= present.floor ||",
    to: "if (newFloor == present.floor ||",
    invariants: ["invariant_theFloorIsLoweredByTheOwnerAloneAfterTheTimelock"],
  },
  {
    name: "anyone posts an account's solvency",
    file: "SolvencyRegistry.sol",
    from: "if (msg.sender != account && !isOperator[account][msg.sender]) {",
    to: "if (msg.sender == address(0)) {",
    invariants: ["invariant_solvencyIsRecordedOnlyByTheAccountOrItsOperator"],
  },
];

/** For the long run. */
export const MORE_PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "roots from before a confirmed move keep their grace",
    file: "RiskOracle.sol",
    from: "if (confirms) ++_era;",
    to: "",
    invariants: ["invariant_noRootIsUsableWhileTheOracleIsTrippedOrPausedOrFromBeforeAConfirmedMove"],
  },
  {
    name: "a header ends the trip before its delay",
    file: "RiskOracle.sol",
    from: "if (_dataTime(header) < tripped + _breakerDelay) {",
    to: "if (_dataTime(header) < tripped) {",
    invariants: ["invariant_noRootIsUsableWhileTheOracleIsTrippedOrPausedOrFromBeforeAConfirmedMove"],
  },
  {
    name: "a proof serves twice",
    file: "MarginVerifier.sol",
    from: "_nonces[msg.sender][demand.account] = margin.nonce + 1;",
    to: "",
    invariants: ["invariant_aNonceRisesByOneForEachAcceptedAttestationAndOnlyThen"],
  },
  {
    name: "an older epoch replaces a newer one",
    file: "verifier/StandingAttestations.sol",
    from: "if (margin.epoch < standing.epoch) revert OlderEpoch(margin.epoch, standing.epoch);",
    to: "if (margin.epoch < standing.epoch) return;",
    invariants: ["invariant_theEpochOfAStandingAttestationNeverFalls"],
  },
  {
    name: "a standing attestation outlives its book",
    file: "verifier/StandingAttestations.sol",
    from: "if (standing.version == 0 || standing.version != version) return (false, false);",
    to: "if (standing.version == 0) return (false, false);",
    invariants: ["invariant_whatCountsFollowsFromWhatWasProven"],
  },
  {
    name: "any factor and collateral support an answer",
    file: "verifier/Demands.sol",
    from: "revert FactorInsufficient(margin.factor, required);",
    to: "required = margin.factor;",
    invariants: ["invariant_whatIsAttestedIsTrue"],
  },
  {
    name: "the decay of a new version counts from before its activation",
    file: "PolicyRegistry.sol",
    from: "        present.value = _valueOf(present).toUint40();\n        present.since = block.timestamp.toUint40();\n",
    to: "",
    invariants: ["invariant_theRequiredFactorFallsNoFasterThanTheDecayOfTheActiveVersion"],
  },
  {
    name: "an activation is drawn for ever",
    file: "PolicyRegistry.sol",
    from: "if (block.timestamp < pending.from + maxDelay && !_drawn(pending.version)) return false;",
    to: "if (!_drawn(pending.version)) return false;",
    invariants: ["invariant_aVersionIsActivatedOnlyAfterItsTimelockAndNeverRefusedAfterTheBound"],
  },
  {
    name: "nobody waits for the timelock",
    file: "access/Timelocked.sol",
    from: "if (block.timestamp < ready) revert OperationNotReady(operation, ready, block.timestamp);",
    to: "",
    invariants: ["invariant_signersChangeOnlyAfterTheTimelock", "invariant_theSettlementLayerChangesOnlyAfterTheTimelock"],
  },
  {
    name: "the guardian ends a pause",
    file: "access/Guarded.sol",
    from: "function unpause() external onlyOwner {",
    to: "function unpause() external onlyGuardian {",
    invariants: ["invariant_onlyTheOwnerEndsAPause", "invariant_theGuardianChangesNothingThatTheOwnerAnnouncesAndEndsNoPause"],
  },
  {
    name: "versions of a book are left out",
    file: "PortfolioRegistry.sol",
    from: "if (change.version != expected) revert",
    to: "if (change.version < expected) revert",
    invariants: ["invariant_aPortfoliosVersionRisesByOneForEachSignedUpdateAndOnlyThen"],
  },
  {
    name: "a smaller factor overwrites a record of solvency",
    file: "SolvencyRegistry.sol",
    from: "if (margin.factor <= recorded) revert NothingNew(margin.factor, recorded);",
    to: "",
    invariants: ["invariant_onlySolventAccountsAreOnRecordAndNoRecordEverFalls"],
  },
];
