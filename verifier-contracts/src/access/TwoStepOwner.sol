// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title An owner that hands over in two steps, so that ownership can't be lost to an address nobody controls
abstract contract TwoStepOwner {
    /// @notice The owner.
    address public owner;
    /// @notice Who may accept ownership; zero if nobody.
    address public pendingOwner;

    /// @notice The owner offered ownership; zero withdraws the offer.
    event OwnershipOffered(address indexed owner, address indexed pendingOwner);
    /// @notice Ownership was taken over.
    event OwnershipTransferred(address indexed previousOwner, address indexed owner);

    /// @dev Thrown when the caller is not the owner.
    error NotOwner(address caller);
    /// @dev Thrown when the caller was not offered ownership.
    error NotPendingOwner(address caller);
    /// @dev Thrown when an address that must be set is zero.
    error AddressIsZero();

    constructor(address initialOwner) {
        if (initialOwner == address(0)) revert AddressIsZero();
        owner = initialOwner;
        emit OwnershipTransferred(address(0), initialOwner);
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    /// @notice Offers ownership; nothing changes until it is accepted.
    function offerOwnership(address candidate) external onlyOwner {
        pendingOwner = candidate;
        emit OwnershipOffered(owner, candidate);
    }

    /// @notice Takes over ownership that was offered to the caller.
    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert NotPendingOwner(msg.sender);
        emit OwnershipTransferred(owner, msg.sender);
        owner = msg.sender;
        pendingOwner = address(0);
    }
}
