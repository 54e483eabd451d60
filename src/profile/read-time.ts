const pattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?)?$/;

/** A date or time of ISO 8601 as epoch milliseconds, in UTC if it names no zone; else NaN. */
export function readTime(text: string): number {
  const [, date, time = '00:00', zone = 'Z'] = pattern.exec(text.trim()) ?? [];
  if (date === undefined) return Number.NaN;
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  return Date.parse(`${date}T${time}${offset}`);
}
