import { MlregError } from '../../core/errors.ts';
import { dataName, type ComparedMetric, type StoredComparison } from '../../core/measurements/evaluation.ts';
import { metricDirection } from '../../core/metadata/metric-direction.ts';
import { escapeText, quote } from '../../core/text/quote.ts';
import { shownNumber } from '../../core/text/numbers.ts';
import { formatDuration } from '../../core/text/units.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { type Amount, formatAmount, parseAmount, requireNumber, valueOf } from '../bound.ts';
import { cannotTell, stageIsEmpty, type Facts, type Finding } from '../evidence.ts';
import { type Gate, wordKind } from '../gate-kind.ts';
import { skipBlanks, take, unexpected, type Scanner } from '../scanner.ts';

/** The latest saved comparison of two versions, compared with the event that recorded it. */
export interface SavedComparison {
  id: string;
  /** How old it is, in milliseconds; null: the clock was wrong when it was saved. */
  ageMs: number | null;
  /** As stored: its candidate may be the holder, if it was compared the other way round. */
  result: StoredComparison;
}

export interface ComparisonEvidence {
  /** Of the candidate and this holder, in either order; undefined: there is none. */
  comparison: (holder: VersionRecord) => Promise<SavedComparison | undefined>;
  /** The greatest age of a comparison that counts, in milliseconds. */
  maxComparisonAgeMs: number;
}

/**
 * `better(accuracy)`: better than the holder at the 5% level. `notworse(accuracy;0.5%)`: worse than
 * the holder by at most the margin, with 95% confidence.
 */
export interface ComparisonTerms {
  metric: string;
  /** Null: it must be better. A `%` is a share of the holder's value. */
  margin: Amount | null;
}

export const comparison = wordKind<ComparisonTerms, Facts & ComparisonEvidence>({
  kind: 'comparison',
  words: ['better(', 'notworse('],
  since: 2,
  parse(scanner, word) {
    skipBlanks(scanner);
    const metric = take(scanner, /[A-Za-z]\w*/y);
    if (metric === undefined) throw unexpected(scanner, 'a metric (for example accuracy)', hint);
    const margin = word === 'notworse(' ? takeMargin(scanner) : null;
    skipBlanks(scanner);
    if (take(scanner, /\)/y) === undefined) throw unexpected(scanner, '")"', hint);
    return { metric, margin };
  },
  format: ({ metric, margin }) =>
    margin === null ? `better(${metric})` : `notworse(${metric};${formatAmount(margin)})`,
  async judge(terms, evidence) {
    const { candidate, stage } = evidence;
    const threshold = wanted(terms);
    const holder = await evidence.holder(stage);
    if (holder === null) return stageIsEmpty(stage, threshold, 'unknown');
    const ref = formatReference(candidate.name, candidate.version);
    const against = formatReference(holder.name, holder.version);
    if (holder.version === candidate.version)
      return cannotTell(threshold, `${ref} holds ${stage} itself: nothing to compare with`);
    const command = `mlreg compare ${against} ${ref} --data FILE --target COLUMN --save`;
    const saved = await evidence.comparison(holder);
    if (saved === undefined)
      return { ...cannotTell(threshold, `no saved comparison of ${ref} with ${against}`), hint: command };
    const most = formatDuration(evidence.maxComparisonAgeMs);
    if (saved.ageMs === null || saved.ageMs > evidence.maxComparisonAgeMs) {
      const age =
        saved.ageMs === null
          ? 'was saved when the clock was wrong'
          : `is ${formatDuration(saved.ageMs)} old, and at most ${most} count (maxAge in the policy)`;
      return { ...cannotTell(threshold, `the comparison with ${against} ${age}`), hint: command };
    }
    return judgeMetric(terms, saved, { candidate, against, command });
  },
});

const hint = 'for example better(accuracy) or notworse(accuracy;0.5%) (mlreg help evaluation)';

