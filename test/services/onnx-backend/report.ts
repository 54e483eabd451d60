import Table from 'cli-table3';
import type { BackendCase, MlregResult, PythonResult } from './backend-case.ts';
import { judge } from './judge.ts';

export interface Compared {
  one: BackendCase;
  python: PythonResult;
  mlreg: MlregResult;
}

/** What is different, in full. */
export function describeDifference({ one, python, mlreg }: Compared): string {
  const pythonSaid = python.reason?.trim().split('\n').join('\n    ') ?? '';
  return [
    `DIFFERENT ${one.suite} ${one.kind}/${one.name}`,
    `  ${one.folder}`,
    `  Python: ${python.result} ${pythonSaid}`,
    `  mlreg: ${mlreg.result} ${mlreg.reason}`,
  ].join('\n');
}

/** A table of what came of how many cases. */
export function tabulate(all: readonly Compared[]): string {
  const suites = [...new Set(all.map(({ one }) => one.suite))];
  const counts = new Map<string, Map<string, number>>();
  for (const { one, python, mlreg } of all) {
    const judgement = judge(python, mlreg);
    const row =
      judgement.kind === 'excepted'
        ? `onnxruntime-node cannot feed or fetch: ${judgement.types.join(', ')}`
        : judgement.kind;
    const bySuite = counts.get(row) ?? new Map<string, number>();
    counts.set(row, bySuite.set(one.suite, (bySuite.get(one.suite) ?? 0) + 1));
  }
  const table = new Table({ head: ['', ...suites], style: { head: [], border: [] } });
  const rows = ['passed by both', "failed by Python's ONNX Runtime too", 'passed by mlreg alone'];
  const excepted = [...counts.keys()].filter((row) => row.startsWith('onnxruntime-node')).toSorted();
  for (const row of [...rows, ...excepted, 'DIFFERENT'])
    table.push([row, ...suites.map((suite) => counts.get(row)?.get(suite) ?? 0)]);
  table.push(['all', ...suites.map((suite) => all.filter(({ one }) => one.suite === suite).length)]);
  return table.toString();
}
