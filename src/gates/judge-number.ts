import { currentMetadata } from '../core/metadata/amendment.ts';
import { describeAmendment } from '../core/metadata/metric-amendment.ts';
import { quote } from '../core/text/quote.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { holds, shifted, valueOf } from './compare-numbers.ts';
import { cannotTell, type Evidence, type Finding } from './evidence.ts';
import { formatBound } from './format-gate.ts';
import type { Bound, MetricGate, SizeGate } from './gate.ts';

/** A metric as it is now, or the size of the artifact, against a number or what the holder of a stage has. */
export async function judgeNumber(gate: MetricGate | SizeGate, evidence: Evidence): Promise<Finding> {
  const { candidate } = evidence;
  const what = gate.kind === 'size' ? 'size' : gate.name;
  const shown = gate.kind === 'size' ? (bytes: number) => `${bytes} bytes` : String;
  const { comparator, bound } = gate;
  const written = formatBound(bound);
  const value = numberOf(gate, candidate);
  if (value === undefined) {
    const hint = `add the metric: mlreg describe ${formatReference(candidate.name, candidate.version)} --metric ${shownName(what)}=NUMBER`;
    return { ...cannotTell(written, lacks(candidate, what), 'nothing'), hint };
  }
  let threshold: number;
  let origin = '';
  if (bound.kind === 'amount') threshold = valueOf(bound.amount);
  else {
    const holder = await evidence.holder(bound.stage);
    if (holder === null) return nobodyHolds(bound.stage, written, shown(value));
    const held = numberOf(gate, holder);
    if (held === undefined) return cannotTell(written, lacks(holder, what), shown(value));
    threshold = shifted(held, bound.shift);
    const said = await amendmentText(gate, holder, evidence);
    origin = ` (${written}: ${formatReference(holder.name, holder.version)} has ${shown(held)}${said})`;
    if (!Number.isFinite(threshold))
      return cannotTell(written, `${written} is not a finite number${origin}`, shown(value));
  }
  if (isPercentOfOne(bound, threshold) && value > 1) {
    const reason = `${shownName(what)} is ${shown(value)}, but ${written} means ${shown(threshold)}`;
    const hint = `if ${shownName(what)} is in percent, omit the %: ${shownName(what)}${comparator}${written.replace('%', '')}`;
    return { ...cannotTell(written, reason, shown(value)), hint };
  }
  const inexact = bound.kind === 'stage' && bound.shift !== null;
  const passed = holds(value, comparator, threshold, inexact);
  return {
    verdict: passed ? 'pass' : 'fail',
    observed: shown(value),
    threshold: shown(threshold),
    reason: `${shownName(what)} is ${shown(value)}, ${passed ? 'which is' : 'not'} ${comparator} ${shown(threshold)}${origin}${await amendmentText(gate, candidate, evidence)}`,
  };
}

/** `, amended by eve in event 5, registered as 0.5`; empty for what is as it was registered. */
async function amendmentText(
  gate: MetricGate | SizeGate,
  record: VersionRecord,
  evidence: Evidence,
): Promise<string> {
  const amendment = gate.kind === 'size' ? undefined : await evidence.amendment(record, gate.name);
  return amendment === undefined ? '' : `, ${describeAmendment(amendment)}`;
}

/** Nothing to compare with: `--when-empty pass` lets it through. */
export function nobodyHolds(stage: Evidence['stage'], threshold: string, observed: string): Finding {
  const reason = `${stage} is empty: nothing to compare with`;
  const hint =
    'allow a first promotion with --when-empty pass, or where the policy says "block", with "whenEmpty": "pass" in it';
  return { ...cannotTell(threshold, reason, observed), empty: stage, hint };
}

/** `90%`, which a metric that is logged in percent would pass whatever it is. */
function isPercentOfOne(bound: Bound, threshold: number): boolean {
  return bound.kind === 'amount' && bound.amount.unit === '%' && Math.abs(threshold) <= 1;
}

function numberOf(gate: MetricGate | SizeGate, record: VersionRecord): number | undefined {
  if (gate.kind === 'size') return record.artifact.size;
  const metrics = currentMetadata(record).metrics ?? {};
  return Object.hasOwn(metrics, gate.name) ? metrics[gate.name] : undefined;
}

function lacks({ name, version }: VersionRecord, metric: string): string {
  return `${formatReference(name, version)} has no metric ${quote(metric)}`;
}

export function shownName(name: string): string {
  return /^[\w./@-]+$/.test(name) ? name : quote(name);
}
