// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The cheatcodes of forge that the tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 newChainId) external;
    function cool(address target) external;
    function deployCode(string calldata artifact, bytes calldata constructorArguments) external returns (address);
    function etch(address target, bytes calldata code) external;
    function expectEmit(address emitter) external;
    function expectRevert(bytes calldata revertData) external;
    function getBlockTimestamp() external view returns (uint256);
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function getRecordedLogs() external returns (Log[] memory);
    function prank(address caller) external;
    function prevrandao(bytes32 newPrevrandao) external;
    function record() external;
    function recordLogs() external;
    function revertToState(uint256 state) external returns (bool);
    function roll(uint256 newHeight) external;
    function setBlockhash(uint256 height, bytes32 newHash) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function snapshotState() external returns (uint256);
    function warp(uint256 timestamp) external;
}

/// @dev Assertions that name both values when they fail.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(uint256 actual, uint256 expected);
    error NotEqualSigned(int256 actual, int256 expected);
    error NotEqualBytes(bytes actual, bytes expected);
    error NotTrue();
    error NotFalse();

    function assertEq(uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert NotEqual(actual, expected);
    }

    function assertEq(address actual, address expected) internal pure {
        assertEq(uint256(uint160(actual)), uint256(uint160(expected)));
    }

    function assertEq(bytes32 actual, bytes32 expected) internal pure {
        assertEq(uint256(actual), uint256(expected));
    }

    function assertEq(int256 actual, int256 expected) internal pure {
        if (actual != expected) revert NotEqualSigned(actual, expected);
    }

    function assertEq(bytes memory actual, bytes memory expected) internal pure {
        if (keccak256(actual) != keccak256(expected)) revert NotEqualBytes(actual, expected);
    }

    function assertTrue(bool value) internal pure {
        if (!value) revert NotTrue();
    }

    function assertFalse(bool value) internal pure {
        if (value) revert NotFalse();
    }

    /// @dev The next call must revert with this error and these values.
    function expectError(bytes memory encoded) internal {
        vm.expectRevert(encoded);
    }
}
