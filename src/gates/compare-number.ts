import { formatReference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { type Bound, holds, shifted, valueOf, formatBound } from './bound.ts';
import { cannotTell, stageIsEmpty, type Facts, type Finding } from './evidence.ts';
import type { Comparator } from './scanner.ts';

type Told = number | { reason: string; hint: string };

/** A number that versions have, and the bound to compare it with. */
export interface NumberComparison {
  /** Its name in messages. */
  name: string;
  comparator: Comparator;
  bound: Bound;
  /** The number of a version; or why it has none, with a hint. */
  numberOf: (record: VersionRecord) => Told | Promise<Told>;
  shown: (value: number) => string;
  /** Where the number comes from, starting with a comma; empty: nothing to say. */
  origin: (record: VersionRecord) => Promise<string>;
}

/** Compares the candidate's number with an amount, or with the number of a stage's holder. */
export async function compareNumber(
  { name, comparator, bound, numberOf, shown, origin }: NumberComparison,
  { candidate, holder: holderOf }: Facts,
): Promise<Finding> {
  const written = formatBound(bound);
  const value = await numberOf(candidate);
  if (typeof value === 'object') return { ...cannotTell(written, value.reason, 'nothing'), hint: value.hint };
  let threshold: number;
  let compared = '';
  if (bound.kind === 'amount') threshold = valueOf(bound.amount);
  else {
    const holder = await holderOf(bound.stage);
    if (holder === null) return stageIsEmpty(bound.stage, written, shown(value));
    const held = await numberOf(holder);
    if (typeof held === 'object')
      return { ...cannotTell(written, held.reason, shown(value)), hint: held.hint };
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

/** Whether the bound is like `90%`: a metric that is logged in percent would always pass it. */
function isPercentOfOne(bound: Bound, threshold: number): boolean {
  return bound.kind === 'amount' && bound.amount.unit === '%' && Math.abs(threshold) <= 1;
}
