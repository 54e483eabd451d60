import { formatDuration } from '../core/text/duration.ts';
import type { GateResult } from '../core/events/gate-result.ts';
import { describeAmendment } from '../core/metadata/metric-amendment.ts';
import { formatReference } from '../core/versions/reference.ts';
import { compareSignatures } from '../core/versions/signature-change.ts';
import { holds, valueOf } from './compare-numbers.ts';
import { cannotTell, type Evidence, type Finding } from './evidence.ts';
import { formatAmount, formatBound } from './format-gate.ts';
import type { Gate, LatencyGate } from './gate.ts';
import { judgeNumber, nobodyHolds, shownName } from './judge-number.ts';
import { describeRequirement, type Requirement } from './requirement.ts';
import { hintAtClock, judgeRule, wrongClock } from './judge-rule.ts';

export interface Judgement {
  result: GateResult;
  /** What to type next where it does not pass. */
  hint?: string;
}

/** One requirement, judged. What cannot be found out is `inconclusive`; errors are those of the evidence. */
export async function judgeRequirement(requirement: Requirement, evidence: Evidence): Promise<Judgement> {
  const { condition, whenEmpty } = requirement;
  const gate = describeRequirement(requirement);
  const { empty, hint, ...finding } =
    condition.kind === 'from' || condition.kind === 'soak' || condition.kind === 'protected'
      ? await judgeRule(condition, evidence)
      : await judgeGate(condition, evidence);
  if (empty === undefined || whenEmpty === 'block')
    return { result: { gate, ...finding }, ...(hint === undefined ? {} : { hint }) };
  const reason = `${empty} is empty, so this gate passes (when empty: pass)`;
  return { result: { gate, ...finding, verdict: 'pass', reason } };
}

function judgeGate(gate: Gate, evidence: Evidence): Finding | Promise<Finding> {
  switch (gate.kind) {
    case 'metric':
    case 'size':
      return judgeNumber(gate, evidence);
    case 'latency':
      return judgeLatency(gate, evidence);
    case 'age':
      return judgeAge(gate, evidence);
    case 'approvals':
      return judgeApprovals(gate.count, evidence);
    case 'signature':
      return judgeSignature(evidence);
    case 'golden':
      return evidence.golden();
    case 'data':
      return judgeData(evidence);
  }
}

async function judgeLatency(gate: LatencyGate, evidence: Evidence): Promise<Finding> {
  if (gate.bound.kind === 'amount') return evidence.latency(gate, null);
  const holder = await evidence.holder(gate.bound.stage);
  return holder === null
    ? nobodyHolds(gate.bound.stage, formatBound(gate.bound), 'not measured')
    : evidence.latency(gate, holder);
}

async function judgeAge(gate: Extract<Gate, { kind: 'age' }>, evidence: Evidence): Promise<Finding> {
  const { at, trusted } = await evidence.registeredAt();
  const age = Math.max(0, evidence.now - at);
  const passed = holds(age, gate.comparator, valueOf(gate.amount), false);
  const [observed, threshold] = [formatDuration(age), formatAmount(gate.amount)];
  const why = trusted ? '' : wrongClock('it was registered');
  // It is at least that old: too young can be said of it, young enough cannot.
  if (!trusted && (gate.comparator === '<' || gate.comparator === '<='))
    return { ...cannotTell(threshold, `age is at least ${observed}${why}`), ...hintAtClock(age) };
  return {
    verdict: passed ? 'pass' : 'fail',
    observed,
    threshold,
    reason: `age is ${observed}, ${passed ? 'which is' : 'not'} ${gate.comparator} ${threshold}${why}`,
    ...(trusted || passed ? {} : hintAtClock(age)),
  };
}

async function judgeApprovals(count: number, evidence: Evidence): Promise<Finding> {
  const { candidate, stage } = evidence;
  const { actors, outdated, amended } = await evidence.approvals();
  const ref = formatReference(candidate.name, candidate.version);
  const approved =
    actors.length === 0 ? `no approvals for ${stage}` : `approved for ${stage} by ${actors.join(', ')}`;
  const passed = actors.length >= count;
  const before = outdated.map(({ actor, event }) => `by ${actor} in event ${event}`);
  const since =
    amended === null || outdated.length === 0
      ? ''
      : `; outdated: ${before.join(', ')} (${shownName(amended.metric)} was ${describeAmendment(amended)})`;
  return {
    verdict: passed ? 'pass' : 'fail',
    observed: String(actors.length),
    threshold: String(count),
    reason: passed
      ? `${approved}${since}`
      : `${approved}${since}; ${candidate.actor}, who registered it, does not count`,
    hint: `ask someone ${outdated.length > 0 ? 'to approve it again' : 'else to approve it'}: mlreg approve ${ref} --to ${stage}`,
  };
}

async function judgeSignature(evidence: Evidence): Promise<Finding> {
  const { candidate, stage } = evidence;
  const threshold = 'compatible';
  const after = candidate.onnx?.signature;
  const holder = await evidence.holder(stage);
  if (holder === null) return nobodyHolds(stage, threshold, 'unknown');
  const before = holder.onnx?.signature;
  const ref = formatReference(holder.name, holder.version);
  if (candidate.artifact.digest === holder.artifact.digest && candidate.entry === holder.entry)
    return { verdict: 'pass', observed: threshold, threshold, reason: `same bytes as ${ref}` };
  if (before === undefined || after === undefined) {
    const which = after === undefined ? formatReference(candidate.name, candidate.version) : ref;
    return cannotTell(threshold, `${which} has no known signature: it is not an ONNX model`);
  }
  const { compatible, changes } = compareSignatures(before, after);
  const breaking = changes.filter((change) => change.breaking).map(({ description }) => description);
  return {
    verdict: compatible ? 'pass' : 'fail',
    observed: compatible ? threshold : 'incompatible',
    threshold,
    reason: compatible
      ? `compatible with callers of ${ref}`
      : `would break callers of ${ref}: ${breaking.slice(0, 5).join('; ')}${breaking.length > 5 ? ` and ${breaking.length - 5} more` : ''}`,
  };
}

function judgeData({ candidate }: Evidence): Finding {
  const hashed = (candidate.metadata.data ?? []).filter(({ hash }) => hash !== undefined);
  const passed = hashed.length > 0;
  return {
    verdict: passed ? 'pass' : 'fail',
    observed: passed
      ? hashed
          .map(({ name, hash }) => `${name} ${hash}`)
          .slice(0, 5)
          .join(', ')
      : 'nothing',
    threshold: 'a data hash',
    reason: passed
      ? 'the hash of its data is recorded'
      : 'no data hash is recorded (register --data NAME=PATH)',
  };
}
