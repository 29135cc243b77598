// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "../src/libraries/Groth16.sol";

/// @dev Valid Groth16 proofs without a circuit or a prover: the toxic waste of this key is known, so c is solved for in
///      a b = alpha beta + x gamma + c delta. test/relayer/groth16-simulator.ts has the same key, and snarkjs accepts its proofs.
abstract contract Groth16Simulator {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    error PrecompileUnavailable();

    /// @dev The same text gives the same scalar in TypeScript.
    function scalarOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked("zkmargin simulator ", name))) % R;
    }

    /// @dev A key for seven signals, eight IC points.
    function simulatedKey() internal view returns (uint256[] memory key) {
        key = new uint256[](30);
        (key[0], key[1]) = g1(scalarOf("alpha"));
        // No precompile multiplies in G2: scalarOf("beta"), ("gamma") and ("delta") times the generator, as constants.
        key[2] = 17195628464936879995006209703746811567734520653105862085264356197892357630355;
        key[3] = 3332265014361922988989143910343556400569276674351049389273175006059451280521;
        key[4] = 20923712502108104177424672629218670719463919493593771500401606809315429905343;
        key[5] = 15899937852178798377243912867614931784878994888343933556243253041828003834218;
        key[6] = 20042963832638969267096440330264974563696383386607304533688935480010846251404;
        key[7] = 414471596519710045539472241464981459869817923209045085188614109046316771610;
        key[8] = 4109089023211461539322534054510374148813805954327568533127775961042165742401;
        key[9] = 585263862687302460946032517639986981587165402087894299288336537193791934730;
        key[10] = 20977947255279904581412359415551817872094192552670602673885867434157016697970;
        key[11] = 16709779978063941277884894684807406635482301150783562331293637227634653816927;
        key[12] = 14754648214014777769075519128767700484972178628673315343609861143818757638421;
        key[13] = 4214224537351547295267583970657479108369893305875951022783184348624428509661;
        for (uint256 i = 0; i < 8; i++) {
            (key[14 + 2 * i], key[15 + 2 * i]) = g1(icScalar(i));
        }
    }

    /// @dev A valid proof for the signals. `seed` picks A freely and B from two.
    function prove(uint256[] memory signals, uint256 seed) internal view returns (Groth16.Proof memory proof) {
        uint256 a = 1 + uint256(keccak256(abi.encode("a", seed))) % (R - 1);
        uint256 b;
        (b, proof.b) = seed % 2 == 0 ? (scalarOf("b 0"), b0()) : (scalarOf("b 1"), b1());

        uint256 x = icScalar(0);
        for (uint256 i = 0; i < signals.length; i++) {
            x = addmod(x, mulmod(signals[i], icScalar(i + 1), R), R);
        }
        uint256 subtract = addmod(mulmod(scalarOf("alpha"), scalarOf("beta"), R), mulmod(x, scalarOf("gamma"), R), R);
        uint256 c = mulmod(addmod(mulmod(a, b, R), R - subtract, R), inverse(scalarOf("delta")), R);
        (proof.a[0], proof.a[1]) = g1(a);
        (proof.c[0], proof.c[1]) = g1(c);
    }

    function g1(uint256 scalar) internal view returns (uint256, uint256) {
        (bool success, bytes memory point) = address(7).staticcall(abi.encode(uint256(1), uint256(2), scalar));
        if (!success) revert PrecompileUnavailable();
        return abi.decode(point, (uint256, uint256));
    }

    function icScalar(uint256 i) internal pure returns (uint256) {
        // i is one digit.
        return scalarOf(string(abi.encodePacked("ic ", bytes1(uint8(48 + i)))));
    }

    function b0() private pure returns (uint256[4] memory) {
        return [
            15211959327873305256246479193710473478770538960318554308741695306738374260506,
            4025318817972381872715528624780288710373174621318059190437188537475301148621,
            2460835010761825307588853639926789187036596499510806308814821270932996679453,
            2893239966878613297695020960455153985385747190066648087416161408043202164698
        ];
    }

    function b1() private pure returns (uint256[4] memory) {
        return [
            8904060973724458509583699694150588213522605912575249306534814087196314323476,
            21076943316315664707610550923913425579439901126520689786908379535557645614907,
            13294420202898793709325321861799148145857652639359680850641145626788370356850,
            9190180390048615820444415310724600718886560329082602796498777775462915945775
        ];
    }

    /// @dev Fermat: value^(R - 2).
    function inverse(uint256 value) private pure returns (uint256 result) {
        result = 1;
        for (uint256 exponent = R - 2; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, value, R);
            value = mulmod(value, value, R);
        }
    }
}
