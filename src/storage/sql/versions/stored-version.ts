import { quote } from '../../../core/text/quote.ts';
import { tryParseVersion, type Version } from '../../../core/versions/version.ts';
import { damaged } from '../stored-json.ts';

/**
 * The version number in a row. INTEGRITY if it is not a version: code that compares versions relies
 * on it.
 */
export function storedVersion(text: unknown): Version {
  // One flipped bit in a record's header turns text into bytes.
  const version = typeof text === 'string' ? tryParseVersion(text) : undefined;
  if (version === undefined || version !== text) throw damaged(`version number ${quote(String(text))}`);
  return version;
}

/** As `storedVersion`, but null stays null. */
export function storedVersionOrNull(text: string | null): Version | null {
  return text === null ? null : storedVersion(text);
}
