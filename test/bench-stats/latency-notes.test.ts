import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeLatency } from '../../src/bench/stats/latency-summary.ts';

const choices = { alpha: 0.05, seed: 1, harnessFloorUs: 0 };
const noteOf = (samples: Float64Array): string | undefined =>
  summarizeLatency([samples], choices).notes.find((note) => note.includes('lag-1'));

test('the note names the correlation that was found, by value or by side of the median', () => {
  const waves = Float64Array.from({ length: 400 }, (_, at) => 1 + 0.1 * Math.sin(at / 10));
  assert.match(noteOf(waves) ?? '', /\(lag-1 autocorrelation (?:of being above the median )?0\.\d\d\)/);
  // A few interruptions drown what is seen by value.
  const interrupted = waves.map((value, at) => (at % 97 === 50 ? 40 : value));
  assert.match(noteOf(interrupted) ?? '', /\(lag-1 autocorrelation of being above the median 0\.9\d\)/);
  assert.equal(
    noteOf(Float64Array.from({ length: 400 }, (_, at) => 1 + ((at * 7919) % 101) / 1000)),
    undefined,
  );
});
