import { formatReference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { Bound, Comparator } from './bound.ts';
import { holds, shifted, valueOf } from './numbers.ts';
import { cannotTell, stageIsEmpty, type Facts, type Finding } from './evidence.ts';
import { formatBound } from './format-bound.ts';

/** A number that versions have, and what it is compared with. */
export interface NumberComparison {
  /** As messages call it. */
  name: string;
  comparator: Comparator;
  bound: Bound;
  /** Of a version; or why it has none, and what to type about that. */
  numberOf: (record: VersionRecord) => number | { reason: string; hint: string };
  shown: (value: number) => string;
  /** What is to be said of where the number is from, with a comma before it; empty: nothing. */
  origin: (record: VersionRecord) => Promise<string>;
}

/** A number of the candidate against an amount, or what the holder of a stage has. */
export async function compareNumber(
  { name, comparator, bound, numberOf, shown, origin }: NumberComparison,
  { candidate, holder: holderOf }: Facts,
): Promise<Finding> {
  const written = formatBound(bound);
  const value = numberOf(candidate);
  if (typeof value === 'object') return { ...cannotTell(written, value.reason, 'nothing'), hint: value.hint };
  let threshold: number;
  let compared = '';
  if (bound.kind === 'amount') threshold = valueOf(bound.amount);
  else {
    const holder = await holderOf(bound.stage);
    if (holder === null) return stageIsEmpty(bound.stage, written, shown(value));
    const held = numberOf(holder);
    if (typeof held === 'object') return cannotTell(written, held.reason, shown(value));
    threshold = shifted(held, bound.shift);
    const ref = formatReference(holder.name, holder.version);
    compared = ` (${written}: ${ref} has ${shown(held)}${await origin(holder)})`;
    if (!Number.isFinite(threshold))
      return cannotTell(written, `${written} is not a finite number${compared}`, shown(value));
  }
  if (isPercentOfOne(bound, threshold) && value > 1) {
    const reason = `${name} is ${shown(value)}, but ${written} means ${shown(threshold)}`;
    const hint = `if ${name} is in percent, omit the %: ${name}${comparator}${written.replace('%', '')}`;
    return { ...cannotTell(written, reason, shown(value)), hint };
  }
  const inexact = bound.kind === 'stage' && bound.shift !== null;
  const passed = holds(value, comparator, threshold, inexact);
  const how = `${passed ? 'which is' : 'not'} ${comparator} ${shown(threshold)}`;
  return {
    verdict: passed ? 'pass' : 'fail',
    observed: shown(value),
    threshold: shown(threshold),
    reason: `${name} is ${shown(value)}, ${how}${compared}${await origin(candidate)}`,
  };
}

/** `90%`, which a metric that is logged in percent would pass whatever it is. */
function isPercentOfOne(bound: Bound, threshold: number): boolean {
  return bound.kind === 'amount' && bound.amount.unit === '%' && Math.abs(threshold) <= 1;
}
