import { isNumberLike } from '../data/read-cell.ts';
import type { ColumnState } from './column-state.ts';
import { estimateDistinct } from './distinct-sketch.ts';
import { collectNumbers } from './number-collector.ts';
import { readTime } from './read-time.ts';
import { collectTexts } from './text-collector.ts';

/** Takes the cells of a column, batch after batch. */
export interface ColumnCollector {
  /** NaN is missing. */
  addNumbers(values: ArrayLike<number>, from: number, to: number, stride: number): void;
  /** Cells that are no number among those of a batch: how many rows have each. They came as NaN, too. */
  addStrangers(texts: ReadonlyMap<string, number>): void;
  /** Texts as they were written; empty and the words for missing values are missing. */
  addTexts(texts: ReadonlyMap<string, number>): void;
  finish(): ColumnState;
}

/** `capacity`: how many numbers are held exactly. */
export function collectColumn(name: string, asked: ColumnState['asked'], capacity: number): ColumnCollector {
  let [missing, infinite, invalid] = [0, 0, 0];
  const numbers = collectNumbers(capacity);
  const texts = collectTexts();
  /** Null: no value has told yet. */
  let values: 'number' | 'datetime' | 'text' | null =
    asked === 'numeric' ? 'number' : asked === 'datetime' ? 'datetime' : null;

  function addTexts(given: ReadonlyMap<string, number>): void {
    const present: [text: string, rows: number][] = [];
    for (const [text, rows] of given)
      if (isNumberLike(text) === null) missing += rows;
      else present.push([text, rows]);
    if (present.length === 0) return;
    values ??=
      asked === null && present.every(([text]) => !Number.isNaN(readTime(text))) ? 'datetime' : 'text';
    for (const [text, rows] of present) {
      if (values === 'text') {
        texts.add(text, rows);
        continue;
      }
      const time = values === 'datetime' ? readTime(text) : Number.NaN;
      if (Number.isNaN(time)) invalid += rows;
      else for (let row = 0; row < rows; row++) numbers.add(time);
    }
  }

  return {
    addNumbers(given, from, to, stride) {
      for (let at = from; at < to; at += stride) {
        const value = given[at] as number;
        if (Number.isNaN(value)) missing++;
        else if (values !== null && values !== 'number') addTexts(new Map([[String(value), 1]]));
        else {
          values = 'number';
          if (Number.isFinite(value)) numbers.add(value);
          else infinite++;
        }
      }
    },
    addStrangers(given) {
      for (const rows of given.values()) missing -= rows;
      addTexts(given);
    },
    addTexts,
    finish(): ColumnState {
      const isText = values === 'text';
      const isNumber = !isText && !numbers.isEmpty();
      const ofTexts = isText ? texts.finish() : null;
      const ofNumbers = isNumber ? numbers.finish() : null;
      const sketch = ofTexts?.sketch ?? ofNumbers?.sketch ?? null;
      const exact = ofTexts === null ? (ofNumbers?.distinct?.count ?? null) : ofTexts.distinct;
      const isEmpty = sketch === null;
      return {
        name,
        values: isEmpty && infinite === 0 && invalid === 0 ? 'none' : (values ?? 'none'),
        asked,
        missing,
        infinite,
        invalid,
        distinct: isEmpty ? 0 : (exact ?? estimateDistinct(sketch)),
        distinctIsExact: isEmpty || exact !== null,
        sketch,
        numbers: ofNumbers,
        texts: ofTexts,
        redacted: false,
        typeBefore: null,
        countBefore: 0,
      };
    },
  };
}
