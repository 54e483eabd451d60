import { formatDuration } from '../../core/text/units.ts';
import type { EventTime } from '../../storage/events.ts';
import { type Amount, formatAmount, holds, valueOf, parseAmount, requireTime } from '../bound.ts';
import { cannotTell, hintAtClock, wrongClock, type Facts } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';
import { orderings, takeComparator, type Ordering } from '../scanner.ts';

export interface RegistrationEvidence {
  /** When the candidate was registered. */
  registeredAt: () => Promise<EventTime>;
}

/** `age<30d`: the time since the version was registered. */
export const age = wordKind<{ comparator: Ordering; amount: Amount }, Facts & RegistrationEvidence>({
  kind: 'age',
  words: ['age'],
  since: 1,
  parse: (scanner) => ({
    comparator: takeComparator(scanner, orderings),
    amount: parseAmount(scanner, requireTime, false),
  }),
  format: ({ comparator, amount }) => `age${comparator}${formatAmount(amount)}`,
  async judge({ comparator, amount }, evidence) {
    const { at, trusted } = await evidence.registeredAt();
    const time = Math.max(0, evidence.now - at);
    const passed = holds(time, comparator, valueOf(amount), false);
    const [observed, threshold] = [formatDuration(time), formatAmount(amount)];
    const why = trusted ? '' : wrongClock('it was registered');
    // The true age is at least this, so the data can show that the version is too old, but not that
    // it is young enough.
    if (!trusted && (comparator === '<' || comparator === '<='))
      return { ...cannotTell(threshold, `age is at least ${observed}${why}`), ...hintAtClock(time) };
    return {
      verdict: passed ? 'pass' : 'fail',
      observed,
      threshold,
      reason: `age is ${observed}, ${passed ? 'which is' : 'not'} ${comparator} ${threshold}${why}`,
      ...(trusted || passed ? {} : hintAtClock(time)),
    };
  },
});
