import type { Json } from '../../api/verb.ts';
import type { compareOnDataVerb } from '../../api/verbs/run/compare-on-data.ts';
import { dataName } from '../../core/measurements/evaluation.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { CompareOnDataResult } from '../../evaluate/evaluation.ts';
import { hanging, number } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { table } from '../table.ts';
import { viewOf, type Style } from '../view.ts';
import { intervalText, rowsText, signed } from './report-facts.ts';

type Compared = CompareOnDataResult['metrics'][number];

/** `compare A B --data FILE` */
export const compareOnDataView = viewOf<CompareOnDataResult, Json<typeof compareOnDataVerb>>()({
  json: ({ warnings: _warnings, ...result }) => result,
  text,
  plain: ({ baseline, candidate, data, rows, metrics, saved }) => [
    ['ref', baseline.ref, candidate.ref],
    ['data', data.digest, data.file ?? ''],
    ['rows', rows],
    ...metrics.map((one) => [
      'metric',
      one.name,
      one.baseline,
      one.candidate,
      one.delta,
      one.low,
      one.high,
      one.p,
      one.better ?? '',
    ]),
    ...(saved === null ? [] : [['saved', saved.id]]),
  ],
  quiet: ({ baseline, candidate }) => [baseline.ref, candidate.ref],
  markdown,
});

/** What is said of one metric in a sentence. */
function sentence({ baseline, candidate }: CompareOnDataResult, one: Compared): string {
  const { name, delta, low, high, p } = one;
  const by = `${name} ${signed(delta)} (95% interval ${signed(low)} to ${signed(high)}, p ${pText(p)})`;
  if (one.better === null)
    return `whether ${candidate.ref} is better than ${baseline.ref} cannot be told: ${by}`;
  return `${candidate.ref} is ${one.better === 'candidate' ? 'better' : 'worse'} than ${baseline.ref}: ${by}`;
}

function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : `= ${number(p, 2)}`;
}

/** The metric that the sentence is about. */
function lead({ task, metrics }: CompareOnDataResult): Compared | undefined {
  return metrics.find(({ name }) => name === (task === 'classification' ? 'accuracy' : 'rmse')) ?? metrics[0];
}

const words = { candidate: 'better', baseline: 'worse' } as const;

function text(result: CompareOnDataResult, style: Style): string {
  const { color, width } = style;
  const { metrics, data, untested, saved } = result;
  const first = lead(result);
  const marks = { candidate: color.green('✓'), baseline: color.red('✗'), unknown: color.yellow('○') };
  const mark = marks[first?.better ?? 'unknown'];
  const rows = metrics.map((one) => [
    one.name,
    number(one.baseline),
    color.bold(number(one.candidate)),
    signed(one.delta),
    color.dim(intervalText(one)),
    one.p < 0.0001 ? '<0.0001' : number(one.p, 2),
    one.better === null
      ? color.dim('–')
      : (one.better === 'candidate' ? color.green : color.red)(words[one.better]),
  ]);
  const drawn = table(
    { ...style, width: width - 2 },
    ['metric', 'first', 'second', 'change', '95% interval', 'p', ''],
    rows,
    [1, 2, 3, 5],
    0,
  );
  const about = `${rowsText(result, dataName(result))}; target ${escapeText(data.target)}`;
  const reasons = [...Map.groupBy(Object.entries(untested), ([, reason]) => reason)].map(([reason, of]) =>
    hanging(
      `${color.yellow('○')} `,
      2,
      `not compared: ${of.map(([name]) => name).join(', ')}: ${escapeText(reason)}`,
      width,
    ),
  );
  const said = first === undefined ? 'no metric could be compared' : sentence(result, first);
  return [
    [hanging(`${mark} `, 2, said, width), hanging('  ', 2, about, width, color.dim)].join('\n'),
    ...(rows.length === 0 ? [] : [drawn.replaceAll(/^(?=.)/gm, '  ')]),
    ...(reasons.length === 0 ? [] : [reasons.join('\n')]),
    ...(saved === null ? [] : [color.dim(`saved as ${saved.id} (event ${saved.event})`)]),
  ].join('\n\n');
}

function markdown(result: CompareOnDataResult): string {
  const { baseline, candidate, data, metrics } = result;
  const first = lead(result);
  const sign = { candidate: '✅', baseline: '❌', unknown: '❔' }[first?.better ?? 'unknown'];
  const rows = metrics.map((one) => [
    code(one.name),
    number(one.baseline),
    number(one.candidate),
    signed(one.delta),
    intervalText(one),
    one.p < 0.0001 ? '<0.0001' : number(one.p, 2),
    one.better === null ? '' : words[one.better],
  ]);
  return [
    `### ${sign} ${code(candidate.ref)} against ${code(baseline.ref)} on ${rowsText(result, code(data.file ?? 'stdin'))}`,
    ...(first === undefined ? [] : [`${sentence(result, first)}.`]),
    markdownTable(['metric', 'first', 'second', 'change', '95% interval', 'p', ''], rows, [1, 2, 3, 5]),
    `Data ${code(data.digest)}, target ${code(data.target)}.`,
  ].join('\n\n');
}
