// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TierKey} from "./IMarginVerifier.sol";
import {IRiskObserver} from "./IRiskOracle.sol";

/// @notice How an index adds to the multiplier: nothing up to `from`, then `slope` per 1 of the index, at most `cap`. Q32.
struct Ramp {
    uint40 from;
    uint40 slope;
    uint40 cap;
}

/// @notice Parameters of the policy function (`libraries/StressMultiplier`). Q32 unless said otherwise.
/// @param base Multiplier of a calm market; at least 1.
/// @param maximum Largest result of the policy function (a floor may be above it); at least `base`, at most 2^40 - 2^16, since a proof's factor is below 2^24 in Q16.
/// @param decay How far the multiplier may fall in a second; above 0, at most 1 an hour.
/// @param fastWeight Weight of the fast volatility in the blend; at most 1.
/// @param depthTarget Depth in value units at which liquidity adds nothing; 0 switches the term off.
/// @param volatility Ramp over the blend of fast and slow volatility, never below the slow one.
/// @param depth Ramp over the shortfall (depthTarget - depth) / depthTarget.
/// @param openInterest Ramp over |openInterestSkew|.
/// @param utilisation Ramp over the utilisation.
/// @param correlation Ramp over the correlation; a negative one counts as 0.
/// @param contagion Ramp over the contagion index.
struct PolicyParameters {
    uint64 base;
    uint64 maximum;
    uint64 decay;
    uint40 fastWeight;
    uint96 depthTarget;
    Ramp volatility;
    Ramp depth;
    Ramp openInterest;
    Ramp utilisation;
    Ramp correlation;
    Ramp contagion;
}

/// @title Versions of the margin policy, and the stress multiplier of the one that is active
/// @notice Versions are numbered from 1 and never change. One is active. Its policy function turns the oracle's indices into a multiplier of the
///         maintenance margin, the least `factor` of a proof of health. The multiplier rises at once and falls by `decay` a second at most, whatever
///         happens, a change of version included.
/// @dev Generations: 1 volatility; 2 also liquidity depth, open interest, utilisation; 3 also correlation and contagion. The multiplier is the
///      largest over the listed assets, since nobody sees which ones an account holds.
///
///      Activation. The owner schedules it; from `timelock` seconds later anyone may call `activate`, which draws once a block from prevrandao and
///      the last block's hash and succeeds in one of `ODDS` (16) blocks on average, and always from `timelock + maxDelay` on. Who has seen a block can compute
///      whether the next one is drawn, nobody knows it earlier (on a chain with one sequencer the sequencer may choose), and the wait is
///      bounded if somebody calls in each block: a keeper should. An activation not made `WINDOW` (14 days) after its bound lapses.
///      The first version ever is activated without delay: there is nothing to front-run.
interface IPolicyRegistry is IRiskObserver {
    /// @notice A version was recorded.
    event VersionProposed(
        uint32 indexed version, uint8 generation, PolicyParameters parameters, address verifier, TierKey[] keys
    );
    /// @notice A version may become active, if somebody calls `activate`: from `from` (unix seconds) on in a drawn block, from `until` on in any. `WINDOW`
    ///         (14 days) after `until` the announcement lapses.
    event ActivationScheduled(uint32 indexed version, uint256 from, uint256 until);
    /// @notice The scheduled activation was given up.
    event ActivationCancelled(uint32 indexed version);
    /// @notice A version became active.
    event VersionActivated(uint32 indexed version);
    /// @notice The multiplier was set anew; Q32. It falls from `value` towards `target` by the active version's decay.
    event MultiplierChanged(uint64 value, uint64 target);
    /// @notice The floor under the multiplier was changed; Q32.
    event FloorChanged(uint64 floor);
    /// @notice The floor may be lowered to this from `readyAt` (unix seconds) on.
    event RelaxationScheduled(uint64 floor, uint256 readyAt);

