import type { Facts } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';

const mostShown = 5;

/** `data`: a hash of the training data is recorded. */
export const data = wordKind<null, Facts>({
  kind: 'data',
  words: ['data'],
  since: 1,
  parse: () => null,
  format: () => 'data',
  judge(_terms, { candidate }) {
    const threshold = 'a data hash';
    const hashed = (candidate.metadata.data ?? []).filter(({ hash }) => hash !== undefined);
    if (hashed.length === 0)
      return {
        verdict: 'fail',
        observed: 'nothing',
        threshold,
        reason: 'no data hash is recorded (register --data NAME=PATH)',
      };
    const shown = hashed.map(({ name, hash }) => `${name} ${hash}`).slice(0, mostShown);
    return {
      verdict: 'pass',
      observed: shown.join(', '),
      threshold,
      reason: 'the hash of its data is recorded',
    };
  },
});
