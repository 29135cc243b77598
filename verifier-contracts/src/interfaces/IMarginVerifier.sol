// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "../libraries/Groth16.sol";

/// @notice A circuit and its verification key.
/// @param tier Name of the tier, left-aligned bytes ("S").
/// @param keyHash keccak256 of the key's words, in the order of `Groth16`.
struct TierKey {
    bytes32 tier;
    bytes32 keyHash;
}

/// @notice What a consumer asks to be proven. It fixes every field itself and takes none from the prover.
/// @param account Whose registered portfolio is proven.
/// @param action What the consumer will do if the answer is good, in its own vocabulary; opaque here. Two actions of one consumer must not have
///        the same words (action, amount): a proof that was made for the one would serve for the other.
/// @param amount Size of the action, or whatever else tells it from others, such as an order's number or a hash; opaque here.
/// @param healthy The answer that the consumer's rule needs: true to let an account act, false to act against it.
/// @param disclose Bit 0: the requirement; bit 1: the equity.
/// @param collateral The account's collateral beside the book, value units (1e-6 of the quote currency). It must be what the account will
///        have after the action: with what it had before, a withdrawal would be backed by what it takes away.
/// @param ratio Multiple of the maintenance margin that the rule needs before the stress multiplier, Q16: 2^16 is the maintenance margin,
///        an initial margin is above. Above 0, below 2^24.
struct Demand {
    address account;
    bytes32 action;
    uint256 amount;
    bool healthy;
    uint256 disclose;
    uint256 collateral;
    uint256 ratio;
}

/// @notice What a prover brings. Anything in it that is not what the proof was made for is no proof.
/// @param tier The circuit it was made in.
/// @param factor Ratio that the maintenance margin was multiplied with, Q16, below 2^24.
/// @param collateral Value units, below 2^72, that the proof assumed.
/// @param deadline Last unix second at which the proof is accepted.
/// @param epoch Epoch of the risk root the proof was made against.
/// @param version Version of the portfolio commitment the proof was made for.
/// @param nonce `nonceOf(consumer, account)` the proof was made for; 0 for a standing attestation.
/// @param healthy Public signal: equity >= requirement.
/// @param disclosedRequirement Public signal: value units, rounded up to the payload's granularity; 0 if not disclosed.
/// @param disclosedEquity Public signal: value units, rounded down, + 2^100; 0 if not disclosed.
/// @param proof Points A, B and C. Not part of the statement: from one proof anyone can make others of the same statement.
struct MarginProof {
    bytes32 tier;
    uint256 factor;
    uint256 collateral;
    uint256 deadline;
    uint64 epoch;
    uint64 version;
    uint256 nonce;
    bool healthy;
    uint256 disclosedRequirement;
    uint256 disclosedEquity;
    Groth16.Proof proof;
}

/// @notice What was proven to a consumer.
/// @param epoch Epoch of the risk root.
/// @param requirement Value units; 0 if not disclosed.
/// @param equity Value units, signed; 0 if not disclosed.
struct Attestation {
    uint64 epoch;
    uint256 requirement;
    int256 equity;
}

/// @notice What was last proven about an account to everyone. Two words.
/// @param version Version of the portfolio commitment it was proven for.
/// @param epoch Epoch of the risk root it was proven against.
/// @param factor Ratio that the maintenance margin was multiplied with, Q16.
/// @param collateral Value units that the proof assumed beside the book.
/// @param healthy What was proven: true that the account was healthy with this factor and collateral, false that it was not.
/// @param requirement ceil(factor x maintenance margin) in value units, rounded up to the payload's granularity.
struct StandingAttestation {
    uint64 version;
    uint64 epoch;
    uint24 factor;
    uint72 collateral;
    bool healthy;
    uint128 requirement;
}

/// @title Margin, attested
/// @notice Two uses. `attest`: a consumer (msg.sender) asks about one action and consumes a nonce. `post`, `postBatch`: anyone brings a proof about
///         an account as it stands, which is kept for all to read.
///
///         When a proof counts. Let R = ceil(required factor x ratio) and C the account's collateral. "Healthy" counts if the proof's factor is at
///         least R and its collateral at most C; "unhealthy" if its factor is at most R and its collateral at least C: whatever moves in
///         the direction that only strengthens the statement, a stranger's dust deposit for one, does not void a proof in flight.
///
///         One verifier knows the keys of all its tiers, so that nonces and standing attestations are one for an account, whatever its book's size.
/// @dev Assumptions: registries and oracle are honest, the keys' ceremonies are sound, and the circuit proves section 4 of SPEC.md, in both
///      directions. This contract has no owner and no settings; pausing the policy registry stops it. Proofs can be re-randomised by anyone, so
///      nothing here is identified by a proof.
interface IMarginVerifier {
    /// @notice A proof was accepted for a consumer and its nonce consumed. Requirement and equity are 0 unless `disclose` has their bit.
    event MarginAttested(
        address indexed consumer,
        address indexed account,
        uint64 indexed epoch,
        uint64 version,
        uint256 context,
        uint256 factor,
        uint256 collateral,
        uint256 disclose,
        bool healthy,
        uint256 requirement,
        int256 equity
    );
    /// @notice An account's standing attestation was replaced.
    event MarginPosted(
        address indexed account,
        uint64 indexed epoch,
        uint64 version,
        uint256 factor,
        uint256 collateral,
        bool healthy,
        uint256 requirement
    );
    /// @notice A member of a batch was left out; `reason` is the revert data that posting it alone would give.
    event MemberSkipped(uint256 indexed position, address indexed account, bytes reason);

