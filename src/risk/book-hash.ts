/**
 * The hash by which a registered book is opened in a liquidation (verifier-contracts/src/libraries/BookHash.sol):
 * keccak256 of the ABI encoding of (uint256 salt, int256 cash, (uint32 instrument, int32 quantity)[] positions).
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { P } from "../math/field.js";
import { MAX_CASH, MAX_SLOT_LOTS, PortfolioError, type Portfolio } from "./portfolio.js";

const MAX_ID = (1n << 32n) - 1n;
/** Where the positions start: after three words. */
const POSITIONS_OFFSET = 96n;

/**
 * @param portfolio its slots in the order of the commitment
 * @param salt that of the commitment: whoever has it can guess books and compare
 * @returns 32 bytes, 0x-prefixed hex
 * @throws PortfolioError, without the value, for a number that no commitment has
 */
export function bookHash(portfolio: Portfolio, salt: bigint): string {
  requireRange("salt", salt, 0n, P - 1n, "must be a field element");
  requireRange("cash", portfolio.cash, -MAX_CASH, MAX_CASH - 1n, "must lie in [-2^71, 2^71) value units");
  const positions = portfolio.holdings.flatMap(({ location, quantity }, slot) => {
    const id = BigInt(location.instrument.id);
    requireRange(`holdings.${slot}.instrument`, id, 1n, MAX_ID, "must be an id from 1 to 2^32 - 1");
    requireRange(`holdings.${slot}.quantity`, quantity, -MAX_SLOT_LOTS, MAX_SLOT_LOTS, "must be at most 2^25 - 1 lots");
    if (quantity === 0n) throw new PortfolioError(`holdings.${slot}.quantity`, "", "must not be zero");
    return [id, quantity];
  });
  const words = [salt, portfolio.cash, POSITIONS_OFFSET, BigInt(portfolio.holdings.length), ...positions];
  return `0x${bytesToHex(keccak_256(hexToBytes(words.map(word).join(""))))}`;
}

/** Two's complement. */
function word(value: bigint): string {
  return BigInt.asUintN(256, value).toString(16).padStart(64, "0");
}

function requireRange(field: string, value: bigint, low: bigint, high: bigint, rule: string): void {
  if (value < low || value > high) throw new PortfolioError(field, "", rule);
}
