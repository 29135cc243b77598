// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BookHash, Position} from "../src/libraries/BookHash.sol";

/// @dev The library behind a call. test/risk/book-hash.test.ts runs it too.
contract BookHashHarness {
    function hash(uint256 salt, int256 cash, Position[] calldata positions) external pure returns (bytes32) {
        return BookHash.hash(salt, cash, positions);
    }
}
