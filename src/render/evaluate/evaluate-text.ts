import type { EvaluateResult } from '../../evaluate/evaluation.ts';
import { dataName } from '../../core/measurements/evaluation.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted, hanging, number } from '../format.ts';
import { beside, table, visibleWidth } from '../table.ts';
import type { Style } from '../view.ts';
import { braillePlot } from './braille-plot.ts';
import { confusionText } from './confusion-text.ts';
import {
  curveArea,
  importanceRows,
  metricRows,
  mistakes,
  rowsText,
  sliceRows,
  slicesLeft,
} from './report-facts.ts';

const indent = 2;
const mostSlices = 10;
const mostColumns = 15;
const plotRows = 10;
const widestPlot = 40;

/** An evaluation for a terminal. */
export function evaluateText(result: EvaluateResult, style: Style): string {
  const inner = { ...style, width: style.width - indent };
  return [
    headline(result, style),
    ...metricsText(result, inner).map(indented),
    indented(confusionSection(result, inner)),
    ...plots(result, inner).map(indented),
    ...result.slices.map((slice) => indented(sliceText(slice, inner))),
    indented(importanceText(result, inner)),
    savedText(result, style),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(indent));
}

function headline(result: EvaluateResult, { color, width }: Style): string {
  const { ref, task, labels, outputs, as, asOf } = result;
  const what = labels === null ? task : `${task}, ${counted(labels.length, 'class', 'classes')}`;
  const head = `${color.green('✓')} evaluated ${color.bold(ref)} ${color.dim(`(${what})`)}`;
  const names = Object.values(outputs).filter((name) => name !== null);
  const facts = [
    rowsText(result, dataName(result)),
    `target ${escapeText(result.data.target)}, output ${names.map(escapeText).join(', ')}`,
    ...(as === null ? [] : [`as ${escapeText(as)}`]),
    ...(asOf === null ? [] : [`of ${asOf.slice(0, 10)}`]),
  ];
  return [head, hanging('  ', indent, facts.join('; '), width, color.dim)].join('\n');
}

/** In two columns where there is room; reasons of undefined metrics below. */
function metricsText(result: EvaluateResult, style: Style): string[] {
  const { color, width } = style;
  const rows = metricRows(result);
  const known = rows.filter(({ reason }) => reason === '');
  const drawn = (part: typeof known): string =>
    table(
      style,
      ['metric', 'value', '95% interval'],
      part.map(({ name, value, interval }) => [name, color.bold(value), color.dim(interval)]),
      [1],
    );
  const half = Math.ceil(known.length / 2);
  const columns =
    known.length > 8 ? beside([drawn(known.slice(0, half)), drawn(known.slice(half))], width) : [];
  const whole = columns.length === 1 ? columns : [known.length === 0 ? '' : drawn(known)];
  const missing = [
    ...Map.groupBy(
      rows.filter(({ reason }) => reason !== ''),
      ({ reason }) => reason,
    ),
  ].map(([reason, of]) => {
    const names = of.map(({ name }) => name).join(', ');
    return hanging(`${color.yellow('○')} `, 2, `no ${names}: ${escapeText(reason)}`, width);
  });
  return [...whole, missing.join('\n')];
}

const widestMatrix = 20;
const mostMistakes = 8;

function confusionSection({ confusion, labels, classes }: EvaluateResult, style: Style): string {
  if (confusion === null || labels === null || classes === null) return '';
  const names = labels.map((label) => escapeText(String(label)));
  const matrix = names.length > widestMatrix ? null : confusionText({ confusion, names, classes }, style);
  if (matrix !== null && matrix.split('\n').every((line) => visibleWidth(line) <= style.width)) return matrix;
  const rows = mistakes(confusion, names, mostMistakes).map(({ right, predicted, rows: count }) => [
    right,
    predicted,
    count.toLocaleString('en'),
  ]);
  if (rows.length === 0) return style.color.dim('no mistakes');
  return table(style, ['most confused', 'predicted', 'rows'], rows, [2], [0, 1]);
}

function plots(result: EvaluateResult, style: Style): string[] {
  const columns = Math.min(widestPlot, Math.floor((Math.min(style.width, 100) - 16) / 2));
  if (columns < 12) return [];
  const size = { columns, rows: plotRows };
  return beside(
    [
      rocText(result, size, style),
      calibrationText(result, size, style),
      residualsText(result, size, style),
      scatterText(result, size, style),
    ],
    style.width,
  );
}

