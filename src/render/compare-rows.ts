import type { ComparedNumber } from '../core/metric-change.ts';
import { changeText, toneOf, type Tone } from './change.ts';
import { number } from './format.ts';

/** What stands in one place of a comparison, not yet escaped; undefined where there is nothing. */
export interface Side {
  text: string | undefined;
  /** Against the first version. */
  tone: Tone;
}

/** One thing compared. */
export interface Row {
  name: string;
  /** One for each version. */
  sides: Side[];
  /** What changed from the first to the second, where there are no more. */
  change: string;
  /** Whose words these are: in Markdown, others' stand as code. */
  others: { name: boolean; sides: boolean };
}

/** Texts of others under a name of others. */
export function textRow(name: string, texts: (string | undefined)[]): Row {
  return {
    name,
    sides: texts.map((text) => ({ text, tone: 'plain' })),
    change: '',
    others: { name: true, sides: true },
  };
}

/** Texts that we wrote, such as counts. */
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
  const row = numberRow(metric.name, metric, tellingApart(metric.values), (value) => number(value, 3));
  return { ...row, others: { name: true, sides: false } };
}

const mostDigits = 8;

/** Four significant digits, or as many more as show that different values differ. */
function tellingApart(values: (number | undefined)[]): (value: number) => string {
  const different = new Set(values);
  const digits = Array.from({ length: mostDigits - 4 }, (_, index) => index + 4).find((count) => {
    const texts = [...different].map((value) => (value === undefined ? '' : number(value, count)));
    return new Set(texts).size === different.size;
  });
  return (value) => number(value, digits ?? mostDigits);
}
