// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVerifier} from "../interfaces/IMarginVerifier.sol";
import {Groth16} from "../libraries/Groth16.sol";

/// @dev What the vault needs of its token; one that returns false or nothing at all is not supported.
interface IQuoteToken {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// @title Example of a consumer: collateral that can be withdrawn as long as the account stays healthy
/// @notice The token has 6 decimals, so that one unit of it is one value unit, and takes no fee on transfer.
contract CollateralVault {
    bytes32 public constant WITHDRAW = keccak256("zkmargin.CollateralVault.withdraw");

    IMarginVerifier public immutable verifier;
    IQuoteToken public immutable token;
    /// @notice Least factor a proof must have been made with; 2^16 is 1, and an initial margin is above that.
    uint256 public immutable requiredFactor;

    mapping(address account => uint256) public collateralOf;

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    /// @dev Thrown when the token refuses to move.
    error TransferFailed();
    /// @dev Thrown when an account has less than it wants to withdraw.
    error InsufficientCollateral(uint256 available, uint256 amount);
    /// @dev Thrown when a proof assumes more collateral than there will be.
    error CollateralOverstated(uint256 collateral, uint256 actual);
    /// @dev Thrown when a proof was made with too small a factor.
    error FactorTooLow(uint256 factor, uint256 required);

    /// @param collateral What the proof assumes; at most what is left after the withdrawal.
    /// @param factor What the proof was made with; at least `requiredFactor`.
    struct MarginProof {
        uint256 collateral;
        uint256 factor;
        uint256 deadline;
        uint256 riskRoot;
        uint64 version;
        uint256 nonce;
        Groth16.Proof proof;
    }

    constructor(IMarginVerifier verifier_, IQuoteToken token_, uint256 requiredFactor_) {
        verifier = verifier_;
        token = token_;
        requiredFactor = requiredFactor_;
    }

    /// @notice Anyone may add to an account's collateral.
    /// @dev The first deposit pays for the nonce's storage, so that no withdrawal does.
    function deposit(address account, uint256 amount) external {
        if (collateralOf[account] == 0) verifier.open(address(this), account);
        collateralOf[account] += amount;
        emit Deposited(account, amount);
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
    }

    /// @notice Takes collateral out of the caller's account, which must be healthy without it. Nothing but the healthy bit is disclosed.
    /// @dev A proof with less collateral or a higher factor than asked for proves more than asked for, so it is accepted: a stranger's
    ///      dust deposit must not invalidate a proof in flight.
    function withdraw(uint256 amount, MarginProof calldata margin) external {
        uint256 available = collateralOf[msg.sender];
        if (amount > available) revert InsufficientCollateral(available, amount);
        uint256 left = available - amount;
        if (margin.collateral > left) revert CollateralOverstated(margin.collateral, left);
        if (margin.factor < requiredFactor) revert FactorTooLow(margin.factor, requiredFactor);

        collateralOf[msg.sender] = left;
        IMarginVerifier.Request memory request = IMarginVerifier.Request({
            account: msg.sender,
            action: WITHDRAW,
            amount: amount,
            factor: margin.factor,
            collateral: margin.collateral,
            disclose: 0,
            deadline: margin.deadline,
            riskRoot: margin.riskRoot,
            version: margin.version,
            nonce: margin.nonce
        });
        // Claims "healthy", so that anything else is no valid proof and reverts.
        verifier.attest(request, margin.proof, true, 0, 0);

        emit Withdrawn(msg.sender, amount);
        if (!token.transfer(msg.sender, amount)) revert TransferFailed();
    }
}