    /// @dev Thrown when an address that must be set is zero.
    error AddressIsZero();
    /// @dev Thrown when block.timestamp is above the deadline.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @dev Thrown when a factor is not below 2^24.
    error FactorOutOfRange(uint256 factor);
    /// @dev Thrown when a collateral is not below 2^72.
    error CollateralOutOfRange(uint256 collateral);
    /// @dev Thrown when a demand's disclose is above 3.
    error InvalidDisclosure(uint256 disclose);
    /// @dev Thrown when a demand's ratio is 0, not below 2^24, or so large that the required factor is not below 2^24.
    error RatioOutOfRange(uint256 ratio);
    /// @dev Thrown when a value is given whose bit is not in disclose: an undisclosed signal is 0.
    error DisclosedWithoutRequest(uint256 disclose, uint256 disclosedRequirement, uint256 disclosedEquity);
    /// @dev Thrown when a disclosed value is outside what the circuit can produce (2^101).
    error DisclosedValueOutOfRange(uint256 disclosedRequirement, uint256 disclosedEquity);
    /// @dev Thrown when the proof's answer is not the one demanded.
    error HealthMismatch(bool healthy, bool demanded);
    /// @dev Thrown when the proof's factor does not support the answer: too small for "healthy", too large for "unhealthy".
    error FactorInsufficient(uint256 factor, uint256 required);
    /// @dev Thrown when the proof's collateral does not support the answer: too large for "healthy", too small for "unhealthy".
    error CollateralInsufficient(uint256 collateral, uint256 actual);
    /// @dev Thrown when the proof's nonce was consumed: the context it was made for has been used.
    error ContextAlreadyUsed(uint256 nonce, uint256 expected);
    /// @dev Thrown when the proof's nonce is ahead of the next one.
    error NonceMismatch(uint256 nonce, uint256 expected);
    /// @dev Thrown when the account has no portfolio commitment.
    error UnknownPortfolio(address account);
    /// @dev Thrown when the portfolio has changed since the proof was made (or has not got there yet).
    error VersionMismatch(uint64 version, uint64 expected);
    /// @dev Thrown when the oracle does not accept the epoch's root now: unknown, too old, superseded too long ago, or the oracle is stopped.
    error StaleEpoch(uint64 epoch);
    /// @dev Thrown when the standing attestation is of a newer epoch: an older one never replaces it, nor proves the opposite to a consumer
    ///      while the newer one counts for the same demand.
    error OlderEpoch(uint64 epoch, uint64 standing);
    /// @dev Thrown when the standing attestation is of the same epoch and version, still counts, and does not say less.
    error NothingNew(address account);
    /// @dev Thrown when the proof does not prove the statement: it was altered, or made for another context, key or value.
    error InvalidProof();
    /// @dev Thrown when a batch is empty or above `MAX_BATCH` (32), or its lists differ in length.
    error BatchSizeOutOfRange(uint256 accounts, uint256 proofs);
    /// @dev Thrown when the accounts of a batch are not in strictly ascending order, which is how a duplicate shows.
    error BatchNotSorted(uint256 position);
    /// @dev Thrown when a member of a batch is of another tier than the first: one pairing check needs one key.
    error MixedTiers(uint256 position);
    /// @dev Thrown when the gas ran out over a member of a batch that skips: whether it is to be refused is not known.
    error OutOfGasAt(uint256 position);
    /// @dev Thrown when this verifier has no key for a tier.
    error UnknownTier(bytes32 tier);
    /// @dev Thrown when there is no key, more than `MAX_TIERS` (8), or a tier without a name or named twice.
    error InvalidTiers();

    /// @notice Checks a proof for the caller, consumes its nonce and says what was proven.
    /// @dev Reverts with the errors above, with VerifierNotActive, NoActiveVersion or EnforcedPause of the policy registry, or with PairingOutOfGas or PrecompileFailed of `Groth16`.
    function attest(Demand calldata demand, MarginProof calldata margin) external returns (Attestation memory);

