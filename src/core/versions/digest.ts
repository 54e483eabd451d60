import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

declare const brand: unique symbol;
/** `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly [brand]: 'Digest' };

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new MlregError('INVALID_INPUT', `invalid digest ${quote(text)}`, {
    hint: 'use sha256: followed by 64 lower-case hex digits',
  });
}

/** The digest for a hex part that is known to be valid: fresh from a hash, or read from a row. */
export function digestOf(hex: string): Digest {
  return `sha256:${hex}` as Digest;
}

/** The 64 hex digits: a blob's file name. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** For people: `sha256:` and the first twelve digits, enough for a reference. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
