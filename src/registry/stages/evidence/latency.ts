import { formatDuration, parseDuration } from '../../../core/text/units.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import { formatBound } from '../../../gates/bound.ts';
import { type Finding, cannotTell } from '../../../gates/evidence.ts';
import { formatLatency, latencyLimits, type LatencyGate } from '../../../gates/kinds/latency.ts';
import { type Round, withSets } from './round.ts';

const defaultMeasuringMs = 45_000;

/**
 * Measures the candidate once for each gate, except that one measurement decides all gates that
 * name a limit. `holder`: measured alongside if the gate compares with a stage.
 */
export function measureLatency(
  round: Round,
  gate: LatencyGate,
  holder: VersionRecord | null,
): Promise<Finding> {
  const { memory, gates } = round;
  const how = JSON.stringify(round.measuring);
  // A measurement also compares the outputs with the golden sets.
  const keyOf = (one: LatencyGate, ...of: string[]): string =>
    withSets(round, [formatLatency(one), how, ...of].join(' '));
  if (holder !== null) {
    const key = keyOf(gate, holder.version);
    return memory.once(key, async () => orNothing((await measure(round, [gate], holder))[0]));
  }
  let all: Promise<Finding[]> | undefined;
  const open = latencyLimits(gates).filter((limit) => !memory.has(keyOf(limit)));
  for (const [index, limit] of open.entries())
    memory
      .once(keyOf(limit), async () => orNothing((await (all ??= measure(round, open, null)))[index]))
      .catch(
        // The caller that awaits it gets the error.
        () => undefined,
      );
  return memory.once(keyOf(gate), async () => orNothing((await measure(round, [gate], null))[0]));
}

/** One measurement. It may get too little time, if earlier ones used up most of the total. */
async function measure(
  { registry, candidate, measuring, memory, dryRun, copies }: Round,
  gates: LatencyGate[],
  holder: VersionRecord | null,
): Promise<Finding[]> {
  const { settings, note } = measuring;
  const { timeout } = settings;
  const most = timeout === undefined ? defaultMeasuringMs : parseDuration(timeout);
  memory.measuredUntil ??= performance.now() + most;
  const timeoutMs = memory.measuredUntil - performance.now();
  if (timeoutMs < 1000) {
    const reason = `the time limit of ${formatDuration(most)} for measurements is used up`;
    return gates.map((gate) => cannotTell(formatBound(gate.bound), reason));
  }
  const question = { candidate, holder, gates, settings, timeoutMs, keep: !dryRun };
  const findings = await registry.latency(question, copies);
  if (note === null) return findings;
  return findings.map((finding) => ({ ...finding, reason: `${finding.reason}; ${note}` }));
}

function orNothing(finding: Finding | undefined): Finding {
  return finding ?? cannotTell('', 'nothing was measured');
}
