import type { EvaluateResult } from '../../../evaluate/evaluation.ts';
import { counted, number } from '../../format.ts';
import { curveArea } from '../report-facts.ts';
import { markup, nothing, short, tableOf, type Markup } from './markup.ts';
import { histogramPlot, squarePlot } from './plots.ts';

/** ROC curves, calibration and residuals, where the evaluation has them. */
export function figuresOf(result: EvaluateResult): Markup {
  const figures = [rocFigure(result), calibrationFigure(result), ...residualFigures(result)].filter(
    (figure) => figure !== nothing,
  );
  return figures.length === 0 ? nothing : markup`<h2>Curves</h2><div class="plots">${figures}</div>`;
}

function rocFigure(result: EvaluateResult): Markup {
  const { curves } = result;
  if (curves.length === 0) return nothing;
  const series = curves.map(({ fpr, tpr }, at) => ({
    style: `c${at % 10}`,
    points: fpr.map((x, index) => ({ x, y: tpr[index] ?? 0 })),
  }));
  const legend = curves.map(({ label }, at) => {
    const area = curveArea(result, label);
    return markup`<li><svg viewBox="0 0 16 10" aria-hidden="true"><path class="line c${at % 10}" d="M0 5H16"/></svg>${short(label)}${area === null ? '' : ` ${number(area)}`}</li>`;
  });
  const about = `ROC curve of ${counted(curves.length, 'class', 'classes')}; the areas are listed below`;
  const plot = squarePlot({
    about,
    x: 'false positive rate',
    y: 'true positive rate',
    range: [0, 1],
    series,
  });
  const what =
    curves.length === 1 ? 'ROC curve of the positive class' : 'ROC curves, one class against the others';
  return markup`<figure>${plot}<figcaption>${what}, with the area below</figcaption><ul class="legend">${legend}</ul></figure>`;
}

/** What fewer rows say is noise. */
const fewestInBin = 5;

function calibrationFigure({ calibration, positive, metrics }: EvaluateResult): Markup {
  if (calibration === null) return nothing;
  const bins = calibration.flatMap(({ rows, confidence, frequency }) =>
    confidence === null || frequency === null ? [] : [{ rows, x: confidence, y: frequency }],
  );
  const points = bins.filter(({ rows }) => rows >= fewestInBin);
  const y = positive === null ? 'share that is right' : 'share that is positive';
  const ece = metrics['ece'];
  const few = points.length < bins.length ? `; grey: fewer than ${fewestInBin} rows` : '';
  const caption = `Calibration${typeof ece === 'number' ? `, expected error ${number(ece)}` : ''}${few}`;
  const plot = squarePlot({
    about: 'Calibration curve; its values are in the table below',
    x: 'probability',
    y,
    range: [0, 1],
    series: [
      { style: 'c0', points },
      { style: 'c0', points, dots: true },
      { style: 'c7', points: bins.filter(({ rows }) => rows < fewestInBin), dots: true },
    ],
  });
  const columns = [
    { head: 'probability' },
    { head: 'rows', number: true },
    { head: 'mean', number: true },
    { head: y, number: true },
  ];
  const rows = calibration
    .filter(({ rows: count }) => count > 0)
    .map(({ low, high, rows: count, confidence, frequency }) => [
      `${number(low, 2)} to ${number(high, 2)}`,
      count,
      number(confidence ?? 0, 3),
      number(frequency ?? 0, 3),
    ]);
  return markup`<figure>${plot}<figcaption>${caption}</figcaption><details><summary>Values</summary>${tableOf('Rows by probability', columns, rows)}</details></figure>`;
}

function residualFigures({ residuals }: EvaluateResult): Markup[] {
  if (residuals === null) return [];
  const points = residuals.points.map(([x, y]) => ({ x, y }));
  const all = points.flatMap(({ x, y }) => [x, y]);
  const range = [Math.min(...all), Math.max(...all)] as const;
  const outside = residuals.below + residuals.above;
  const scatter = squarePlot({
    about: 'Predictions by target',
    x: 'target',
    y: 'prediction',
    range,
    series: [{ style: 'c0', points, dots: true }],
  });
  const further = outside === 0 ? '' : `; ${counted(outside, 'row')} further off`;
  return [
    markup`<figure>${scatter}<figcaption>Predictions by target, ${counted(points.length, 'row')}</figcaption></figure>`,
    markup`<figure>${histogramPlot('Histogram of the residuals', residuals)}<figcaption>Residuals${further}</figcaption></figure>`,
  ];
}
