/**
 * Numbers as a person reads them. Nothing is computed from what these functions return.
 */
import { formatDecimal, formatDecimalTrimmed, Q16, Q32, roundDiv } from "../math/fixed-point.js";
import { VALUE_DECIMALS } from "../risk/portfolio.js";
import { html, type Markup } from "./html.js";

const compactNumber = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const signedCompactNumber = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3, signDisplay: "exceptZero" });

/** Value units as quote currency, for lengths and colours only. */
export function toQuote(units: bigint): number {
  return Number(units) / 1e6;
}

/** "-12,345.678901": all six decimals of the value unit. */
export function exact(units: bigint): string {
  const [whole, fraction] = formatDecimal(units, VALUE_DECIMALS).split(".") as [string, string];
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction}`;
}

/** "9.88K": three digits. */
export function compact(units: bigint): string {
  return compactNumber.format(toQuote(units));
}

/** "+9.88K", "-1.2K", "0". */
export function signedCompact(units: bigint): string {
  return signedCompactNumber.format(toQuote(units));
}

/** All digits, those after the cent smaller; the element's value is the plain decimal. */
export function amount(units: bigint): Markup {
  const text = exact(units);
  return html`<data value="${formatDecimal(units, VALUE_DECIMALS)}">${text.slice(0, -4)}<small>${text.slice(-4)}</small></data>`;
}

/** A Q32 ratio to the nearest tenth of a per cent, with its sign: "-16.0 %". */
export function level(ratio: bigint): string {
  const tenths = roundDiv(ratio * 1000n, Q32);
  return `${tenths > 0n ? "+" : ""}${formatDecimal(tenths, 1)} %`;
}

/** part / whole to the nearest hundredth of a per cent. */
export function share(part: bigint, whole: bigint): string {
  return `${formatDecimal(roundDiv(part * 10_000n, whole), 2)} %`;
}

/** A Q16 ratio to the nearest of four decimals: "1.3". */
export function factorText(factor: bigint): string {
  return formatDecimalTrimmed(roundDiv(factor * 10_000n, Q16), 4);
}

export function utcTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", " UTC").replace("T", " ");
}
