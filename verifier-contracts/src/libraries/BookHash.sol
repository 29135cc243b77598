// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice One slot of a portfolio commitment.
/// @param instrument Id in the risk payload, from 1.
/// @param quantity Signed lots, at most 2^25 - 1 either way, not 0: a larger position takes several slots of one id.
struct Position {
    uint32 instrument;
    int32 quantity;
}

/// @title Hash by which a registered book is opened
/// @notice keccak256 of the ABI encoding of (salt, cash, positions), which src/risk/book-hash.ts computes too.
/// @dev Every field has a word of its own, so no two books share an encoding; another order of the slots is another book.
library BookHash {
    /// @param salt The salt of the portfolio commitment; whoever sees it can guess books and compare.
    /// @param cash Signed value units (1e-6 of the quote currency), in [-2^71, 2^71).
    /// @param positions As committed: ascending instrument, a large position's full slots first.
    function hash(uint256 salt, int256 cash, Position[] calldata positions) internal pure returns (bytes32) {
        return keccak256(abi.encode(salt, cash, positions));
    }
}
