// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The indices of one asset that the policy function reads. Q32: 2^32 is 1.
/// @param asset Number of the asset in the risk payload, from 1.
/// @param spot Price in the quote currency x 10^8, above 0.
/// @param fastVolatility Annual volatility, fast estimate, Q32.
/// @param slowVolatility Annual volatility, slow estimate, Q32.
/// @param openInterestSkew (long - short) / (long + short) of the crowded side, Q32, in [-1, 1].
/// @param correlation Mean correlation with the other assets, Q32, in [-1, 1].
/// @param depth Value units (1e-6 of the quote currency) that can be traded in a day without exhausting the book.
/// @param utilisation Share of the protocol's capacity in the asset that is in use, Q32, in [0, 1].
/// @param contagion Stress observed at other protocols, Q32, in [0, 1].
struct AssetIndices {
    uint32 asset;
    uint64 spot;
    uint40 fastVolatility;
    uint40 slowVolatility;
    int40 openInterestSkew;
    int40 correlation;
    uint96 depth;
    uint40 utilisation;
    uint40 contagion;
}

/// @notice What the signers sign: the head of one epoch's risk payload.
/// @param epoch Number of the payload, above that of every header before it. The same number is hashed into `riskRoot`.
/// @param time Unix second of the market data.
/// @param riskRoot Commitment to the whole payload, an element of the scalar field of BN254, not 0.
/// @param assets The listed assets, all of them, in ascending order of `asset`.
struct RiskHeader {
    uint64 epoch;
    uint64 time;
    uint256 riskRoot;
    AssetIndices[] assets;
}

/// @notice How much an index may differ from the one before. Beyond it the circuit breaker trips. All Q32, above 0.
/// @param spot, fastVolatility, slowVolatility, depth Relative to the value before.
/// @param openInterestSkew, utilisation, correlation, contagion Absolute.
struct DeviationBounds {
    uint40 spot;
    uint40 fastVolatility;
    uint40 slowVolatility;
    uint40 depth;
    uint40 openInterestSkew;
    uint40 utilisation;
    uint40 correlation;
    uint40 contagion;
}

/// @notice Fixed when the oracle is deployed. Seconds, each at most `MAX_LIMIT` (30 days).
/// @param grace How long a root stays usable after it is superseded, so that proving can outlast an epoch. At most `maxAge`.
/// @param maxAge How old a header may be when it is published, and how long its root is usable if no newer one comes. Above 0.
/// @param maxClockSkew How far a header's time may be ahead of the block's.
/// @param minInterval Least difference between the times of two headers. Above 0: with `deviation` it bounds what signers can do in a given time.
/// @param breakerDelay Least time between the trip of the circuit breaker and the data of the header that ends it. Above 0.
struct OracleLimits {
    uint64 grace;
    uint64 maxAge;
    uint64 maxClockSkew;
    uint64 minInterval;
    uint64 breakerDelay;
    DeviationBounds deviation;
}

/// @title Which risk roots margin may be proven against, and the indices that the stress multiplier follows
/// @notice Anyone may publish a header that `threshold` of the signers have signed (EIP-712, domain "zkmargin RiskOracle", version "1").
/// @dev Assumption: fewer than `threshold` signers are dishonest, and whoever reads the payload rebuilds it (`zkmargin risk check`): the
///      contract can't see whether `riskRoot` belongs to the indices.
///
///      Cherry-picking. An account may prove against any usable root, so against the one that suits it best among those superseded in the
///      last `grace` seconds and the newest: at most 2 + (grace + maxClockSkew + maxAge) / minInterval, and no older than `maxAge`. Within
///      `grace` seconds an index moves by at most its deviation bound once per header. A consumer that wants less compares `Attestation.epoch` with
///      `newest()` and reverts unless they are the same, at the cost of the proofs in flight: each header voids those made against the one before.
///      An attestation of a newer epoch is never replaced by one of an older epoch (`IMarginVerifier`).
///
///      Circuit breaker. A header with an index beyond its bound is held, not published, and no root is usable from then on. The first later
///      header that is within the bounds of the held one (the market did move) or of the last published one (it did not), with data from at least
///      `breakerDelay` seconds after the trip, is published and ends it. A header within one of them that comes too early is held in place of the
///      held one, and the delay runs on; a header within neither is, too, but the delay starts again. A confirmed move leaves no grace to the roots
///      from before it: they differ from the newest by more than the bounds. A pause takes all roots with it: what comes after it is a new header.
///
///      Signers publish a header before they sign the next: whoever carries the second one of two first makes the first one void, and may
///      trip the breaker where both in their order would not.
interface IRiskOracle {
    /// @notice A root became the newest.
    event RiskRootPublished(uint64 indexed epoch, uint256 indexed riskRoot, uint64 time);
    /// @notice A header was held because an index of an asset left its bounds; `index` counts the fields of `DeviationBounds` from 0.
    event BreakerTripped(uint64 indexed epoch, uint32 indexed asset, uint8 index);
    /// @notice A header within bounds was held because its data are from before `until`, the end of the delay.
    event HeaderHeld(uint64 indexed epoch, uint256 until);
    /// @notice A published header ended the trip; `confirmed`: by confirming the move, so that no older root is usable any more.
    event BreakerReset(uint64 indexed epoch, bool confirmed);
    /// @notice The signers may be replaced by these from `readyAt` (unix seconds) on, for `WINDOW` (14 days); likewise the assets and the observer.
    event SignersScheduled(address[] signers, uint256 threshold, uint256 readyAt);
    event AssetsScheduled(uint32[] assets, uint256 readyAt);
    event ObserverScheduled(address indexed observer, uint256 readyAt);
    /// @notice The signers were replaced.
    event SignersChanged(address[] signers, uint256 threshold);
    /// @notice The list of assets was replaced.
    event AssetsChanged(uint32[] assets);
    /// @notice The observer was replaced.
    event ObserverChanged(address indexed observer);

