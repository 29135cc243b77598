// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICollateralSource} from "../interfaces/ICollateralSource.sol";
import {Demand, IMarginVerifier, MarginProof} from "../interfaces/IMarginVerifier.sol";
import {IPolicyRegistry} from "../interfaces/IPolicyRegistry.sol";

/// @title Example of a consumer: collateral that can be withdrawn as long as the account stays healthy
/// @notice The token has 6 decimals, so that one unit of it is one value unit, and takes no fee on transfer.
contract CollateralVault is ICollateralSource {
    using SafeERC20 for IERC20;

    bytes32 public constant WITHDRAW = keccak256("zkmargin.CollateralVault.withdraw");

    IPolicyRegistry public immutable policy;
    IERC20 public immutable token;
    /// @notice Initial margin in multiples of the maintenance margin, Q16, before the policy's stress multiplier.
    uint256 public immutable ratio;

    /// @inheritdoc ICollateralSource
    mapping(address account => uint256) public collateralOf;

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    /// @dev Thrown when an account has less than it wants to withdraw.
    error InsufficientCollateral(uint256 available, uint256 amount);

    constructor(IPolicyRegistry policy_, IERC20 token_, uint256 ratio_) {
        if (ratio_ < 1 << 16 || ratio_ >= 1 << 24) revert IMarginVerifier.RatioOutOfRange(ratio_);
        policy = policy_;
        token = token_;
        ratio = ratio_;
    }

    /// @notice Anyone may add to an account's collateral.
    function deposit(address account, uint256 amount) external {
        // Paid first: collateral that is not there yet must not prove anything inside a token's hook.
        token.safeTransferFrom(msg.sender, address(this), amount);
        collateralOf[account] += amount;
        emit Deposited(account, amount);
    }

    /// @notice Takes collateral out of the caller's account, which must be healthy without it. Nothing but the healthy bit is disclosed.
    function withdraw(uint256 amount, MarginProof calldata margin) external {
        uint256 available = collateralOf[msg.sender];
        if (amount > available) revert InsufficientCollateral(available, amount);
        collateralOf[msg.sender] = available - amount;
        Demand memory demand = Demand({
            account: msg.sender,
            action: WITHDRAW,
            amount: amount,
            healthy: true,
            disclose: 0,
            collateral: available - amount,
            ratio: ratio
        });
        IMarginVerifier(policy.verifier()).attest(demand, margin);
        emit Withdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }
}
