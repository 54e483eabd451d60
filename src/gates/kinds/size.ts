import { type Bound, formatBound, parseBound, requireSize } from '../bound.ts';
import { compareNumber } from '../compare-number.ts';
import type { Facts } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';
import { orderings, takeComparator, type Ordering } from '../scanner.ts';

/** `size<100MB`: the size of the artifact, all its files together. */
export const size = wordKind<{ comparator: Ordering; bound: Bound }, Facts>({
  kind: 'size',
  words: ['size'],
  since: 1,
  parse(scanner, _word, declared) {
    const comparator = takeComparator(scanner, orderings);
    return { comparator, bound: parseBound(scanner, declared, requireSize) };
  },
  format: ({ comparator, bound }) => `size${comparator}${formatBound(bound)}`,
  judge: ({ comparator, bound }, evidence) =>
    compareNumber(
      {
        name: 'size',
        comparator,
        bound,
        shown: (bytes) => `${bytes} bytes`,
        numberOf: ({ artifact }) => artifact.size,
        origin: async () => '',
      },
      evidence,
    ),
});
