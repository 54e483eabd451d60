import Table from 'cli-table3';
import type { BackendCase, MlregResult, PythonResult } from './backend-case.ts';
import { judge } from './judge.ts';

export interface Compared {
  one: BackendCase;
  python: PythonResult;
  mlreg: MlregResult;
}

/** A table of what came of how many cases, and a line for each difference. */
export function report(all: readonly Compared[]): { text: string; differences: number } {
  const suites = [...new Set(all.map(({ one }) => one.suite))];
  const counts = new Map<string, Map<string, number>>();
  const different: string[] = [];
  for (const { one, python, mlreg } of all) {
    const judgement = judge(python, mlreg);
    const row =
      judgement.kind === 'excepted'
        ? `onnxruntime-node cannot feed or fetch: ${judgement.types.join(', ')}`
        : judgement.kind;
    const bySuite = counts.get(row) ?? new Map<string, number>();
    counts.set(row, bySuite.set(one.suite, (bySuite.get(one.suite) ?? 0) + 1));
    if (judgement.kind === 'DIFFERENT')
      different.push(
        `${one.suite} ${one.kind}/${one.name}\n  ${one.folder}\n  Python: ${python.result}${python.reason === null ? '' : `, ${python.reason.trim().split('\n').join('\n    ')}`}\n  mlreg: ${mlreg.result}, ${mlreg.reason}`,
      );
  }
  const table = new Table({ head: ['', ...suites], style: { head: [], border: [] } });
  const rows = ['passed by both', "failed by Python's ONNX Runtime too", 'passed by mlreg alone'];
  const excepted = [...counts.keys()].filter((row) => row.startsWith('onnxruntime-node')).toSorted();
  for (const row of [...rows, ...excepted, 'DIFFERENT'])
    table.push([row, ...suites.map((suite) => counts.get(row)?.get(suite) ?? 0)]);
  table.push(['all', ...suites.map((suite) => all.filter(({ one }) => one.suite === suite).length)]);
  return { text: [...different, table.toString()].join('\n'), differences: different.length };
}