    /// @dev Thrown when an epoch is not above that of every header before it.
    error EpochNotIncreasing(uint64 newest, uint64 epoch);
    /// @dev Thrown when an epoch is more than `MAX_EPOCH_STEP` (2^48) above that of the last header.
    error EpochTooFar(uint64 last, uint64 epoch);
    /// @dev Thrown when a header's time is not `minInterval` after that of the header before it.
    error TimeNotIncreasing(uint64 least, uint64 time);
    /// @dev Thrown when a header's time is more than `maxClockSkew` ahead of the block's.
    error HeaderFromTheFuture(uint64 time, uint256 timestamp);
    /// @dev Thrown when a header is older than `maxAge`.
    error HeaderTooOld(uint64 time, uint256 timestamp);
    /// @dev Thrown when a root is zero or not an element of the field.
    error InvalidRiskRoot(uint256 riskRoot);
    /// @dev Thrown when the assets of a header are not the listed ones in their order.
    error AssetsMismatch(uint256 position);
    /// @dev Thrown when an index is outside its range; `index` counts the fields of `DeviationBounds` from 0.
    error IndexOutOfRange(uint32 asset, uint8 index);
    /// @dev Thrown when there are fewer signatures than the threshold, or more than signers.
    error SignatureCountOutOfRange(uint256 count, uint256 threshold, uint256 signers);
    /// @dev Thrown when the signature at a position is malformed, malleable (high s), of no signer, or not in ascending order of the
    ///      signers' addresses, which is how a duplicate shows.
    error InvalidSignature(uint256 position);
    /// @dev Thrown when a set of signers is empty, above `MAX_SIGNERS` (16), not in strictly ascending order, contains zero, or the threshold is
    ///      not above half of it or above all of it.
    error InvalidSigners();
    /// @dev Thrown when a list of assets is empty, above `MAX_ASSETS` (16), not in strictly ascending order, or contains zero.
    error InvalidAssets();
    /// @dev Thrown when the first observer is set while there is one: a later one is announced.
    error ObserverAlreadySet(address observer);
    /// @dev Thrown when an observer has no code: no header could be published.
    error InvalidObserver(address observer);
    /// @dev Thrown when limits or bounds are outside their range or contradict each other: see `OracleLimits`, `DeviationBounds`.
    error InvalidLimits();

    /// @notice Publishes a header, or holds it if an index left its bounds. Anyone may.
    /// @param signatures 65 bytes each (r, s, v), in ascending order of the signers' addresses.
    /// @return published False if it was held.
    /// @dev Reverts with one of the errors above, or EnforcedPause. The observer is told before this returns; if it reverts, so does this.
    function publish(RiskHeader calldata header, bytes[] calldata signatures) external returns (bool published);

    /// @notice The root of an epoch if a proof against it may be accepted now; else 0.
    /// @dev Usable: its data at most `maxAge` seconds old, either newest or superseded at most `grace` seconds ago; no confirmed move
    ///      and no pause since it was published; the circuit breaker not tripped, the oracle not paused. Data are as old as the header's time, or its publication if that was earlier.
    function currentRoot(uint64 epoch) external view returns (uint256 riskRoot);

    /// @notice The newest published header's epoch and root, usable or not; zeros before the first.
    function newest() external view returns (uint64 epoch, uint256 riskRoot);

    /// @notice The indices of the newest published header; empty before the first.
    function indices() external view returns (AssetIndices[] memory);

    /// @notice What the signers sign for a header: its EIP-712 digest.
    function digestOf(RiskHeader calldata header) external view returns (bytes32);
}

/// @title Who is told of published headers
interface IRiskObserver {
    /// @notice A header with these indices was published.
    function onRiskPublished(AssetIndices[] calldata assets) external;
}
