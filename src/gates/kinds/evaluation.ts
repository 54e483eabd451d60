import { dataName, metricOf, type StoredEvaluation } from '../../core/measurements/evaluation.ts';
import { escapeText, quote, shellWord } from '../../core/text/quote.ts';
import { formatDuration } from '../../core/text/units.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { type Bound, formatBound, parseBound, requireNumber } from '../bound.ts';
import { compareNumber } from '../compare-number.ts';
import type { Facts } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';
import { comparators, take, takeComparator, unexpected, type Comparator, type Scanner } from '../scanner.ts';

/** A saved evaluation of a version, compared with the event that recorded it. */
export interface SavedEvaluation {
  id: string;
  /** Of data, target and task: only evaluations with equal ones can be compared. */
  fingerprint: string;
  /** How old it is, in milliseconds; null: the clock was wrong when it was saved. */
  ageMs: number | null;
  result: StoredEvaluation;
}

export interface EvaluationEvidence {
  /**
   * The latest saved evaluation of a version, with that fingerprint if it is given. `as`: of the
   * data set with this name; null: the one without a name, or if all have names, the only name.
   * Undefined: there is none; several names: it is not clear which one is meant.
   */
  evaluation: (
    record: VersionRecord,
    which: { as: string | null; fingerprint?: string },
  ) => Promise<SavedEvaluation | { names: string[] } | undefined>;
}

/** `eval.accuracy>=0.95`, `eval(hard-cases).accuracy>=production-0.005`. */
export interface EvaluationTerms {
  /** Name of the data set; null: not said. */
  as: string | null;
  /** `accuracy`, or `roc_auc_by_class.LABEL`. */
  metric: string;
  comparator: Comparator;
  bound: Bound;
}

/** What `--as` takes, and what a gate can name. */
export const dataSetName = /[A-Za-z0-9][\w.-]{0,63}/y;

export const evaluation = wordKind<EvaluationTerms, Facts & EvaluationEvidence>({
  kind: 'evaluation',
  words: ['eval.', 'eval('],
  since: 2,
  parse(scanner, word, declared) {
    const as = word === 'eval(' ? takeDataSet(scanner) : null;
    const metric = take(scanner, /[A-Za-z]\w*(?:\.[^\s<>=!"',]+)?/y);
    if (metric === undefined)
      throw unexpected(scanner, 'a metric of evaluations (for example accuracy)', hint);
    const allowed = comparators.filter((one) => one !== '==');
    return {
      as,
      metric,
      comparator: takeComparator(scanner, allowed),
      bound: parseBound(scanner, declared, requireNumber),
    };
  },
  format: ({ as, metric, comparator, bound }) =>
    `${nameOf({ as, metric })}${comparator}${formatBound(bound)}`,
  async judge({ as, metric, comparator, bound }, evidence) {
    const { candidate } = evidence;
    const mine = await evidence.evaluation(candidate, { as });
    const found = new Map([[candidate, mine]]);
    return compareNumber(
      {
        name: nameOf({ as, metric }),
        comparator,
        bound,
        shown: String,
        async numberOf(record) {
          if (record !== candidate) found.set(record, await sameData(record, mine, evidence));
          return valueOf(found.get(record), { as, metric, record, mine });
        },
        origin: async (record) => originOf(found.get(record)),
      },
      evidence,
    );
  },
});

const hint = 'for example eval.accuracy>=0.95 or eval(NAME).accuracy>=production (mlreg help evaluation)';

function takeDataSet(scanner: Scanner): string {
  const name = take(scanner, dataSetName);
  if (name === undefined) throw unexpected(scanner, 'the name of a data set (evaluate --as NAME)', hint);
  if (take(scanner, /\)\./y) === undefined) throw unexpected(scanner, '")." and a metric', hint);
  return name;
}

function nameOf({ as, metric }: Pick<EvaluationTerms, 'as' | 'metric'>): string {
  return `${as === null ? 'eval.' : `eval(${as}).`}${metric}`;
}

type Found = Awaited<ReturnType<EvaluationEvidence['evaluation']>>;

/** The holder's evaluation on the data of the candidate's. */
async function sameData(
  record: VersionRecord,
  mine: Found,
  { evaluation: evaluationOf }: EvaluationEvidence,
): Promise<Found> {
  if (mine === undefined || 'names' in mine) return undefined;
  const { fingerprint, result } = mine;
  return evaluationOf(record, { as: result.as, fingerprint });
}

function valueOf(
  found: Found,
  { as, metric, record, mine }: { as: string | null; metric: string; record: VersionRecord; mine: Found },
): number | { reason: string; hint: string } {
  const ref = formatReference(record.name, record.version);
  const on = mine === undefined || 'names' in mine ? undefined : mine.result;
  const command = evaluateCommand(ref, as ?? on?.as ?? null, on);
  if (found === undefined) {
    const which =
      on === undefined ? (as === null ? '' : ` as ${quote(as)}`) : ` on the same data (${dataName(on)})`;
    return { reason: `${ref} has no saved evaluation${which}`, hint: command };
  }
  if ('names' in found) {
    const [first = ''] = found.names;
    const names = found.names.map(escapeText).join(', ');
    const reason = `${ref} has evaluations on several data sets: ${names}`;
    return { reason, hint: `name one: ${nameOf({ as: first, metric })}` };
  }
  const { metrics, undefinedMetrics = {} } = found.result;
  const value = metricOf(metrics, metric);
  if (typeof value === 'number') return value;
  if (value === null) {
    const why = undefinedMetrics[metric];
    const reason = `${metric} is undefined for ${ref}${why === undefined ? '' : `: ${escapeText(why)}`}`;
    return { reason, hint: command };
  }
  const known = Object.keys(metrics).map(escapeText).join(', ');
  return { reason: `the evaluation of ${ref} has no metric ${quote(metric)}`, hint: `its metrics: ${known}` };
}

function originOf(found: Found): string {
  if (found === undefined || 'names' in found) return '';
  const { ageMs, result } = found;
  const age = ageMs === null ? '' : ` ${formatDuration(ageMs)} ago`;
  return `, evaluated${age} on ${dataName(result)}`;
}

function evaluateCommand(ref: string, as: string | null, on: StoredEvaluation | undefined): string {
  const file = on?.data.file === undefined || on.data.file === null ? 'FILE' : shellWord(on.data.file);
  const target = on === undefined ? 'COLUMN' : shellWord(on.data.target);
  return `mlreg evaluate ${ref} --data ${file} --target ${target} --save${as === null ? '' : ` --as ${as}`}`;
}
