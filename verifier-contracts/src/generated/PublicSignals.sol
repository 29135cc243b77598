// SPDX-License-Identifier: MIT
// Generated from circuits.json by src/relayer/generate-solidity.ts; do not edit.
pragma solidity ^0.8.28;

/// @title Indices of the public signals
library PublicSignals {
    uint256 internal constant HEALTHY = 0;
    uint256 internal constant DISCLOSED_REQUIREMENT = 1;
    uint256 internal constant DISCLOSED_EQUITY = 2;
    uint256 internal constant PORTFOLIO_COMMITMENT = 3;
    uint256 internal constant RISK_ROOT = 4;
    uint256 internal constant CONTEXT = 5;
    uint256 internal constant TERMS = 6;

    /// @dev How many there are.
    uint256 internal constant COUNT = 7;
}
