import type { EvaluateResult } from '../../../evaluate/evaluation.ts';
import { counted, number } from '../../format.ts';
import { intervalText, metricRows, mistakes, rowsText, signed, slicesLeft } from '../report-facts.ts';
import { figuresOf } from './figures.ts';
import { markup, nothing, short, tableOf, type Markup } from './markup.ts';
import { intervalBar, lengthBar } from './plots.ts';
import { pageOf } from './page.ts';

const widestMatrix = 40;
const mostMistakes = 20;
const mostClasses = 200;
const mostColumns = 100;

/** The report of an evaluation: see `pageOf`. */
export function evaluateHtml(result: EvaluateResult, sha256: (text: string) => string): string {
  const { ref } = result;
  const main = markup`${cards(result)}${facts(result)}
<div class="pair"><section><h2>Metrics</h2>${metricsTable(result)}</section>${confusion(result)}</div>
${figuresOf(result)}
${classes(result)}
${result.slices.map(sliceTable)}
${importance(result)}`;
  const page = {
    title: `${ref} evaluated`,
    heading: ref,
    summary: summary(result),
    main,
    footer: footer(result),
  };
  return pageOf(page, sha256);
}

function summary({ task, labels, data, as, asOf, ...result }: EvaluateResult): string {
  const kind = labels === null ? task : `${task}, ${counted(labels.length, 'class', 'classes')}`;
  const set = as === null ? '' : ` (${short(as)})`;
  const of = asOf === null ? '' : `, of ${asOf.slice(0, 10)}`;
  return `Evaluated on ${rowsText({ ...result, data }, short(data.file ?? 'standard input'))}${set}${of}: ${kind}.`;
}

const leading = ['accuracy', 'f1_macro', 'roc_auc', 'log_loss', 'rmse', 'mae', 'r2', 'median_absolute_error'];

function cards({ metrics, intervals }: EvaluateResult): Markup {
  const shown = leading.flatMap((name) => {
    const value = metrics[name];
    if (typeof value !== 'number') return [];
    const own = intervals[name];
    return [
      markup`<div class="card"><span>${name}</span><b>${number(value)}</b><span>${own === undefined ? '' : intervalText(own)}</span></div>`,
    ];
  });
  return shown.length === 0 ? nothing : markup`<div class="cards">${shown.slice(0, 5)}</div>`;
}