type Size = { columns: number; rows: number };

function rocText(result: EvaluateResult, size: Size, style: Style): string {
  const { curves } = result;
  if (curves.length === 0) return '';
  const lines = curves.map(({ fpr, tpr }) => fpr.map((x, at) => ({ x, y: tpr[at] ?? 0 })));
  const [only] = curves;
  const area = curves.length === 1 && only !== undefined ? curveArea(result, only.label) : null;
  const y = area === null ? 'one against the rest' : `area ${number(area)}`;
  const plot = { title: 'ROC', y, x: 'false positive rate' };
  return braillePlot({ ...plot, range: [0, 1], lines, ...size }, style);
}

/** What fewer rows say is noise. */
const fewestInBin = 5;

function calibrationText({ calibration, positive }: EvaluateResult, size: Size, style: Style): string {
  if (calibration === null) return '';
  const line = calibration.flatMap(({ rows, confidence, frequency }) =>
    confidence === null || frequency === null || rows < fewestInBin ? [] : [{ x: confidence, y: frequency }],
  );
  const y = positive === null ? 'share that is right' : 'share that is positive';
  return braillePlot(
    { title: 'CALIBRATION', y, x: 'probability', range: [0, 1], lines: [line], ...size },
    style,
  );
}

/** Bars of the residuals, several bins of the result in one. */
function residualsText({ residuals }: EvaluateResult, { rows, columns }: Size, { color }: Style): string {
  if (residuals === null) return '';
  const { edges, counts, below, above } = residuals;
  const per = Math.ceil(counts.length / (rows + 1));
  const bars: { from: number; to: number; count: number }[] = [];
  for (let at = 0; at < counts.length; at += per) {
    const part = counts.slice(at, at + per);
    const to = edges[Math.min(counts.length, at + per)] ?? 0;
    bars.push({ from: edges[at] ?? 0, to, count: part.reduce((sum, count) => sum + count, 0) });
  }
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const labels = bars.map(({ from, to }) => `${number(from, 3)} to ${number(to, 3)}`);
  const width = Math.max(...labels.map((label) => label.length));
  const room = Math.max(6, columns - width);
  const lines = bars.map(({ count }, at) => {
    const bar = '█'.repeat(Math.ceil((room * count) / most));
    return `${color.dim((labels[at] ?? '').padStart(width))} ${color.cyan(bar)} ${color.dim(count.toLocaleString('en'))}`;
  });
  const outside = below + above === 0 ? [] : [color.dim(`${counted(below + above, 'row')} further off`)];
  return [`${color.bold('RESIDUALS')} ${color.dim('prediction minus target')}`, ...lines, ...outside].join(
    '\n',
  );
}

function scatterText({ residuals }: EvaluateResult, size: Size, style: Style): string {
  if (residuals === null) return '';
  const points = residuals.points.map(([x, y]) => ({ x, y }));
  const all = points.flatMap(({ x, y }) => [x, y]);
  const range = [Math.min(...all), Math.max(...all)] as const;
  return braillePlot({ title: 'PREDICTIONS', y: 'predicted', x: 'target', range, points, ...size }, style);
}

function sliceText(slice: EvaluateResult['slices'][number], style: Style): string {
  const rows = sliceRows(slice, mostSlices).map(([value = '', ...rest]) => [escapeText(value), ...rest]);
  const drawn = table(
    style,
    [`by ${escapeText(slice.column)}`, 'rows', slice.metric, '95% interval'],
    rows,
    [1, 2],
    0,
  );
  const left = slicesLeft(slice, mostSlices);
  return left === 0 ? drawn : `${drawn}\n${style.color.dim(`+${left} better groups (--json shows more)`)}`;
}

function importanceText({ importance }: EvaluateResult, style: Style): string {
  if (importance === null) return '';
  const rows = importanceRows(importance, mostColumns).map(([column = '', ...rest]) => [
    escapeText(column),
    ...rest,
  ]);
  const head = ['column', `loss of ${importance.metric} without it`, '95% interval'];
  const drawn = table(style, head, rows, [1], 0);
  const left = importance.columns.length - rows.length;
  return left === 0 ? drawn : `${drawn}\n${style.color.dim(`+${left} columns (--json shows all)`)}`;
}

function savedText({ saved }: EvaluateResult, { color }: Style): string {
  return saved === null ? '' : color.dim(`saved as ${saved.id} (event ${saved.event})`);
}
