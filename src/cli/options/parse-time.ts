import { parseDuration } from '../../core/text/units.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Epoch milliseconds of an ISO 8601 time (UTC if it has no zone), of a duration before `now`, or of
 * `now` itself.
 */
export function parseTime(text: string, now: number): number {
  if (text === 'now') return now;
  const parts = iso.exec(text);
  if (parts === null) {
    if (/^\d+(?:\.\d+)?[a-z\u00b5\u03bc]+$/.test(text)) return now - parseDuration(text);
    throw unreadable(text);
  }
  const [, date, time = '00:00', zone = 'Z'] = parts;
  const at = Date.parse(`${date}T${time}${zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`}`);
  const midnight = Date.parse(`${date}T00:00Z`);
  if (Number.isNaN(midnight)) throw unreadable(text, 'no such date');
  if (Number.isNaN(at)) throw unreadable(text, 'no such time or time zone');
  // Date.parse turns 30 February into a day in March.
  if (new Date(midnight).toISOString().slice(0, 10) !== date) throw unreadable(text, 'no such date');
  return at;
}

function unreadable(text: string, why?: string): MlregError {
  const reason = why === undefined ? '' : `: ${why}`;
  return new MlregError('INVALID_INPUT', `invalid time ${quote(text)}${reason}`, {
    hint: 'use 2026-03-01T12:00Z, 2026-03-01, 2d for two days ago, or now',
  });
}
