import { quote } from '../../core/quote.ts';
import { tryParseVersion, type Version } from '../../core/version.ts';
import { damaged } from './stored-json.ts';

/** The number that a row holds. INTEGRITY for what is none: whoever compares versions relies on it. */
export function storedVersion(text: string): Version {
  const version = tryParseVersion(text);
  if (version !== text) throw damaged(`the number ${quote(text)} of a version`);
  return version;
}

/** As `storedVersion`, where there need be none. */
export function storedVersionOrNull(text: string | null): Version | null {
  return text === null ? null : storedVersion(text);
}