function facts({ data, outputs, digest, positive }: EvaluateResult): Markup {
  const rows: [string, Markup][] = [
    ['data', markup`${short(data.file ?? 'standard input')} <code>${data.digest}</code>`],
    ['target', markup`<code>${short(data.target)}</code>`],
    ['version', markup`<code>${digest}</code>`],
    ...Object.entries(outputs).flatMap(([kind, name]): [string, Markup][] =>
      name === null ? [] : [[`${kind} output`, markup`<code>${short(name)}</code>`]],
    ),
    ...(positive === null
      ? []
      : [['positive class', markup`<code>${short(String(positive))}</code>`] as [string, Markup]]),
  ];
  return markup`<dl>${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function metricsTable(result: EvaluateResult): Markup {
  const rows = metricRows(result);
  const columns = [
    { head: 'metric' },
    { head: 'value', number: true },
    { head: '95% interval' },
    { head: '' },
  ];
  const range = shareScale(result);
  const bars = range === null ? '' : `; bars from ${number(range[0])} to 1`;
  return tableOf(
    `With 95% intervals${bars}`,
    columns,
    rows.map(({ name, value, interval, reason }) => {
      const own = result.metrics[name];
      const bar =
        typeof own === 'number' && range !== null && isShare(name)
          ? intervalBar(range, own, result.intervals[name] ?? null)
          : nothing;
      return [markup`<code>${name}</code>`, value, reason === '' ? interval : reason, bar];
    }),
  );
}

/** Metrics from 0 to 1, of which 1 is best. */
function isShare(name: string): boolean {
  return !/^(?:log_loss|brier|ece|rmse|mae|mape|median_absolute_error)$/.test(name);
}

/** A scale on which the intervals of all shares can be told apart; null: there are none. */
function shareScale({ metrics, intervals }: EvaluateResult): [number, number] | null {
  const lows = Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === 'number' && isShare(name) ? [Math.min(value, intervals[name]?.low ?? value)] : [],
  );
  return lows.length === 0 ? null : [Math.floor(Math.min(...lows, 0.99) * 20) / 20, 1];
}

function confusion({ confusion: matrix, labels }: EvaluateResult): Markup {
  if (matrix === null || labels === null) return nothing;
  const names = labels.map((label) => short(String(label)));
  const title = markup`<h2>Confusion</h2>`;
  if (names.length > widestMatrix) {
    const rows = mistakes(matrix, names, mostMistakes).map((one) => [one.right, one.predicted, one.rows]);
    const columns = [{ head: 'class' }, { head: 'predicted' }, { head: 'rows', number: true }];
    return markup`<section>${title}${tableOf(`The most frequent mistakes of ${names.length} classes`, columns, rows)}</section>`;
  }
  const body = matrix.map((row, right) => {
    const sum = row.reduce((total, count) => total + count, 0);
    const cells = row.map((count, predicted) => {
      const step = count === 0 ? 0 : Math.max(1, Math.round((10 * count) / sum));
      const heat = step === 0 ? 'z' : `${right === predicted ? 'g' : 'b'}${step}`;
      return markup`<td class="${heat}">${count}</td>`;
    });
    return markup`<tr><th scope="row">${names[right] ?? ''}</th>${cells}</tr>`;
  });
  return markup`<section>${title}<p class="dim">Rows of each class (down) by predicted class (across)</p><div class="scroll"><table class="matrix" aria-label="Confusion matrix"><thead><tr><td></td>${names.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead><tbody>${body}</tbody></table></div></section>`;
}

function classes({ classes: all }: EvaluateResult): Markup {
  if (all === null || all.length === 0) return nothing;
  const columns = [
    { head: 'class' },
    ...['rows', 'predicted', 'precision', 'recall', 'F1', 'ROC AUC', 'avg. precision'].map((head) => ({
      head,
      number: true,
    })),
  ];
  const cell = (value: number | null): string => (value === null ? '–' : number(value));
  const rows = all
    .slice(0, mostClasses)
    .map((own) => [
      short(String(own.label)),
      own.support,
      own.predicted,
      cell(own.precision),
      cell(own.recall),
      cell(own.f1),
      cell(own.roc_auc),
      cell(own.average_precision),
    ]);
  const left = all.length - rows.length;
  return markup`<h2>Classes</h2>${tableOf(left > 0 ? `The first ${mostClasses} of ${all.length}` : 'Each against all others', columns, rows)}`;
}

function sliceTable(slice: EvaluateResult['slices'][number], _at: number, all: readonly unknown[]): Markup {
  const most = Math.max(5, Math.floor(150 / all.length));
  const shown = slice.groups.slice(0, Math.min(50, most));
  const highest = Math.max(
    ...shown.map(({ metric, interval }) => Math.max(metric ?? 0, interval?.high ?? 0)),
    slice.metric === 'accuracy' ? 1 : 0,
  );
  const columns = [
    { head: slice.column === '' ? '(no name)' : short(slice.column) },
    { head: 'rows', number: true },
    { head: slice.metric, number: true },
    { head: '95% interval' },
    { head: '' },
  ];
  const rows = shown.map(({ value, rows: count, metric, interval, reason, small }) => [
    value === '' ? '(empty)' : short(value),
    count,
    metric === null ? '–' : number(metric),
    metric === null
      ? short(reason ?? '')
      : [interval === null ? '' : intervalText(interval), small ? 'few rows' : ''].filter(Boolean).join(', '),
    metric === null ? nothing : intervalBar([0, highest], metric, interval),
  ]);
  const left = slicesLeft(slice, shown.length);
  const caption =
    left === 0 ? 'Worst groups first' : `Worst groups first; ${left} better ones are not listed`;
  return markup`<h2>By ${short(slice.column)}</h2>${tableOf(caption, columns, rows)}`;
}

function importance({ importance: found }: EvaluateResult): Markup {
  if (found === null) return nothing;
  const shown = found.columns.slice(0, mostColumns);
  const most = Math.max(0, ...shown.map(({ mean, high }) => Math.max(mean, high ?? 0)));
  const columns = [
    { head: 'column' },
    { head: 'loss', number: true },
    { head: '95% interval' },
    { head: '' },
  ];
  const rows = shown.map(({ column, mean, low, high }) => {
    const interval = low === null || high === null ? null : { low, high };
    return [
      short(column),
      signed(mean),
      interval === null ? '' : `${signed(interval.low)} to ${signed(interval.high)}`,
      lengthBar(most, mean, interval),
    ];
  });
  const left = found.columns.length - shown.length;
  const caption = `How much worse ${found.metric} gets when the values of a column are shuffled among ${counted(found.rows, 'row')}${left > 0 ? `; ${left} columns that matter less are not listed` : ''}`;
  return markup`<h2>Importance of columns</h2>${tableOf(caption, columns, rows)}`;
}

function footer({ saved, seed }: EvaluateResult): string {
  const stored = saved === null ? '' : ` Saved as ${saved.id}, event ${saved.event}.`;
  return `Made by mlreg evaluate; intervals by seed ${seed}.${stored}`;
}
