// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginProof} from "./IMarginVerifier.sol";

/// @title Public record of accounts that have proven their solvency, and of nothing else about them
/// @notice "account was solvent at epoch e with factor f": its equity was at least f x its maintenance margin. Only the account or its operator
///         may post, and only a healthy account has anything to post; one bit is disclosed.
/// @dev Assumptions: those of `IMarginVerifier`. A record is about its epoch and stays; it says nothing about now. Prices are the epoch's, portfolio
///      (by its version) and collateral those at the time of posting, while the oracle accepts the epoch:
///      collateral may have been there for one transaction only, so `SolvencyProven` says how much the proof assumed.
interface ISolvencyRegistry {
    /// @notice An account appointed or dismissed an operator.
    event OperatorChanged(address indexed account, address indexed operator, bool allowed);
    /// @notice An account was proven solvent. `factor` is Q16, `collateral` what the proof assumed beside the book, value units.
    event SolvencyProven(
        address indexed account, uint64 indexed epoch, uint256 factor, uint64 version, uint256 collateral
    );

    /// @dev Thrown when an address that must be set is zero.
    error AddressIsZero();
    /// @dev Thrown when the caller is neither the account nor its operator.
    error NotAccountOrOperator(address caller, address account);
    /// @dev Thrown when the proof's factor is not above what is on record for the epoch.
    error NothingNew(uint256 factor, uint256 recorded);

    /// @notice Appoints or dismisses an operator for the caller's account.
    function setOperator(address operator, bool allowed) external;

    /// @notice Proves that the account is solvent at the proof's epoch with the proof's factor.
    /// @dev Goes through the verifier of the active policy version. Reverts with the errors above, and those of `IMarginVerifier.attest`.
    function post(address account, MarginProof calldata margin) external;

    /// @notice The largest factor (Q16) with which the account was proven solvent at the epoch; 0 if it was not.
    function factorOf(address account, uint64 epoch) external view returns (uint256);

    /// @notice Whether the account was proven solvent at the epoch with at least the factor. A factor of 0 is never proven.
    function wasSolvent(address account, uint64 epoch, uint256 factor) external view returns (bool);

    /// @notice Newest epoch at which the account was proven solvent; 0 if never.
    function lastEpochOf(address account) external view returns (uint64);
}
