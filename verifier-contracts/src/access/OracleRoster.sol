// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {AssetIndices, IRiskObserver, IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {RiskHeaders} from "../libraries/RiskHeaders.sol";
import {Timelocked} from "./Timelocked.sol";

/// @title Who signs risk headers, which assets they list, and who is told
/// @dev The owner changes each of the three under the timelock.
abstract contract OracleRoster is IRiskOracle, Timelocked {
    /// @notice Most signers.
    uint256 public constant MAX_SIGNERS = 16;
    /// @notice Most assets.
    uint256 public constant MAX_ASSETS = 16;

    /// @notice Who is told of published headers; zero if nobody.
    address public observer;
    /// @notice How many signers a header needs.
    uint8 public threshold;
    uint8 private _signerCount;
    /// @notice Whether an address is one of the signers.
    mapping(address => bool) public isSigner;
    address[] private _signers;
    uint32[] private _assets;

    /// @dev Both lists in ascending order.
    constructor(address[] memory initialSigners, uint256 initialThreshold, uint32[] memory initialAssets) {
        _checkSigners(initialSigners, initialThreshold);
        _setSigners(initialSigners, initialThreshold);
        _checkAssets(initialAssets);
        _setAssets(initialAssets);
    }

    /// @notice Announces other signers, in ascending order. The owner alone.
    function scheduleSigners(address[] calldata newSigners, uint256 newThreshold) external onlyOwner {
        _checkSigners(newSigners, newThreshold);
        bytes32 operation = keccak256(abi.encode(this.applySigners.selector, newSigners, newThreshold));
        _schedule(operation);
        emit SignersScheduled(newSigners, newThreshold, readyAt[operation]);
    }

    /// @notice Replaces the signers as announced. The owner alone, after the timelock. Signatures of those who leave count no more.
    function applySigners(address[] calldata newSigners, uint256 newThreshold) external onlyOwner {
        _consume(keccak256(abi.encode(this.applySigners.selector, newSigners, newThreshold)));
        _setSigners(newSigners, newThreshold);
    }

    /// @notice Announces another list of assets, in ascending order. The owner alone.
    function scheduleAssets(uint32[] calldata newAssets) external onlyOwner {
        _checkAssets(newAssets);
        bytes32 operation = keccak256(abi.encode(this.applyAssets.selector, newAssets));
        _schedule(operation);
        emit AssetsScheduled(newAssets, readyAt[operation]);
    }

    /// @notice Replaces the list of assets as announced. The owner alone, after the timelock. The first indices of an asset that the last
    ///         header had not are not compared with anything.
    function applyAssets(uint32[] calldata newAssets) external onlyOwner {
        _consume(keccak256(abi.encode(this.applyAssets.selector, newAssets)));
        _setAssets(newAssets);
    }

    /// @notice Sets the first observer, at once. The owner alone; later ones are announced.
    function setObserver(address newObserver) external onlyOwner {
        if (observer != address(0)) revert ObserverAlreadySet(observer);
        _setObserver(newObserver);
    }

    /// @notice Announces another observer. The owner alone.
    function scheduleObserver(address newObserver) external onlyOwner {
        bytes32 operation = keccak256(abi.encode(this.applyObserver.selector, newObserver));
        _schedule(operation);
        emit ObserverScheduled(newObserver, readyAt[operation]);
    }

    /// @notice Replaces the observer as announced. The owner alone, after the timelock.
    function applyObserver(address newObserver) external onlyOwner {
        _consume(keccak256(abi.encode(this.applyObserver.selector, newObserver)));
        _setObserver(newObserver);
    }

    /// @notice The signers, in ascending order.
    function signers() external view returns (address[] memory) {
        return _signers;
    }

    /// @notice The listed assets, in ascending order.
    function assets() external view returns (uint32[] memory) {
        return _assets;
    }

    function _checkIndices(AssetIndices[] calldata given) internal view {
        uint32[] memory listed = _assets;
        for (uint256 i = 0; i < listed.length; ++i) {
            if (i == given.length || given[i].asset != listed[i]) revert AssetsMismatch(i);
            RiskHeaders.checkRanges(given[i]);
        }
        if (given.length != listed.length) revert AssetsMismatch(listed.length);
    }

    function _checkSignatures(bytes32 digest, bytes[] calldata signatures) internal view {
        uint256 count = signatures.length;
        uint256 needed = threshold;
        if (count < needed || count > _signerCount) {
            revert SignatureCountOutOfRange(count, needed, _signerCount);
        }
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            // Zero if malformed or malleable; zero is not above zero.
            (address signer,,) = ECDSA.tryRecoverCalldata(digest, signatures[i]);
            if (signer <= previous || !isSigner[signer]) revert InvalidSignature(i);
            previous = signer;
        }
    }

    function _notify(AssetIndices[] calldata published) internal {
        if (observer != address(0)) IRiskObserver(observer).onRiskPublished(published);
    }

    function _setSigners(address[] memory newSigners, uint256 newThreshold) private {
        for (uint256 i = 0; i < _signers.length; ++i) isSigner[_signers[i]] = false;
        for (uint256 i = 0; i < newSigners.length; ++i) isSigner[newSigners[i]] = true;
        _signers = newSigners;
        threshold = uint8(newThreshold);
        _signerCount = uint8(newSigners.length);
        emit SignersChanged(newSigners, newThreshold);
    }

    function _setAssets(uint32[] memory newAssets) private {
        _assets = newAssets;
        emit AssetsChanged(newAssets);
    }

    function _setObserver(address newObserver) private {
        if (newObserver.code.length == 0) revert InvalidObserver(newObserver);
        observer = newObserver;
        emit ObserverChanged(newObserver);
    }

    function _checkSigners(address[] memory newSigners, uint256 newThreshold) private pure {
        uint256 count = newSigners.length;
        if (count > MAX_SIGNERS || newThreshold > count || 2 * newThreshold <= count) revert InvalidSigners();
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            if (newSigners[i] <= previous) revert InvalidSigners();
            previous = newSigners[i];
        }
    }

    function _checkAssets(uint32[] memory newAssets) private pure {
        if (newAssets.length == 0 || newAssets.length > MAX_ASSETS) revert InvalidAssets();
        uint32 previous = 0;
        for (uint256 i = 0; i < newAssets.length; ++i) {
            if (newAssets[i] <= previous) revert InvalidAssets();
            previous = newAssets[i];
        }
    }
}
