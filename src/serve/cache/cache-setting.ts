import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { parseByteSize } from '../../core/text/units.ts';

/** Where answers are kept. */
export type CacheSetting = { kind: 'off' } | { kind: 'memory'; limitBytes: number };

const hint = 'use memory:64MB or off';

/** Below this there is room for no answer. */
const leastBytes = 1e6;

/**
 * Reads `off`, `memory` or `memory:SIZE`. USAGE for anything else; `from` is what the message names.
 */
export function parseCacheSetting(text: string, from = 'cache'): CacheSetting {
  if (text === 'off') return { kind: 'off' };
  if (text === 'memory') return { kind: 'memory', limitBytes: 64_000_000 };
  const [, size] = /^memory:(.*)$/s.exec(text) ?? [];
  if (size === undefined) throw new MlregError('USAGE', `${from} cannot be ${quote(text)}`, { hint });
  const limitBytes = parseByteSize(size);
  if (limitBytes >= leastBytes) return { kind: 'memory', limitBytes };
  throw new MlregError('USAGE', `${from} must have at least 1MB, not ${size}`, { hint });
}
