import { quote } from '../../../core/text/quote.ts';
import { tryParseVersion, type Version } from '../../../core/versions/version.ts';
import { damaged } from '../stored-json.ts';

/**
 * The number that a row holds. INTEGRITY for what is none: whoever compares versions relies on it.
 */
export function storedVersion(text: unknown): Version {
  // A bit of a record's header makes bytes of a text.
  const version = typeof text === 'string' ? tryParseVersion(text) : undefined;
  if (version === undefined || version !== text) throw damaged(`version number ${quote(String(text))}`);
  return version;
}

/** As `storedVersion`, where there need be none. */
export function storedVersionOrNull(text: string | null): Version | null {
  return text === null ? null : storedVersion(text);
}
