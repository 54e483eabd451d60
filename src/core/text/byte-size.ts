import { MlregError } from '../errors.ts';
import { whyUnreadable } from './amount-problem.ts';
import { quote } from './quote.ts';

/** Bytes, or a string such as `512MiB` or `2GB`. */
export type ByteSize = number | string;

const bytesPer: Record<string, number> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** The form of a size: a number and a unit. */
export const byteSizeShape = /^(\d{1,12}(?:\.\d{1,3})?)(B|kB|MB|GB|KiB|MiB|GiB)$/;

/**
 * Bytes in a size such as `512MiB` or `1.5GB`: one decimal number and one unit. INVALID_INPUT for
 * anything else.
 */
export function parseByteSize(text: string): number {
  const parts = byteSizeShape.exec(text);
  const bytes = Math.round(Number(parts?.[1]) * (bytesPer[parts?.[2] ?? ''] ?? Number.NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  const why = whyUnreadable(text, Object.keys(bytesPer));
  throw new MlregError('INVALID_INPUT', `invalid size ${quote(text)}: ${why}`, {
    hint: 'use for example 512MiB or 2GiB (units: B, kB, MB, GB, KiB, MiB, GiB)',
  });
}
