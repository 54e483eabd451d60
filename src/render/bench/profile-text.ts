import type { OperatorProfile } from '../../bench/report/operator-profile.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted, latency, number } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { table } from '../table.ts';
import type { Style } from '../view.ts';

type Time = OperatorProfile['operators'][number];

/** A profile for a terminal: three tables under a line that says how it was made. */
export function profileText(profile: OperatorProfile, style: Style): string[] {
  const { runs, slowdown, nodes } = profile;
  const slower = slowdown === null ? '' : ` (${number(slowdown, 3)}× as long as timed runs)`;
  return [
    `  ${style.color.bold('profile')} of ${counted(runs, 'extra run')}${slower}: use the shares, not the times`,
    '',
    indent(table(style, ['where the time goes', 'time', ''], phaseRows(profile), [1], 2)),
    '',
    indent(table(style, operatorHead, operatorRows(profile.operators), [1, 2, 3, 4, 5], 6)),
    '',
    indent(
      table(
        style,
        ['longest nodes', 'operator', 'per run', 'time per run', 'share'],
        nodes.map((node) => [
          escapeText(node.name),
          escapeText(node.op),
          times(node.countPerRun),
          time(node.msPerRun),
          percentage(node.share),
        ]),
        [2, 3, 4],
        0,
      ),
    ),
    '',
  ];
}

/** Rows for a pipe. */
export function profileRows({
  runs,
  slowdown,
  phases,
  operators,
  nodes,
}: OperatorProfile): (string | number | null)[][] {
  return [
    ['profile', runs, slowdown],
    ...Object.entries(phases).map(([name, value]) => ['phase', name, value]),
    ...operators.map(({ op, domain, countPerRun, msPerRun, share }) => [
      'operator',
      op,
      domain,
      countPerRun,
      msPerRun,
      share,
    ]),
    ...nodes.map(({ name, op, countPerRun, msPerRun, share }) => [
      'node',
      name,
      op,
      countPerRun,
      msPerRun,
      share,
    ]),
  ];
}

/** The operators, for a pull request. */
export function profileMarkdown({ operators, runs }: OperatorProfile): string {
  const rows = operatorRows(operators).map(([op = '', ...rest], at) => [
    code(operators[at]?.op ?? op),
    ...rest.slice(0, -1),
    originOf(operators[at]?.domain ?? null, code),
  ]);
  return `Operators, in ${runs} profiled runs:\n\n${markdownTable(operatorHead, rows, [1, 2, 3, 4, 5])}`;
}

const operatorHead = ['operator', 'per run', 'time per run', 'each', 'share', 'total', 'domain'];

function operatorRows(operators: readonly Time[]): string[][] {
  let sum = 0;
  return operators.map(({ op, domain, countPerRun, msPerRun, share }) => {
    sum += share;
    return [
      escapeText(op),
      times(countPerRun),
      time(msPerRun),
      time(msPerRun / countPerRun),
      percentage(share),
      percentage(sum),
      originOf(domain, escapeText),
    ];
  });
}

function originOf(domain: string | null, shown: (text: string) => string): string {
  if (domain === null) return 'ONNX Runtime';
  return domain === 'ai.onnx' ? '' : shown(domain);
}

function phaseRows({ phases }: OperatorProfile): string[][] {
  const { createMs, firstRunMs, feedsMs, callMs, runMs, nodesMs, fetchMs } = phases;
  return [
    ['create the session', time(createMs), 'once: load, optimise, allocate'],
    ['make the inputs', time(feedsMs), 'once'],
    ['first run', time(firstRunMs), 'once, with cold caches'],
    ['each call of run()', time(callMs), 'while profiling'],
    ['  in nodes', time(nodesMs), share(nodesMs, callMs)],
    ['  between nodes', time(Math.max(0, runMs - nodesMs)), share(runMs - nodesMs, callMs)],
    ['  outside ONNX Runtime', time(fetchMs), share(fetchMs, callMs)],
  ];
}

function share(part: number, whole: number): string {
  return whole > 0 ? percentage(Math.max(0, part) / whole) : '';
}

function time(ms: number): string {
  return ms === 0 ? '0 µs' : latency(ms);
}

/** One decimal, so that shares add up to the total beside them. */
function percentage(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}

/** A node may run in only some of the runs. */
function times(countPerRun: number): string {
  return Number.isInteger(countPerRun) ? countPerRun.toLocaleString('en') : number(countPerRun, 3);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
