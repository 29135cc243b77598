// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "../src/libraries/Groth16.sol";

/// @dev The library behind calls, for keys and signals that MarginVerifier would not pass on to it. test/relayer/refusals.test.ts runs it too.
contract Groth16Harness {
    function verify(uint256[] memory key, Groth16.Proof calldata proof, uint256[] memory signals)
        external
        view
        returns (bool)
    {
        return Groth16.verify(key, proof, signals);
    }

    function checkKey(uint256[] memory key, uint256 signalCount) external view {
        Groth16.checkKey(key, signalCount);
    }
}
