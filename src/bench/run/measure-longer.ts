import { formatDuration } from '../../core/text/units.ts';
import { lastLook } from '../stats/regression-gate.ts';
import { mostRuns } from '../../core/measurements/bench.ts';
import type { BenchReport, GateResult } from '../report/result.ts';

/** The runs that gates need are a projection: a few more make a decision likely. */
const spare = 1.1;
const longestMs = 24 * 3600e3;

/** Which option to use for undecided gates, with the runs or the time that they need. */
export function measureLonger(report: BenchReport): string {
  const undecided = report.gates.filter(({ verdict }) => verdict === 'inconclusive');
  const needs = undecided.map((gate) => firstLookRuns(gate, report));
  if (needs.some((need) => need === null)) return outOfReach;
  const known = needs.filter((need) => typeof need === 'number');
  const { durationMs } = report.plan;
  if (known.length === 0) {
    const longer = Math.max(60e3, 2 * durationMs);
    return longer <= longestMs ? `measure longer: --duration ${formatDuration(longer)}` : outOfReach;
  }
  const runs = roundUp(spare * Math.max(...known));
  const { plan, throughputPerSec } = report;
  const looks = plan.looks ?? [];
  // Either time ran out before the last look, or a stored run is judged by another margin than the
  // one that ended it.
  if (looks.length > 0 && looks.length < lastLook && runs <= (looks[0] ?? 0))
    return `measure again with this margin and enough time for all looks: --timeout ${formatDuration(2 * plan.timeoutMs)}`;
  // Gates count queries if there are any.
  const inferences = runs * (plan.samplesPerQuery ?? 1);
  const ms = throughputPerSec === null ? 0 : roundUp((1000 * inferences) / throughputPerSec);
  if (plan.durationMs > 0 && ms > plan.durationMs)
    return ms <= longestMs ? `measure longer: --duration ${formatDuration(ms)}` : outOfReach;
  return runs <= mostRuns ? `measure more runs: --iterations ${runs}` : outOfReach;
}

const outOfReach = 'more runs would not help: relax the limit, or use a quieter machine';

/**
 * A comparison that starts with n runs of each model makes up to four times as many by its last
 * look.
 */
function firstLookRuns({ gate, needRuns }: GateResult, { compare }: BenchReport): number | null | undefined {
  if (typeof needRuns !== 'number') return needRuns;
  return compare !== null && gate.includes('<=baseline*')
    ? Math.ceil(needRuns / 2 ** (lastLook - 1))
    : needRuns;
}

/** Rounds up to two digits. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return unit * Math.ceil(value / unit);
}
