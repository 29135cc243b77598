// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Guarded} from "./access/Guarded.sol";
import {Timelocked} from "./access/Timelocked.sol";
import {IMarginVerifier, TierKey} from "./interfaces/IMarginVerifier.sol";
import {IPolicyRegistry, PolicyParameters} from "./interfaces/IPolicyRegistry.sol";
import {AssetIndices, IRiskObserver, IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {StressMultiplier} from "./libraries/StressMultiplier.sol";

/// @title Versions of the margin policy, and the stress multiplier of the one that is active
/// @dev Pausing stops the readers of the multiplier alone. Indices are followed, the floor is set and versions are activated all the same: a
///      pause must neither stop the oracle, whose publications call this contract, nor miss a spike.
///
///      Whoever has a transaction in the drawn block can read the draw before acting, and who sees the block before it can compute it; what the
///      draw hides is which block that will be.
contract PolicyRegistry is IPolicyRegistry, Timelocked {
    using SafeCast for uint256;

    /// @notice The multiplier, Q32, in one word, since every attestation reads it.
    /// @param value What it was at `since`; never below `target`.
    /// @param target Where it falls to: the larger of the policy function's result and the floor.
    /// @param floor Least target.
    /// @param since Unix second at which `value` was set.
    /// @param decay How far it falls in a second: the active version's.
    /// @param version The active version; 0 before the first activation.
    struct Multiplier {
        uint40 value;
        uint40 target;
        uint40 floor;
        uint40 since;
        uint64 decay;
        uint32 version;
    }

    struct Version {
        uint8 generation;
        address verifier;
        PolicyParameters parameters;
        TierKey[] keys;
    }

    struct Activation {
        uint32 version;
        uint64 from;
    }

    /// @notice An activation succeeds in one of this many blocks on average: with blocks of 12 seconds after three minutes, short beside any
    ///         timelock. Who would act in the drawn block has to stand ready in 16 of them.
    uint256 public constant ODDS = 16;
    /// @notice Largest floor, Q32: 8. A guardian who wants more than that pauses.
    uint64 public constant MAX_FLOOR = 8 << 32;
    /// @notice Longest `maxDelay`, seconds.
    uint64 public constant MAX_DELAY = 7 days;

    /// @notice Where indices are from.
    IRiskOracle public immutable oracle;
    /// @notice Seconds after the timelock from which an activation is drawn in any block.
    uint64 public immutable maxDelay;

    /// @notice The multiplier's state.
    Multiplier public multiplier;
    /// @notice The announced activation; version 0 if there is none.
    Activation public pendingActivation;
    /// @notice How many versions were proposed; the newest one's number.
    uint32 public versionCount;
    /// @notice How often the floor was raised.
    uint64 public raises;

    mapping(uint32 version => Version) private _versions;

    constructor(address owner, address guardian, uint64 timelock, uint64 maxDelay_, IRiskOracle oracle_)
        Guarded(owner, guardian)
        Timelocked(timelock)
    {
        if (address(oracle_) == address(0)) revert AddressIsZero();
        if (maxDelay_ == 0 || maxDelay_ > MAX_DELAY) revert DelayOutOfRange(maxDelay_);
        oracle = oracle_;
        maxDelay = maxDelay_;
    }

    /// @inheritdoc IPolicyRegistry
    function propose(
        uint8 generation,
        PolicyParameters calldata parameters,
        address marginVerifier,
        TierKey[] calldata keys
    ) external onlyOwner returns (uint32 version) {
        if (generation == 0 || generation > 3) revert InvalidGeneration(generation);
        if (!StressMultiplier.checkParameters(parameters)) revert InvalidParameters();
        _checkVerifier(marginVerifier, keys);

        version = ++versionCount;
        Version storage recorded = _versions[version];
        recorded.generation = generation;
        recorded.verifier = marginVerifier;
        recorded.parameters = parameters;
        for (uint256 i = 0; i < keys.length; ++i) {
            recorded.keys.push(keys[i]);
        }
        emit VersionProposed(version, generation, parameters, marginVerifier, keys);
    }

    /// @inheritdoc IPolicyRegistry
    function scheduleActivation(uint32 version) external onlyOwner {
        if (version == 0 || version > versionCount) revert UnknownVersion(version);
        if (pendingActivation.version != 0) revert ActivationPending(pendingActivation.version);
        if (multiplier.version == 0) return _activate(version);
        uint256 from = block.timestamp + timelock;
        pendingActivation = Activation(version, from.toUint64());
        emit ActivationScheduled(version, from, from + maxDelay);
    }

    /// @inheritdoc IPolicyRegistry
    function cancelActivation() external onlyOwner {
        uint32 version = pendingActivation.version;
        if (version == 0) revert NoActivationPending();
        delete pendingActivation;
        emit ActivationCancelled(version);
    }

    /// @inheritdoc IPolicyRegistry
    function activate() external returns (bool activated) {
        Activation memory pending = pendingActivation;
        if (pending.version == 0) revert NoActivationPending();
        if (block.timestamp < pending.from) revert ActivationTooEarly(pending.from, block.timestamp);
        uint256 until = uint256(pending.from) + maxDelay;
        if (block.timestamp > until + WINDOW) revert ActivationExpired(until + WINDOW, block.timestamp);
        if (block.timestamp < until && !_drawn(pending.version)) return false;
        delete pendingActivation;
        _activate(pending.version);
        return true;
    }

    /// @inheritdoc IPolicyRegistry
    function tighten(uint64 newFloor) external onlyGuardian {
        Multiplier memory present = multiplier;
        if (newFloor <= present.floor || newFloor > MAX_FLOOR) revert FloorOutOfRange(newFloor, present.floor);
        ++raises;
        _setFloor(present, newFloor, Math.max(present.target, newFloor));
    }

    /// @inheritdoc IPolicyRegistry
    function scheduleRelax(uint64 newFloor) external onlyOwner {
        uint64 present = multiplier.floor;
        if (newFloor >= present) revert FloorOutOfRange(newFloor, present);
        bytes32 operation = _relaxation(present, newFloor);
        _schedule(operation);
        emit RelaxationScheduled(newFloor, readyAt[operation]);
    }

    /// @inheritdoc IPolicyRegistry
    function relax(uint64 newFloor) external onlyOwner {
        Multiplier memory present = multiplier;
        _consume(_relaxation(present.floor, newFloor));
        _setFloor(present, newFloor, present.version == 0 ? 0 : _targetOf(present.version, newFloor, oracle.indices()));
    }

    /// @inheritdoc IPolicyRegistry
    function follow() external {
        Multiplier memory present = multiplier;
        if (present.version == 0) revert NoActiveVersion();
        _follow(present, _targetOf(present.version, present.floor, oracle.indices()));
    }

    /// @inheritdoc IRiskObserver
    function onRiskPublished(AssetIndices[] calldata assets) external {
        if (msg.sender != address(oracle)) revert NotOracle(msg.sender);
        Multiplier memory present = multiplier;
        if (present.version == 0) return;
        uint256 target = _targetOf(present.version, present.floor, assets);
        // With the same target the multiplier goes on falling as it does.
        if (target != present.target) _follow(present, target);
    }

    /// @inheritdoc IPolicyRegistry
    function requiredFactor() external view returns (uint256) {
        return _requiredFactor(multiplier);
    }

    /// @inheritdoc IPolicyRegistry
    function requiredFactorFor(address marginVerifier) external view returns (uint256 factor) {
        Multiplier memory present = multiplier;
        factor = _requiredFactor(present);
        if (marginVerifier != _versions[present.version].verifier) revert VerifierNotActive(marginVerifier);
    }

    /// @inheritdoc IPolicyRegistry
    function verifier() external view returns (address) {
        uint32 version = multiplier.version;
        if (version == 0) revert NoActiveVersion();
        return _versions[version].verifier;
    }

    /// @inheritdoc IPolicyRegistry
    function activeVersion() external view returns (uint32) {
        return multiplier.version;
    }

    /// @inheritdoc IPolicyRegistry
    function versionOf(uint32 version)
        external
        view
        returns (uint8 generation, PolicyParameters memory parameters, address marginVerifier, TierKey[] memory keys)
    {
        if (version == 0 || version > versionCount) revert UnknownVersion(version);
        Version storage recorded = _versions[version];
        return (recorded.generation, recorded.parameters, recorded.verifier, recorded.keys);
    }

    /// @dev The value so far falls by the old version's decay up to here, and by the new one's from here.
    function _activate(uint32 version) private {
        AssetIndices[] memory indices = oracle.indices();
        if (indices.length == 0) revert NoIndices();
        Multiplier memory present = multiplier;
        present.value = _valueOf(present).toUint40();
        present.since = block.timestamp.toUint40();
        present.decay = _versions[version].parameters.decay;
        present.version = version;
        emit VersionActivated(version);
        _follow(present, _targetOf(version, present.floor, indices));
    }

    function _setFloor(Multiplier memory present, uint64 newFloor, uint256 target) private {
        present.floor = uint256(newFloor).toUint40();
        emit FloorChanged(newFloor);
        if (present.version == 0) multiplier = present;
        else _follow(present, target);
    }

    /// @dev Up to the target at once, else down from where it is. No multiplier reaches 2^40: `StressMultiplier.LIMIT`, `MAX_FLOOR`.
    function _follow(Multiplier memory present, uint256 target) private {
        present.value = Math.max(target, _valueOf(present)).toUint40();
        present.target = target.toUint40();
        present.since = block.timestamp.toUint40();
        multiplier = present;
        emit MultiplierChanged(present.value, present.target);
    }

    /// @dev A floor that was raised after the announcement makes it void: the guardian's answer to an emergency outlasts earlier plans.
    function _relaxation(uint64 from, uint64 to) private view returns (bytes32) {
        return keccak256(abi.encode(IPolicyRegistry.relax.selector, raises, from, to));
    }

    function _checkVerifier(address marginVerifier, TierKey[] calldata keys) private view {
        IMarginVerifier asked = IMarginVerifier(marginVerifier);
        if (
            marginVerifier.code.length == 0 || asked.riskOracle() != address(oracle)
                || asked.policyRegistry() != address(this)
        ) revert InvalidVerifier(marginVerifier);
        if (keccak256(abi.encode(asked.keys())) != keccak256(abi.encode(keys))) revert KeysMismatch(marginVerifier);
    }

    function _drawn(uint32 version) private view returns (bool) {
        return uint256(keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), version))) % ODDS == 0;
    }

    function _targetOf(uint32 version, uint256 floor, AssetIndices[] memory indices) private view returns (uint256) {
        Version storage active = _versions[version];
        return Math.max(floor, StressMultiplier.multiplierOf(active.generation, active.parameters, indices));
    }

    function _requiredFactor(Multiplier memory present) private view whenNotPaused returns (uint256) {
        if (present.version == 0) revert NoActiveVersion();
        return StressMultiplier.factorOf(_valueOf(present));
    }

    function _valueOf(Multiplier memory present) private view returns (uint256) {
        return StressMultiplier.decayed(
            present.value, present.decay, block.timestamp - present.since, present.target
        );
    }
}
