/** Seconds of a day. */
export const DAY = 86_400;

const CALENDAR = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Unix seconds, rounded down, of a calendar time ("2026-01-16T08:00:00+00:00", "2018-01-01 00:00:00", "2018-01-01"; UTC
 * where no zone is given) or of a count since 1970 in seconds, milliseconds or microseconds (told apart by 10, 13 or 16
 * digits). Undefined for anything else, 30 February included.
 */
export function parseUtcSeconds(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const divisor = { 10: 1n, 13: 1_000n, 16: 1_000_000n }[text.length];
    return divisor === undefined ? undefined : Number(BigInt(text) / divisor);
  }
  const match = CALENDAR.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? "0")) as [
    number, number, number, number, number, number,
  ];
  const time = calendarSeconds(year, month, day);
  if (time === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = match[7];
  const offset = zone === undefined || zone === "Z" ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4)) * 60);
  return time + hour * 3600 + minute * 60 + second - offset;
}

/** Midnight UTC of a day that exists, else undefined; month 1..12. */
export function calendarSeconds(year: number, month: number, day: number): number | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / 1000;
}

/** "2026-01-16T08:00:00Z". */
export function formatUtcSeconds(time: number): string {
  return new Date(time * 1000).toISOString().replace(".000Z", "Z");
}
