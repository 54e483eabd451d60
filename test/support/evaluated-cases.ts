import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { seededRandom } from '../../src/core/seeded-random.ts';
import type { ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';

export type Expected = Record<string, number | null | Record<string, number | null>>;

/** A case of `test/fixtures/evaluate/`, which says how it was made. */
export interface ClassificationCase {
  name: string;
  rows: ClassifiedRows;
  expected: Expected;
  confusion: number[][] | undefined;
  calibration: { rows: number[]; frequency: number[]; confidence: number[] } | null;
}

interface StoredCase extends Omit<ClassificationCase, 'rows'> {
  labels: string[];
  target: number[];
  predicted: number[];
  classes?: number[];
  probabilities?: number[];
  generated?: { rows: number; seed: number };
}

export function readCases(name: string): unknown[] {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/evaluate/${name}.json`, import.meta.url), 'utf8'),
  ) as unknown[];
}

export function classificationCases(): ClassificationCase[] {
  return (readCases('classification') as StoredCase[]).map((stored) => {
    const { name, labels, expected, confusion, calibration, generated } = stored;
    const rows =
      generated === undefined ? storedRows(stored) : generatedRows(labels, generated.rows, generated.seed);
    return { name, rows, expected, confusion, calibration };
  });
}

function storedRows({ labels, target, predicted, classes, probabilities }: StoredCase): ClassifiedRows {
  return {
    labels,
    target: Int32Array.from(target),
    predicted: Int32Array.from(predicted),
    probabilities:
      classes === undefined || probabilities === undefined
        ? null
        : { classes: Int32Array.from(classes), values: Float32Array.from(probabilities) },
  };
}

/** The rows that `generated` of the script makes. */
export function generatedRows(labels: readonly string[], rows: number, seed: number): ClassifiedRows {
  const random = seededRandom(seed);
  const width = labels.length;
  const target = new Int32Array(rows);
  const predicted = new Int32Array(rows);
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const right = Math.floor((random() * width) / 2 ** 32);
    target[row] = right;
    const scores = Array.from({ length: width }, () => 1 + (random() >>> 22));
    scores[right] = (scores[right] ?? 0) + 300;
    const sum = scores.reduce((total, score) => total + score, 0);
    values.set(
      scores.map((score) => score / sum),
      row * width,
    );
    predicted[row] = scores.indexOf(Math.max(...scores));
  }
  return { labels, target, predicted, probabilities: { classes: Int32Array.from(labels.keys()), values } };
}

/** To 12 digits; null equals null only. */
export function assertClose(actual: unknown, expected: Expected[string] | undefined, name: string): void {
  if (typeof expected === 'object' && expected !== null) {
    assert.deepEqual(Object.keys(actual as object), Object.keys(expected), name);
    for (const [key, value] of Object.entries(expected))
      assertClose((actual as Record<string, unknown>)[key], value, `${name} ${key}`);
  } else if (typeof expected !== 'number' || typeof actual !== 'number') {
    assert.equal(actual, expected, name);
  } else {
    const off = Math.abs(actual - expected);
    assert.ok(off <= 1e-12 * Math.max(1, Math.abs(expected)), `${name}: ${actual}, not ${expected}`);
  }
}
