// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Guarded} from "./access/Guarded.sol";
import {OracleRoster} from "./access/OracleRoster.sol";
import {Timelocked} from "./access/Timelocked.sol";
import {
    AssetIndices,
    DeviationBounds,
    IRiskOracle,
    OracleLimits,
    RiskHeader
} from "./interfaces/IRiskOracle.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {RiskHeaders} from "./libraries/RiskHeaders.sol";

/// @dev State of the circuit breaker. A base of its own, so that it lies in the word of Pausable's flag: `currentRoot` reads both in each
///      attestation. 40 bits of seconds last 34,000 years.
abstract contract Breaker is Pausable {
    uint40 internal _trippedAt;
    uint32 internal _era;
}

/// @title Risk roots and indices that k of n signers vouch for
/// @dev Nobody can change the limits.
contract RiskOracle is Breaker, OracleRoster, EIP712 {
    /// @notice A published header. Two words.
    /// @param time Unix second of its data: the header's time, or that of its publication if that was earlier.
    /// @param supersededAt Unix second; 0 for the newest.
    /// @param era Number of confirmed moves and pauses before it: a root is usable in its own era alone.
    struct Publication {
        uint256 riskRoot;
        uint64 time;
        uint64 supersededAt;
        uint32 era;
    }

    /// @dev One word. `newest` is the epoch of the newest published header; `epoch` and `time` are those of the last header, held ones included.
    struct Head {
        uint64 newest;
        uint64 epoch;
        uint64 time;
    }

    /// @notice Largest of the limits, seconds: a larger one is a mistake of units.
    uint64 public constant MAX_LIMIT = 30 days;
    /// @notice Largest step from epoch to epoch. Epochs may be times, in milliseconds even; but no header can use up those of the next ones.
    uint64 public constant MAX_EPOCH_STEP = 1 << 48;

    uint64 private immutable _grace;
    uint64 private immutable _maxAge;
    uint64 private immutable _maxClockSkew;
    uint64 private immutable _minInterval;
    uint64 private immutable _breakerDelay;
    DeviationBounds private _deviation;

    Head private _head;
    AssetIndices[] private _indices;
    /// @dev Of the held header; without meaning while the breaker is not tripped.
    AssetIndices[] private _heldIndices;
    mapping(uint64 epoch => Publication) private _publications;

    /// @param initialSigners In ascending order.
    /// @param initialAssets In ascending order.
    constructor(
        address initialOwner,
        address initialGuardian,
        uint64 timelock_,
        OracleLimits memory limits_,
        address[] memory initialSigners,
        uint256 initialThreshold,
        uint32[] memory initialAssets
    )
        Guarded(initialOwner, initialGuardian)
        Timelocked(timelock_)
        OracleRoster(initialSigners, initialThreshold, initialAssets)
        EIP712("zkmargin RiskOracle", "1")
    {
        _checkLimits(limits_);
        _grace = limits_.grace;
        _maxAge = limits_.maxAge;
        _maxClockSkew = limits_.maxClockSkew;
        _minInterval = limits_.minInterval;
        _breakerDelay = limits_.breakerDelay;
        _deviation = limits_.deviation;
    }

    /// @inheritdoc IRiskOracle
    function publish(RiskHeader calldata header, bytes[] calldata signatures)
        external
        whenNotPaused
        returns (bool published)
    {
        Head memory head = _head;
        _checkOrder(header, head);
        if (header.riskRoot == 0 || header.riskRoot >= Groth16.R) revert InvalidRiskRoot(header.riskRoot);
        _checkIndices(header.assets);
        _checkSignatures(digestOf(header), signatures);

        head.epoch = header.epoch;
        head.time = header.time;
        published = _passesBreaker(header);
        if (!published) {
            _head = head;
            _heldIndices = header.assets;
            return false;
        }

        if (head.newest != 0) _publications[head.newest].supersededAt = uint64(block.timestamp);
        head.newest = header.epoch;
        _head = head;
        _indices = header.assets;
        _publications[header.epoch] =
            Publication({riskRoot: header.riskRoot, time: _dataTime(header), supersededAt: 0, era: _era});
        emit RiskRootPublished(header.epoch, header.riskRoot, header.time);
        _notify(header.assets);
    }

    /// @inheritdoc IRiskOracle
    function currentRoot(uint64 epoch) external view returns (uint256) {
        if (paused() || _trippedAt != 0) return 0;
        Publication storage publication = _publications[epoch];
        uint256 supersededAt = publication.supersededAt;
        // Sums in 256 bits: nothing overflows. An epoch that was never published has root 0, whatever else holds.
        if (block.timestamp > uint256(publication.time) + _maxAge) return 0;
        if (publication.era != _era || (supersededAt != 0 && block.timestamp > supersededAt + _grace)) return 0;
        return publication.riskRoot;
    }

    /// @inheritdoc IRiskOracle
    function newest() external view returns (uint64 epoch, uint256 riskRoot) {
        epoch = _head.newest;
        riskRoot = _publications[epoch].riskRoot;
    }

    /// @inheritdoc IRiskOracle
    function indices() external view returns (AssetIndices[] memory) {
        return _indices;
    }

    /// @inheritdoc IRiskOracle
    function digestOf(RiskHeader calldata header) public view returns (bytes32) {
        return _hashTypedDataV4(RiskHeaders.hash(header));
    }

    /// @notice What was published for an epoch, usable or not; zeros if nothing was.
    function publicationOf(uint64 epoch) external view returns (Publication memory) {
        return _publications[epoch];
    }

    /// @notice Epoch and time of the last header, held ones included; zeros before the first. The next one's must be above.
    function last() external view returns (uint64 epoch, uint64 time) {
        return (_head.epoch, _head.time);
    }

    /// @notice Unix second of the circuit breaker's last trip; 0 if it is not tripped.
    function trippedAt() external view returns (uint256) {
        return _trippedAt;
    }

    /// @notice The limits that were fixed at deployment.
    function limits() external view returns (OracleLimits memory) {
        return OracleLimits(_grace, _maxAge, _maxClockSkew, _minInterval, _breakerDelay, _deviation);
    }

    /// @dev Whether the header may be published; trips, holds or resets the breaker.
    function _passesBreaker(RiskHeader calldata header) private returns (bool) {
        uint256 tripped = _trippedAt;
        (bool deviates, uint32 asset, uint8 index) = RiskHeaders.firstDeviation(_indices, header.assets, _deviation);
        if (tripped == 0 && !deviates) return true;

        bool confirms = false;
        if (tripped != 0 && deviates) {
            (bool deviatesFromHeld,,) = RiskHeaders.firstDeviation(_heldIndices, header.assets, _deviation);
            confirms = !deviatesFromHeld;
        }
        if (deviates && !confirms) {
            _trippedAt = uint40(block.timestamp);
            emit BreakerTripped(header.epoch, asset, index);
            return false;
        }
        // The time of the data counts, not only the block's: a header signed during the disturbance may be kept back until the delay is over.
        if (_dataTime(header) < tripped + _breakerDelay) {
            emit HeaderHeld(header.epoch, tripped + _breakerDelay);
            return false;
        }
        _trippedAt = 0;
        // The market did jump: nobody may use the grace to prove against roots from before.
        if (confirms) ++_era;
        emit BreakerReset(header.epoch, confirms);
        return true;
    }

    /// @dev Whatever was published before a pause was perhaps the reason for it: no root is usable until the next header.
    function _unpause() internal override {
        super._unpause();
        ++_era;
    }

    function _checkOrder(RiskHeader calldata header, Head memory head) private view {
        if (header.epoch <= head.epoch) revert EpochNotIncreasing(head.epoch, header.epoch);
        if (header.epoch - head.epoch > MAX_EPOCH_STEP) revert EpochTooFar(head.epoch, header.epoch);
        // head.time is at most the time of a block plus MAX_LIMIT.
        uint64 least = head.epoch == 0 ? 0 : head.time + _minInterval;
        if (header.time < least) revert TimeNotIncreasing(least, header.time);
        if (header.time > block.timestamp + _maxClockSkew) revert HeaderFromTheFuture(header.time, block.timestamp);
        if (block.timestamp > uint256(header.time) + _maxAge) revert HeaderTooOld(header.time, block.timestamp);
    }

    function _dataTime(RiskHeader calldata header) private view returns (uint64) {
        return uint64(Math.min(header.time, block.timestamp));
    }

    function _checkLimits(OracleLimits memory given) private pure {
        DeviationBounds memory bounds = given.deviation;
        bool ordered = given.grace <= given.maxAge && given.maxAge > 0 && given.minInterval > 0 && given.breakerDelay > 0;
        bool small = given.maxAge <= MAX_LIMIT && given.maxClockSkew <= MAX_LIMIT && given.minInterval <= MAX_LIMIT
            && given.breakerDelay <= MAX_LIMIT;
        bool bounded = bounds.spot > 0 && bounds.fastVolatility > 0 && bounds.slowVolatility > 0 && bounds.depth > 0
            && bounds.openInterestSkew > 0 && bounds.utilisation > 0 && bounds.correlation > 0 && bounds.contagion > 0;
        if (!ordered || !small || !bounded) revert InvalidLimits();
    }
}
