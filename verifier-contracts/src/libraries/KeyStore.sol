// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Words kept as the code of a contract of their own
/// @notice A verification key is data: another ceremony needs another data contract, not other verifier bytecode.
/// @dev The code is 0x00 (STOP, so that a call does nothing) followed by the words.
library KeyStore {
    /// @dev Thrown when the data contract could not be created.
    error KeyNotStored();

    /// @notice Deploys the words.
    function write(uint256[] memory words) internal returns (address store) {
        // PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: returns what follows these ten bytes.
        uint256 size = 1 + 32 * words.length;
        bytes memory creation =
            abi.encodePacked(hex"61", uint16(size), hex"80600a5f395ff3", hex"00", words);
        assembly ("memory-safe") {
            store := create(0, add(creation, 0x20), mload(creation))
        }
        if (store == address(0)) revert KeyNotStored();
    }

    /// @notice Reads `count` words.
    /// @dev `store` must come from `write` with as many words; a shorter code reads as zeros.
    function read(address store, uint256 count) internal view returns (uint256[] memory words) {
        assembly ("memory-safe") {
            words := mload(0x40)
            mstore(words, count)
            let size := mul(count, 0x20)
            extcodecopy(store, add(words, 0x20), 1, size)
            mstore(0x40, add(add(words, 0x20), size))
        }
    }
}
