import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decodeSamples, encodeSamples, type SampleSeries } from '../../src/bench/report/sample-codec.ts';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';

function series(n: number, launch = 0, arm: 0 | 1 = 0): SampleSeries {
  const random = seededRandom(launch + 1);
  return {
    arm,
    launch,
    latencyMs: Float64Array.from({ length: n }, () => Math.round(14_000 + 3000 * nextDouble(random)) / 1e6),
  };
}

test('samples come back to the nanosecond, in their series and order', () => {
  const all = [series(1000), series(1, 1), series(0, 2), series(333, 3, 1)];
  assert.deepEqual(decodeSamples(encodeSamples(all)), all);
  assert.deepEqual(decodeSamples(encodeSamples([])), []);
});

test('long and short ones stand side by side', () => {
  const all: SampleSeries[] = [
    { arm: 0, launch: 0, latencyMs: Float64Array.of(3_600_000, 0.000001, 0, 86_400_000.000001) },
  ];
  assert.deepEqual(decodeSamples(encodeSamples(all)), all);
});

test('a sample takes about two bytes', () => {
  const bytes = encodeSamples([series(100_000)]).length / 100_000;
  assert.ok(bytes < 2.1, `${bytes} bytes`);
});

test('the format of version 1 stays readable', () => {
  const stored = Buffer.from('AR+LCAAAAAAAAANjYmBgvsD/gv08PyMTY8OWTmEAPE+c7BEAAAA=', 'base64');
  assert.deepEqual(decodeSamples(stored), [
    { arm: 0, launch: 0, latencyMs: Float64Array.of(0.001, 0.0015, 0.0005) },
    { arm: 1, launch: 2, latencyMs: Float64Array.of(20) },
  ]);
});

test('anything else is refused as damaged', () => {
  const good = encodeSamples([series(100)]);
  const body = (...bytes: number[]): Uint8Array => Uint8Array.of(1, ...gzipSync(Uint8Array.from(bytes)));
  const bad: Record<string, Uint8Array> = {
    empty: new Uint8Array(),
    'another version': Uint8Array.of(2, ...good.subarray(1)),
    'cut short': good.subarray(0, good.length - 9),
    'no gzip': Uint8Array.of(1, 2, 3),
    'no series': body(1),
    'more samples than bytes': body(1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f),
    'more series than bytes': body(0xff, 0xff, 0xff, 0x0f),
    'an endless number': body(1, 0, 0, ...Array.from({ length: 20 }, () => 0xff), 1),
    'a third arm': body(1, 2, 0, 0),
    'bytes left over': body(0, 0),
  };
  for (const [name, bytes] of Object.entries(bad)) {
    assert.throws(() => decodeSamples(bytes), { code: 'INTEGRITY' }, name);
  }
});
