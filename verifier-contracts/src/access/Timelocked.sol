// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Guarded} from "./Guarded.sol";

/// @title Changes that the owner announces a fixed time before they can be made
/// @dev An operation is the hash of what it does. It can be made once, from `timelock` seconds after it was scheduled, for `WINDOW` seconds.
abstract contract Timelocked is Guarded {
    /// @notice Seconds for which an operation that is ready can be made; a forgotten one does not lie in wait.
    uint64 public constant WINDOW = 14 days;
    /// @notice Longest timelock, seconds: a longer one is a mistake of units.
    uint64 public constant MAX_TIMELOCK = 90 days;

    /// @notice Seconds between an announcement and the change.
    uint64 public immutable timelock;

    /// @notice Unix second from which an operation can be made; 0 if it is not scheduled.
    mapping(bytes32 operation => uint256) public readyAt;

    /// @notice A change was announced.
    event OperationScheduled(bytes32 indexed operation, uint256 readyAt);
    /// @notice An announced change was given up.
    event OperationCancelled(bytes32 indexed operation);
    /// @notice An announced change was made.
    event OperationDone(bytes32 indexed operation);

    /// @dev Thrown when the timelock is zero or above `MAX_TIMELOCK`.
    error TimelockOutOfRange(uint64 timelock);
    /// @dev Thrown when the operation is scheduled already.
    error OperationPending(bytes32 operation, uint256 readyAt);
    /// @dev Thrown when the operation is not scheduled.
    error OperationUnknown(bytes32 operation);
    /// @dev Thrown when the operation is not ready yet.
    error OperationNotReady(bytes32 operation, uint256 readyAt, uint256 timestamp);
    /// @dev Thrown when the operation was not made within `WINDOW` seconds.
    error OperationExpired(bytes32 operation, uint256 expiredAt, uint256 timestamp);

    constructor(uint64 timelock_) {
        if (timelock_ == 0 || timelock_ > MAX_TIMELOCK) revert TimelockOutOfRange(timelock_);
        timelock = timelock_;
    }

    /// @notice Gives up an announced change.
    function cancel(bytes32 operation) external onlyOwner {
        if (readyAt[operation] == 0) revert OperationUnknown(operation);
        delete readyAt[operation];
        emit OperationCancelled(operation);
    }

    /// @dev An expired operation may be scheduled anew.
    function _schedule(bytes32 operation) internal {
        uint256 ready = readyAt[operation];
        if (ready != 0 && block.timestamp <= ready + WINDOW) revert OperationPending(operation, ready);
        ready = block.timestamp + timelock;
        readyAt[operation] = ready;
        emit OperationScheduled(operation, ready);
    }

    function _consume(bytes32 operation) internal {
        uint256 ready = readyAt[operation];
        if (ready == 0) revert OperationUnknown(operation);
        if (block.timestamp < ready) revert OperationNotReady(operation, ready, block.timestamp);
        if (block.timestamp > ready + WINDOW) revert OperationExpired(operation, ready + WINDOW, block.timestamp);
        delete readyAt[operation];
        emit OperationDone(operation);
    }
}