function takeMargin(scanner: Scanner): Amount {
  skipBlanks(scanner);
  if (take(scanner, /;/y) === undefined)
    throw unexpected(scanner, '";" and the margin (for example ;0.5%)', hint);
  return parseAmount(scanner, requireNumber, false);
}

/** Metrics between 0 and 1, and with classes. */
const shares =
  /^(?:(?:balanced_)?accuracy|top_\d+_accuracy|(?:precision|recall|f1|roc_auc|average_precision)(?:_.*)?)$/;

/**
 * INVALID_INPUT for a margin that any candidate keeps. Not part of parsing, because a stored policy
 * must stay readable.
 */
export function refuseVainMargin(
  { kind, terms, text }: Pick<Gate<never>, 'kind' | 'terms' | 'text'>,
  what: string,
): void {
  const { metric, margin } = comparison.of({ kind, terms }) ?? { metric: '', margin: null };
  if (margin === null) return;
  const most = margin.unit === '%' ? 100 : shares.test(metric) ? 1 : Infinity;
  if (margin.value < most) return;
  const limit = margin.unit === '%' ? '100%' : '1';
  throw new MlregError(
    'INVALID_INPUT',
    `${what}: ${text} allows any loss: its margin must be below ${limit}`,
    {
      hint: `for example notworse(${metric};0.5%)`,
    },
  );
}

function wanted({ margin }: ComparisonTerms): string {
  return margin === null ? 'better (p<0.05)' : `worse by at most ${formatAmount(margin)}`;
}

function judgeMetric(
  terms: ComparisonTerms,
  { ageMs, result }: SavedComparison,
  {
    candidate: { artifact },
    against,
    command,
  }: { candidate: VersionRecord; against: string; command: string },
): Finding {
  const { metric, margin } = terms;
  const threshold = wanted(terms);
  const stored = result.metrics.find(({ name }) => name === metric);
  const where = `on ${dataName(result)}, ${result.rows} rows, ${formatDuration(ageMs ?? 0)} ago`;
  if (stored === undefined) {
    const known = result.metrics.map(({ name }) => escapeText(name)).join(', ');
    const reason = `the comparison with ${against} (${where}) has no metric ${quote(metric)}`;
    return { ...cannotTell(threshold, reason), hint: `its metrics: ${known}` };
  }
  const gain = gainOf(stored, result.candidate.digest === artifact.digest);
  const direction = stored.direction ?? metricDirection(metric) ?? 'higher';
  const signed = direction === 'higher' ? gain : { value: -gain.value, low: -gain.high, high: -gain.low };
  const shown = (value: number): string => `${value > 0 ? '+' : ''}${shownNumber(value, 3)}`;
  const observed = shown(gain.value);
  const told = `${metric} ${shown(gain.value)} against ${against} (95% interval ${shown(gain.low)} to ${shown(gain.high)}, p=${shownNumber(stored.p, 2)}; ${where})`;
  if (margin === null) {
    if (stored.p < 0.05 && signed.value !== 0)
      return { verdict: signed.value > 0 ? 'pass' : 'fail', observed, threshold, reason: told };
  } else {
    const allowed = margin.unit === '%' ? Math.abs(gain.holder) * valueOf(margin) : margin.value;
    if (signed.low >= -allowed) return { verdict: 'pass', observed, threshold, reason: told };
    if (signed.high < -allowed) return { verdict: 'fail', observed, threshold, reason: told };
  }
  const more = `${command}, with more rows than ${result.rows}`;
  return { ...cannotTell(threshold, `it cannot be told: ${told}`, observed), hint: more };
}

/** The candidate of the gate minus the holder; the comparison may have been made in this order. */
function gainOf(
  { baseline, candidate, delta, low, high }: ComparedMetric,
  sameOrder: boolean,
): { value: number; low: number; high: number; holder: number } {
  return sameOrder
    ? { value: delta, low, high, holder: baseline }
    : { value: 0 - delta, low: 0 - high, high: 0 - low, holder: candidate };
}