    /// @dev Thrown when a generation is not 1, 2 or 3.
    error InvalidGeneration(uint8 generation);
    /// @dev Thrown when a parameter is outside the range given at `PolicyParameters`.
    error InvalidParameters();
    /// @dev Thrown when the verifier has another oracle or another policy registry than this.
    error InvalidVerifier(address verifier);
    /// @dev Thrown when the tiers and key hashes named are not exactly the verifier's, in its order.
    error KeysMismatch(address verifier);
    /// @dev Thrown when a version was never proposed.
    error UnknownVersion(uint32 version);
    /// @dev Thrown when no version is active.
    error NoActiveVersion();
    /// @dev Thrown when an activation is scheduled while another one is pending.
    error ActivationPending(uint32 version);
    /// @dev Thrown when no activation is scheduled.
    error NoActivationPending();
    /// @dev Thrown when `activate` is called before the timelock has passed.
    error ActivationTooEarly(uint256 from, uint256 timestamp);
    /// @dev Thrown when an announced activation was not made within `WINDOW` (14 days) of its bound; it has to be cancelled.
    error ActivationExpired(uint256 expiredAt, uint256 timestamp);
    /// @dev Thrown when the verifier is not the active version's.
    error VerifierNotActive(address verifier);
    /// @dev Thrown when a caller other than the oracle reports indices.
    error NotOracle(address caller);
    /// @dev Thrown when the oracle has published nothing: without indices there is no multiplier.
    error NoIndices();
    /// @dev Thrown when the longest delay of an activation is zero or above `MAX_DELAY` (7 days).
    error DelayOutOfRange(uint64 maxDelay);
    /// @dev Thrown when a floor to tighten to is not above the present one, or above `MAX_FLOOR` (8, Q32); or one to relax to is not below it.
    error FloorOutOfRange(uint64 floor, uint64 present);

    /// @notice Records a version. The owner alone; it changes nothing until it is activated.
    /// @param verifier The MarginVerifier whose attestations count while the version is active.
    /// @param keys Its tiers and their key hashes, as the owner has checked them.
    function propose(
        uint8 generation,
        PolicyParameters calldata parameters,
        address verifier,
        TierKey[] calldata keys
    ) external returns (uint32 version);

    /// @notice Announces the activation of a version. The owner alone. Immediate if no version was ever active.
    function scheduleActivation(uint32 version) external;

    /// @notice Gives up the announced activation. The owner alone.
    function cancelActivation() external;

    /// @notice Tries to make the announced version active. Anyone may, once the timelock has passed.
    /// @return activated False if this block was not drawn; nothing has changed then.
    /// @dev Reverts with NoActivationPending, ActivationTooEarly or ActivationExpired.
    function activate() external returns (bool activated);

    /// @notice Sets the multiplier by the oracle's newest indices. Anyone may: for a registry that the oracle does not call (it calls one
    ///         observer), and after it was not called for a while.
    function follow() external;

    /// @notice Raises the floor under the multiplier, at once. Guardian or owner. At most `MAX_FLOOR` (8, Q32). What it takes to be healthy rises for
    ///         everyone with it: accounts that are healthy below the floor only can be shown to be unhealthy from then on.
    function tighten(uint64 newFloor) external;

    /// @notice Announces that the floor will be lowered. The owner alone.
    function scheduleRelax(uint64 newFloor) external;

    /// @notice Lowers the floor as announced; the multiplier then falls by its decay. The owner alone, after the timelock. A floor that was
    ///         raised since the announcement makes it void.
    function relax(uint64 newFloor) external;

    /// @notice The stress multiplier now, Q16 and rounded up: what `factor` of a proof of health must at least be.
    /// @dev Reverts with NoActiveVersion, or EnforcedPause.
    function requiredFactor() external view returns (uint256);

    /// @notice As `requiredFactor`, for the verifier that asks.
    /// @dev Reverts with VerifierNotActive besides: the keys of a version that is no longer active prove nothing any more.
    function requiredFactorFor(address verifier) external view returns (uint256);

    /// @notice The active version's verifier: the one to send proofs to. Reverts with NoActiveVersion.
    function verifier() external view returns (address);

    /// @notice The active version; 0 before the first activation.
    function activeVersion() external view returns (uint32);

    /// @notice What a version is. Reverts with UnknownVersion.
    function versionOf(uint32 version)
        external
        view
        returns (uint8 generation, PolicyParameters memory parameters, address verifier_, TierKey[] memory keys);
}
