// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @title An owner that hands over in two steps, and a guardian that can stop the contract but not start it again
abstract contract Guarded is Ownable2Step, Pausable {
    /// @notice Who may pause besides the owner; zero if nobody.
    address public guardian;

    /// @notice The guardian was replaced.
    event GuardianChanged(address indexed guardian);

    /// @dev Thrown when the caller is neither the guardian nor the owner.
    error NotGuardian(address caller);
    /// @dev Thrown when an address that must be set is zero.
    error AddressIsZero();
    /// @dev Thrown when the owner tries to leave the contract without one.
    error OwnershipNotRenounceable();

    constructor(address initialOwner, address initialGuardian) Ownable(initialOwner) {
        guardian = initialGuardian;
        emit GuardianChanged(initialGuardian);
    }

    modifier onlyGuardian() {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _;
    }

    /// @notice Replaces the guardian; zero leaves pausing to the owner.
    function setGuardian(address newGuardian) external onlyOwner {
        guardian = newGuardian;
        emit GuardianChanged(newGuardian);
    }

    /// @notice Stops the contract. Guardian or owner.
    function pause() external onlyGuardian {
        _pause();
    }

    /// @notice Starts the contract again. The owner alone.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice Always refused: a contract without an owner could never be started again.
    function renounceOwnership() public pure override {
        revert OwnershipNotRenounceable();
    }
}
