/**
 * Standard normal distribution function and density. The distribution function is a piecewise polynomial that a circuit over
 * BN254 can repeat exactly: the segment and the offset are bits of the argument, Horner is exact, and one shift ends it.
 */
import { expQ40OfQ64 } from "./elementary.js";
import { Q40 } from "./fixed-point.js";

export const CDF_DEGREE = 6;
/** Segments are 2^31 wide in Q32: one half. */
export const CDF_SEGMENT_BITS = 31n;
/** Coefficients are x 2^60; with six powers of u in Q32 a total is x 2^252. */
export const CDF_COEFFICIENT_BITS = 60n;

/**
 * C_0..C_6 of each segment, N(k/2 + u) = sum C_i u^i / 2^60 for u in [0, 1/2); printed by test/oracle/normal-cdf-coefficients.py.
 */
export const CDF_COEFFICIENTS: readonly (readonly bigint[])[] = [
  [576460752303423488n, 459949292490707241n, -6108316386861n, -76579349917265718n, -470812684369410n, 12934576803916044n, -2194638795687663n],
  [797201941231188847n, 405903644255948443n, -101474360025838669n, -50756614605481188n, 23350857982912435n, 5074725973573007n, -3466227661715103n],
  [970004450530410138n, 278973119819931199n, -139481555320787905n, -64913305314892n, 23629977699627975n, -5786423129416253n, -672622660109594n],
  [1075898045601382678n, 149323583662177689n, -111991242368363469n, 31089486393352147n, 7122674798889887n, -7174854498982263n, 1486248944691821n],
  [1126692388251147906n, 62247386554903894n, -62248881894194320n, 31143089160167130n, -5299052379066923n, -2275267423808219n, 1138790205549658n],
  [1145762247916348188n, 20208785536907706n, -25262139239487131n, 17698138814257626n, -6934413135474833n, 1054595467164015n, 143975875841709n],
  [1151365178137154186n, 5109576883264943n, -7664500950238651n, 6814692399424802n, -3844846561900080n, 1322473206241196n, -217646700886038n],
  [1152653301539030033n, 1006129864684636n, -1760552371354142n, 1884168099565504n, -1343613869117371n, 627283340626947n, -152702559634714n],
  [1152884990151059968n, 154292827978276n, -308478804984532n, 384281320125872n, -325556278702990n, 182601573957121n, -52717065605142n],
  [1152917587356435850n, 18427131627619n, -41429369341430n, 58684657672659n, -56934644784265n, 36336985246079n, -11658081784352n],
  [1152921174120085427n, 1713907057482n, -4278804645043n, 6772680825205n, -7341942173278n, 5170096075081n, -1788051233826n],
  [1152921482713372046n, 124145546847n, -340626937873n, 594339595254n, -707253301016n, 538689747745n, -197324470230n],
  [1152921503469388864n, 7003027940n, -20937314646n, 39832050627n, -51334668291n, 41706687585n, -15996932988n],
  [1152921504560545642n, 307643426n, -994970403n, 2045221256n, -2824573898n, 2422788929n, -965263596n],
  [1152921504605371453n, 10524768n, -36591611n, 80651125n, -118342632n, 106327757n, -43741767n],
  [1152921504606810188n, 280399n, -1042267n, 2447176n, -3788380n, 3543213n, -1498253n],
];

const END = 8n << 32n;
const OFFSET_MASK = (1n << CDF_SEGMENT_BITS) - 1n;
const SHIFT = CDF_COEFFICIENT_BITS + 32n * BigInt(CDF_DEGREE) - 40n;
/** C_i x 2^(32 (6 - i)), highest power first. */
const HORNER = CDF_COEFFICIENTS.map((row) => row.map((c, i) => c << BigInt(32 * (CDF_DEGREE - i))).reverse());
/** 1 / sqrt(2 pi) x 2^64, nearest. */
const INVERSE_ROOT_2PI_Q64 = 7359186146747302452n;

/**
 * N(x), x Q32 any size, result Q40 in [0, 2^40]. Error at most 1.2e-9 absolute, less in the tails (3e-11 beyond 3);
 * non-decreasing; N(-x) = 1 - N(x) exactly; 0 or 1 exactly for |x| >= 8. For x >= 0 the total before the one floor is below 2^253.
 */
export function normalCdfQ40(x: bigint): bigint {
  return x < 0n ? Q40 - upperHalf(-x) : upperHalf(x);
}

function upperHalf(x: bigint): bigint {
  if (x >= END) return Q40;
  const c = HORNER[Number(x >> CDF_SEGMENT_BITS)]!;
  const u = x & OFFSET_MASK;
  const total = (((((c[0]! * u + c[1]!) * u + c[2]!) * u + c[3]!) * u + c[4]!) * u + c[5]!) * u + c[6]!;
  return total >> SHIFT;
}

/** Density e^(-x^2/2) / sqrt(2 pi), x Q32, result Q40, error below 1.3 ulp; 0 for |x| >= 8. */
export function normalPdfQ40(x: bigint): bigint {
  if (x >= END || x <= -END) return 0n;
  return (expQ40OfQ64(-((x * x) >> 1n)) * INVERSE_ROOT_2PI_Q64) >> 64n;
}
