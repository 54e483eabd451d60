import type { ComparedNumber } from '../../core/metadata/metric-change.ts';
import { shownResult } from '../../core/text/numbers.ts';
import { changeText, toneOf, type Tone } from './change.ts';
import { columnNumber } from '../format.ts';

/** One cell of a comparison, not yet escaped; undefined if it is empty. */
export interface Side {
  text: string | undefined;
  /** Compared with the first version. */
  tone: Tone;
}

/** One thing compared. */
export interface Row {
  name: string;
  /** One for each version. */
  sides: Side[];
  /** The change from the first to the second version, if there are only two. */
  change: string;
  /** Which texts come from users: in Markdown these are shown as code. */
  others: { name: boolean; sides: boolean };
}

/** A row whose name and texts come from users. */
export function textRow(name: string, texts: (string | undefined)[]): Row {
  return {
    name,
    sides: texts.map((text) => ({ text, tone: 'plain' })),
    change: '',
    others: { name: true, sides: true },
  };
}

/** A row of our own texts, such as counts. */
export function ownRow(name: string, texts: (string | undefined)[]): Row {
  return { ...textRow(name, texts), others: { name: false, sides: false } };
}

export function numberRow(
  name: string,
  { values, changes }: ComparedNumber,
  shown: (value: number) => string,
  shownChange: (value: number) => string = shown,
): Row {
  const [change] = changes;
  return {
    name,
    sides: values.map((value, index) => {
      const against = changes[index - 1];
      return {
        text: value === undefined ? undefined : shown(value),
        tone: against === undefined ? 'plain' : toneOf(against),
      };
    }),
    change: changes.length === 1 && change !== undefined ? changeText(change, shownChange) : '',
    others: { name: false, sides: false },
  };
}

export function metricRow(metric: ComparedNumber): Row {
  const known = metric.values.filter((value) => value !== undefined);
  const row = numberRow(metric.name, metric, columnNumber(known, true), (value) => shownResult(value, 3));
  return { ...row, others: { name: true, sides: false } };
}
