// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PortfolioUpdate} from "../../src/interfaces/IPortfolioRegistry.sol";
import {PolicyActions} from "./PolicyActions.sol";

/// @dev Books, what the settlement layer signs and what it does not, and the collateral beside them.
abstract contract PortfolioActions is PolicyActions {
    struct Signed {
        PortfolioUpdate change;
        uint64 deadline;
        bytes signature;
    }

    uint256[3] internal settlementKeys = [uint256(0x5E771E), 0x5E771F, 0x5E7720];
    /// @dev Commitments of each account by version, from 1.
    mapping(uint256 account => uint256[]) internal books;
    uint256 internal settler;
    uint256[3] internal settlementReady;
    Signed private _last;

    function updateBook(uint256 seed) external step(seed) {
        resume();
        if (oneIn(3)) replayBook();
        uint256 account = draw(ACCOUNTS);
        PortfolioUpdate memory change = nextBook(account);
        uint64 deadline = clock + uint64(draw(100));
        uint256 key = settlementKeys[settler];
        uint256 fault = draw(16);
        if (fault == 0) change.version += 1;
        if (fault == 1) change.version -= 1;
        if (fault == 2) change.commitment = oneIn(2) ? 0 : R;
        if (fault == 3) change.bookHash = 0;
        if (fault == 4) deadline = clock - 1;
        if (fault == 5) key = settlementKeys[(settler + 1) % 3];
        if (fault == 6) key = signerKeys[0];
        bytes memory signature = sign(key, portfolios.digestOf(change, deadline));
        if (fault == 7) change.commitment ^= 1;
        submitBook(account, Signed(change, deadline, signature), fault > 7);
    }

    /// @dev Two accounts at once; now and then the second change is wrong, and then the first must not stay either.
    function updateBooks(uint256 seed) external step(seed) {
        resume();
        uint256 first = draw(ACCOUNTS);
        uint256 second = (first + 1) % ACCOUNTS;
        PortfolioUpdate[] memory changes = new PortfolioUpdate[](2);
        (changes[0], changes[1]) = (nextBook(first), nextBook(second));
        uint256 fault = draw(6);
        if (fault == 0) changes[1].version += 1;
        if (fault == 1) changes[1] = changes[0];
        bytes memory signature = sign(settlementKeys[settler], portfolios.digestOfBatch(changes, clock));
        bool right = fault > 1 && !stopped[1];
        try portfolios.updateBatch(changes, clock, signature) {
            check(Rule.PortfolioUpdate, right);
            books[first].push(changes[0].commitment);
            books[second].push(changes[1].commitment);
            (touched[first], touched[second]) = (true, true);
            reach(Reach.BookBatchRegistered);
        } catch {
            check(Rule.PortfolioUpdate, !right);
        }
    }

    function changeSettlement(uint256 seed) external step(seed) {
        uint256 next = draw(3);
        for (uint256 i = 0; i < 3; i++) {
            if (settlementReady[i] != 0 && !oneIn(4)) next = i;
        }
        address newSettlement = vm.addr(settlementKeys[next]);
        uint256 ready = settlementReady[next];
        address caller = someone();
        if (isOperationFree(ready) || oneIn(6)) {
            bool scheduled = call(caller, address(portfolios), abi.encodeCall(portfolios.scheduleSettlement, (newSettlement)));
            check(Rule.SettlementChange, scheduled == (caller == OWNER && isOperationFree(ready)));
            if (scheduled) settlementReady[next] = clock + TIMELOCK;
            return;
        }
        if (!oneIn(3)) advanceTo(ready - (oneIn(4) ? 1 : 0));
        bool done = call(caller, address(portfolios), abi.encodeCall(portfolios.applySettlement, (newSettlement)));
        check(Rule.SettlementChange, done == (caller == OWNER && isOperationReady(ready)));
        if (!done) return;
        (settler, settlementReady[next]) = (next, 0);
        reach(Reach.SettlementChanged);
    }

    function moveCollateral(uint256 seed) external step(seed) {
        address account = accounts[draw(ACCOUNTS)];
        uint256 before = purse.collateralOf(account);
        uint256 which = draw(5);
        if (which == 0) purse.set(account, before + 1);
        else if (which == 1) purse.set(account, before - 1);
        else if (which == 2) purse.set(account, before + draw(10_000_000));
        else purse.set(account, someCollateral());
    }

    function wait_(uint256 seed) external step(seed) {
        uint256 which = draw(40);
        if (which == 0) advance(WINDOW + TIMELOCK);
        else if (which < 3) advance(draw(3 hours));
        else advance(1 + draw(which < 12 ? 2 * GRACE : 12));
    }

    function settlementNow() external view returns (address) {
        return vm.addr(settlementKeys[settler]);
    }

    function bookCount(uint256 account) public view returns (uint256) {
        return books[account].length;
    }

    /// @notice The registered commitment; 0 if there is none.
    function bookOf(uint256 account) public view returns (uint256) {
        uint256 count = books[account].length;
        return count == 0 ? 0 : books[account][count - 1];
    }

    /// @notice Whether an account with this book is healthy at a root: the hidden truth, which only proofs tell of.
    /// @dev The book's margin is 800 to 1199 value units for each 1/65536 of the factor.
    function isHealthy(uint256 book, uint256 root, uint256 factor, uint256 collateral) public pure returns (bool) {
        return factor * (800 + uint256(keccak256(abi.encode(book, root))) % 400) <= collateral;
    }

    function bookHash(uint256 commitment) public pure returns (bytes32) {
        return keccak256(abi.encode("book", commitment));
    }

    function registerFirstBooks() internal {
        for (uint256 i = 0; i < 2; i++) {
            PortfolioUpdate memory change = nextBook(i);
            bytes memory signature = sign(settlementKeys[0], portfolios.digestOf(change, clock));
            submitBook(i, Signed(change, clock, signature), true);
        }
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            purse.set(accounts[i], 70_000_000 + 20_000_000 * i);
        }
    }

    /// @dev Around what the margin is at the factor that is asked for.
    function someCollateral() internal returns (uint256) {
        return lastFactor * (700 + draw(700));
    }

    function nextBook(uint256 account) private returns (PortfolioUpdate memory) {
        uint256 commitment = 2 + draw(R - 4);
        uint64 version = uint64(books[account].length) + 1;
        return PortfolioUpdate(accounts[account], version, commitment, bookHash(commitment));
    }

    function replayBook() private {
        try portfolios.update(_last.change, _last.deadline, _last.signature) {
            check(Rule.PortfolioUpdate, false);
        } catch {
            reach(Reach.BookReplayed);
        }
    }

    function submitBook(uint256 account, Signed memory given, bool right) private {
        bool expected = right && !stopped[1];
        try portfolios.update(given.change, given.deadline, given.signature) {
            check(Rule.PortfolioUpdate, expected);
            books[account].push(given.change.commitment);
            touched[account] = true;
            _last = given;
            reach(Reach.BookRegistered);
        } catch {
            check(Rule.PortfolioUpdate, !expected);
            reach(Reach.BookRefused);
        }
    }
}
