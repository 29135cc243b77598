// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TwoStepOwner} from "./access/TwoStepOwner.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {Groth16} from "./libraries/Groth16.sol";

/// @title Risk roots published by one address the owner appoints
contract RiskRegistry is IRiskRegistry, TwoStepOwner {
    /// @dev One slot. publishedAt is 0 for a root never published; supersededAt is 0 for the newest.
    struct Publication {
        uint64 epoch;
        uint64 publishedAt;
        uint64 supersededAt;
    }

    /// @notice Seconds for which a root stays current after a newer one is published.
    uint64 public immutable grace;
    /// @notice Seconds after which a root is stale even if there is no newer one.
    uint64 public immutable maxAge;
    /// @notice Who publishes.
    address public publisher;

    uint256 private _newest;
    mapping(uint256 riskRoot => Publication) private _publications;

    constructor(address initialOwner, address initialPublisher, uint64 grace_, uint64 maxAge_) TwoStepOwner(initialOwner) {
        if (maxAge_ == 0) revert MaxAgeIsZero();
        grace = grace_;
        maxAge = maxAge_;
        _setPublisher(initialPublisher);
    }

    /// @notice Replaces the publisher.
    function setPublisher(address newPublisher) external onlyOwner {
        _setPublisher(newPublisher);
    }

    /// @notice Makes a root the newest. Epochs may skip, but only rise; the first must be above 0.
    function publish(uint256 riskRoot, uint64 epoch) external {
        if (msg.sender != publisher) revert NotPublisher(msg.sender);
        if (riskRoot == 0 || riskRoot >= Groth16.R) revert InvalidRiskRoot(riskRoot);
        if (_publications[riskRoot].publishedAt != 0) revert RiskRootAlreadyPublished(riskRoot);
        Publication storage previous = _publications[_newest];
        if (epoch <= previous.epoch) revert EpochNotIncreasing(previous.epoch, epoch);

        uint64 time = uint64(block.timestamp);
        if (_newest != 0) previous.supersededAt = time;
        _publications[riskRoot] = Publication({epoch: epoch, publishedAt: time, supersededAt: 0});
        _newest = riskRoot;
        emit RiskRootPublished(riskRoot, epoch, time);
    }

    /// @inheritdoc IRiskRegistry
    function isCurrent(uint256 riskRoot) external view returns (bool current, uint64 epoch) {
        Publication storage publication = _publications[riskRoot];
        uint256 publishedAt = publication.publishedAt;
        uint256 supersededAt = publication.supersededAt;
        epoch = publication.epoch;
        // Sums of 64-bit values in 256 bits: a huge grace or maximum age means "for ever", and nothing overflows.
        unchecked {
            current = publishedAt != 0 && block.timestamp <= publishedAt + maxAge
                && (supersededAt == 0 || block.timestamp <= supersededAt + grace);
        }
    }

    /// @inheritdoc IRiskRegistry
    function newest() external view returns (uint256 riskRoot, uint64 epoch) {
        riskRoot = _newest;
        epoch = _publications[riskRoot].epoch;
    }

    function _setPublisher(address newPublisher) private {
        if (newPublisher == address(0)) revert AddressIsZero();
        publisher = newPublisher;
        emit PublisherChanged(newPublisher);
    }
}