    /// @notice What `attest` would answer to `consumer` now, reverting as it would; changes nothing.
    function preview(address consumer, Demand calldata demand, MarginProof calldata margin)
        external
        view
        returns (Attestation memory);

    /// @notice Makes a proof about the account as it stands its standing attestation. Anyone may.
    /// @dev The demand is `standingDemand(account, margin.healthy)`, the consumer this contract, the nonce 0: a statement, not an action, so posting it
    ///      twice changes nothing. It replaces the present one if that is of an older epoch, of the same epoch and an older version, does
    ///      not count any more, or says less (same answer, factor and collateral at least as strong and not both equal).
    function post(address account, MarginProof calldata margin) external;

    /// @notice Posts many with one pairing check over a random linear combination of all proofs.
    /// @param accounts In strictly ascending order, at most `MAX_BATCH` (32).
    /// @param margins All of one tier.
    /// @param skip False: a refused member reverts all with its own error; `refusals` finds it. True: refused members are left out with `MemberSkipped`; a false proof among them then
    ///        costs a check of every proof on its own.
    /// @return posted How many were posted.
    /// @dev The coefficients are 128-bit hashes of key hash, count, all proofs and all public signals (Fiat-Shamir): whoever grinds proofs until
    ///      two errors cancel has a chance of 2^-128 a try.
    function postBatch(address[] calldata accounts, MarginProof[] calldata margins, bool skip)
        external
        returns (uint256 posted);

    /// @notice What a proof for `post` must be valid for: its public signals. Reverts as `post` would but for the proof itself.
    function standingSignals(address account, MarginProof calldata margin) external view returns (uint256[] memory);

    /// @notice Reverts as `post` would; changes nothing.
    function previewPost(address account, MarginProof calldata margin) external view;

    /// @notice For each member of a batch the revert data that posting it alone would give now, empty if it would be posted.
    function refusals(address[] calldata accounts, MarginProof[] calldata margins)
        external
        view
        returns (bytes[] memory reasons);

    /// @notice The account's standing attestation, whether or not it counts; zeros if there is none.
    function standingOf(address account) external view returns (StandingAttestation memory);

    /// @notice Whether the standing attestation counts now, and what it says. It counts while its version is the registered one, its epoch's
    ///         root is current, and factor and collateral support it (ratio 1).
    /// @return counts False if nothing is known about the account now; `healthy` means nothing then.
    /// @dev Reverts with VerifierNotActive, NoActiveVersion or EnforcedPause of the policy registry.
    function healthOf(address account) external view returns (bool counts, bool healthy);

    /// @notice The demand of a standing attestation: action `STANDING`, amount 0, the requirement disclosed, the collateral of the collateral
    ///         source (0 without one), ratio 1.
    function standingDemand(address account, bool healthy) external view returns (Demand memory);

    /// @notice Whether a proof is valid for public signals, in the order of `PublicSignals`, under the tier's key. No other check.
    function verify(bytes32 tier, Groth16.Proof calldata proof, uint256[] calldata signals) external view returns (bool);

    /// @notice Whether all proofs are valid by one pairing check; `signals` are those of the first proof, then those of the second, and so on.
    function verifyBatch(bytes32 tier, Groth16.Proof[] calldata proofs, uint256[] calldata signals)
        external
        view
        returns (bool);

    /// @notice The public signal `context`:
    ///         keccak256(abi.encode(chain id, this contract, consumer, action, amount, account, version, nonce, deadline)) mod R.
    /// @dev This contract's address is in it because nonces are counted here: under another verifier they start again, and a consumer
    ///      that moves there would meet old proofs. riskRoot and commitment are public signals of their own, and factor,
    ///      disclose and collateral share one: terms = factor + disclose 2^24 + collateral 2^26.
    function contextOf(address consumer, Demand calldata demand, MarginProof calldata margin)
        external
        view
        returns (uint256);

    /// @notice The nonce the next proof of the consumer for the account must carry, from 0.
    function nonceOf(address consumer, address account) external view returns (uint256);

    /// @notice The tiers and their keys.
    function keys() external view returns (TierKey[] memory);

    /// @notice Data contract that holds a tier's key. Reverts with UnknownTier.
    function keyStoreOf(bytes32 tier) external view returns (address);

    /// @notice Where risk roots are from.
    function riskOracle() external view returns (address);

    /// @notice Where commitments are from.
    function portfolioRegistry() external view returns (address);

    /// @notice Where the required factor is from.
    function policyRegistry() external view returns (address);

    /// @notice Where the collateral of standing attestations is from; zero: there is none.
    function collateralSource() external view returns (address);
}
