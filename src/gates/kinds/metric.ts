import { currentMetadata, describeAmendment, type MetricAmendment } from '../../core/versions/amendments.ts';
import { quote } from '../../core/text/quote.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { type Bound, formatBound } from '../bound.ts';
import { compareNumber } from '../compare-number.ts';
import type { Facts } from '../evidence.ts';
import { gateKind } from '../gate-kind.ts';
import type { Comparator } from '../scanner.ts';

/**
 * `auc>=production-0.005`: the current value of a metric. A gate that begins with no other kind's
 * word is a metric.
 */
export interface MetricTerms {
  name: string;
  comparator: Comparator;
  /** An amount in `%` or without a unit, or a stage. */
  bound: Bound;
}

export interface AmendmentEvidence {
  /**
   * The last change of this metric since the version was registered; undefined: it has its value
   * from registration.
   */
  amendment: (record: VersionRecord, metric: string) => Promise<MetricAmendment | undefined>;
}

const bare = /^[^\s<>=!"',]+$/;

export const metric = gateKind<MetricTerms, Facts & AmendmentEvidence>({
  kind: 'metric',
  format({ name, comparator, bound }, isReserved) {
    const isBare = bare.test(name) && !isReserved(name.toLowerCase()) && !/^metrics?\./.test(name);
    return `${isBare ? name : `"${name.replaceAll('"', '""')}"`}${comparator}${formatBound(bound)}`;
  },
  judge({ name, comparator, bound }, evidence) {
    return compareNumber(
      {
        name: shownMetric(name),
        comparator,
        bound,
        shown: String,
        numberOf(record) {
          const metrics = currentMetadata(record).metrics ?? {};
          const value = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
          if (value !== undefined) return value;
          const ref = formatReference(record.name, record.version);
          return {
            reason: `${ref} has no metric ${quote(name)}`,
            hint: `add the metric: mlreg describe ${ref} --metric ${shownMetric(name)}=NUMBER`,
          };
        },
        // `, amended by eve in event 5, registered as 0.5`
        async origin(record) {
          const amendment = await evidence.amendment(record, name);
          return amendment === undefined ? '' : `, ${describeAmendment(amendment)}`;
        },
      },
      evidence,
    );
  },
});

export function shownMetric(name: string): string {
  return /^[\w./@-]+$/.test(name) ? name : quote(name);
}
