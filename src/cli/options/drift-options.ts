import { MlregError } from '../../core/errors.ts';
import { type DriftMethod, driftMethods } from '../../core/measurements/drift.ts';
import { quote } from '../../core/text/quote.ts';

/** Values for columns by name, and one for all others. */
export interface PerColumn<Value> {
  own: Map<string, Value>;
  all: Value | null;
}

/** Collects `VALUE` for all columns and `COLUMN=VALUE` for one; a name may hold equals signs. */
function collectFor<Value>(flag: string, example: string, parse: (text: string) => Value | undefined) {
  return (text: string, before: PerColumn<Value> = { own: new Map(), all: null }): PerColumn<Value> => {
    const at = text.lastIndexOf('=');
    const name = text.slice(0, Math.max(0, at));
    const value = parse(text.slice(at + 1));
    if (value === undefined || (at >= 0 && name === ''))
      throw new MlregError('USAGE', `invalid ${flag} ${quote(text)}`, { hint: `for example ${example}` });
    if (at < 0) {
      if (before.all !== null) throw twice(flag, 'all columns');
      return { ...before, all: value };
    }
    if (before.own.has(name)) throw twice(flag, `column ${quote(name)}`);
    return { ...before, own: new Map([...before.own, [name, value]]) };
  };
}

function twice(flag: string, what: string): MlregError {
  return new MlregError('USAGE', `duplicate ${flag} for ${what}`, { hint: 'remove one of them' });
}

export const parseMethod = collectFor<DriftMethod>(
  '--method',
  `--method psi or --method age=ks; methods: ${driftMethods.join(', ')}`,
  (text) => driftMethods.find((method) => method === text),
);

export const parseThreshold = collectFor<number>(
  '--threshold',
  '--threshold 0.01 or --threshold age=0.2',
  (text) => (/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : undefined),
);

export function parseBins(text: string): 'sturges' | 'deciles' | number {
  if (text === 'sturges' || text === 'deciles') return text;
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 2 && count <= 10_000) return count;
  throw new MlregError('USAGE', `invalid --bins ${quote(text)}`, {
    hint: 'use sturges, deciles, or a number from 2 to 10000',
  });
}

export function parseShare(text: string): number {
  const value = /^(?:\d+\.?\d*|\.\d+)%?$/.test(text)
    ? Number.parseFloat(text) / (text.endsWith('%') ? 100 : 1)
    : 0;
  if (value > 0 && value <= 1) return value;
  throw new MlregError('USAGE', `--share must be above 0 and at most 1, not ${quote(text)}`, {
    hint: 'for example --share 0.3 or --share 30%',
  });
}
