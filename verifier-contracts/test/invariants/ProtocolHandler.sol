// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginProof} from "../../src/interfaces/IMarginVerifier.sol";
import {MarginActions} from "./MarginActions.sol";

/// @dev All actions of the campaign, with records of solvency as the last, on a protocol with one active version, one root and two books.
contract ProtocolHandler is MarginActions {
    /// @dev Largest factor with which an account was proven solvent at an epoch.
    mapping(uint256 account => mapping(uint64 epoch => uint256)) public solventFactor;
    mapping(uint256 account => bool) private _operated;

    function open() external {
        vm.warp(clock);
        sortSigners();
        (address[] memory signers,) = signersOf(0);
        deploy(signers, vm.addr(settlementKeys[0]));
        publishNow();
        start();
        registerFirstBooks();
        settle();
    }

    function proveSolvency(uint256 seed) external step(seed) {
        freshen();
        Brought memory b = begin(2, draw(ACCOUNTS));
        b.verifier = activeVerifier();
        address account = accounts[b.account];
        b.demand.action = keccak256("zkmargin.SolvencyRegistry.post");
        b.demand.ratio = 65_536;
        b.demand.collateral = purse.collateralOf(account);
        prepare(b);
        b.demand.healthy = true;
        seal(b);
        b.demand.healthy = true;
        uint256 who = draw(4);
        address caller = who == 0 ? STRANGER : who == 1 ? OPERATOR : account;
        if (who == 1 && oneIn(2)) appoint(b.account);
        bool may = caller == account || caller == OPERATOR && _operated[b.account];
        submit(b, caller, may);
    }

    function appoint(uint256 account) private {
        _operated[account] = !oneIn(4);
        touched[account] = true;
        vm.prank(accounts[account]);
        solvency.setOperator(OPERATOR, _operated[account]);
    }

    function submit(Brought memory b, address caller, bool may) private {
        MarginProof memory margin = b.margin;
        uint256 recorded = solventFactor[b.account][margin.epoch];
        bool expected = may && b.sound && margin.factor > recorded && isAttestable(b) && !isOpposite(b)
            && margin.nonce == nonces[b.verifier][b.consumer][b.account];
        vm.prank(caller);
        try solvency.post(accounts[b.account], margin) {
            check(Rule.SolvencyCaller, may);
            check(Rule.SolvencyRecord, margin.factor > recorded && margin.healthy);
            check(Rule.Nonce, margin.nonce == nonces[b.verifier][b.consumer][b.account]);
            checkAccepted(b);
            check(Rule.Opposite, !isOpposite(b));
            nonces[b.verifier][b.consumer][b.account]++;
            solventFactor[b.account][margin.epoch] = margin.factor;
            touched[b.account] = true;
            reach(caller == OPERATOR ? Reach.SolventByOperator : Reach.Solvent);
        } catch {
            check(Rule.RightProofRefused, !expected);
            if (!may) reach(Reach.SolvencyRefused);
        }
    }
}
