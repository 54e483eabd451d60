import { metricDirection } from './metric-direction.ts';

/**
 * Names of the most informative metrics for several versions side by side. The order: metrics that
 * more versions have, then those with a known direction, then those that differ, then as written.
 */
export function keyMetrics(records: readonly Readonly<Record<string, number>>[]): string[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const rank = names.map((name, index) => {
    const values = records.flatMap((record) => (Object.hasOwn(record, name) ? [record[name]] : []));
    const directed = metricDirection(name) === null ? 0 : 1;
    return { name, index, score: [values.length, directed, new Set(values).size > 1 ? 1 : 0] };
  });
  return rank
    .toSorted((a, b) => compareScores(b.score, a.score) || a.index - b.index)
    .map(({ name }) => name);
}

function compareScores(one: number[], other: number[]): number {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
