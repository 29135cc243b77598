// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TwoStepOwner} from "./access/TwoStepOwner.sol";
import {IPortfolioRegistry} from "./interfaces/IPortfolioRegistry.sol";
import {Groth16} from "./libraries/Groth16.sol";

/// @title Portfolio commitments written by one settlement address the owner appoints
contract PortfolioRegistry is IPortfolioRegistry, TwoStepOwner {
    struct Portfolio {
        uint256 commitment;
        uint64 version;
    }

    /// @notice Who writes commitments.
    address public settlement;

    mapping(address account => Portfolio) private _portfolios;

    constructor(address initialOwner, address initialSettlement) TwoStepOwner(initialOwner) {
        _setSettlement(initialSettlement);
    }

    /// @notice Replaces the settlement address.
    function setSettlement(address newSettlement) external onlyOwner {
        _setSettlement(newSettlement);
    }

    /// @notice Commits an account to a portfolio. An account is closed by committing it to the empty portfolio.
    function commit(address account, uint256 commitment) external {
        if (msg.sender != settlement) revert NotSettlement(msg.sender);
        if (account == address(0)) revert AddressIsZero();
        if (commitment == 0 || commitment >= Groth16.R) revert InvalidCommitment(commitment);
        Portfolio storage portfolio = _portfolios[account];
        uint64 version = portfolio.version + 1;
        portfolio.commitment = commitment;
        portfolio.version = version;
        emit PortfolioCommitted(account, version, commitment);
    }

    /// @inheritdoc IPortfolioRegistry
    function portfolioOf(address account) external view returns (uint256 commitment, uint64 version) {
        Portfolio storage portfolio = _portfolios[account];
        return (portfolio.commitment, portfolio.version);
    }

    function _setSettlement(address newSettlement) private {
        if (newSettlement == address(0)) revert AddressIsZero();
        settlement = newSettlement;
        emit SettlementChanged(newSettlement);
    }
}
