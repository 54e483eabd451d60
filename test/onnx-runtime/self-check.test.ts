import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { addSelfCheck } from '../../src/bench/run/doctor-bench.ts';
import { selfCheck, selfCheckDuration } from '../../src/bench/run/self-check.ts';
import { selfCheckModel } from '../../src/bench/run/self-check-model.ts';
import { benchModel, modelFile, signatureOf } from '../support/bench-model.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { assertOnce } from '../support/progress.ts';

test('the model of the self-check is a small file that says what it is, and runs', async (t) => {
  const bytes = selfCheckModel();
  assert.ok(bytes.length < 1000);
  const file = modelFile(t, bytes);
  const value = { type: 'tensor(float32)', dtype: 'float32', shape: [16, 256] };
  assert.deepEqual(signatureOf(file), {
    inputs: [{ name: 'x', ...value }],
    outputs: [{ name: 'y', ...value }],
  });
  const { report } = await benchModel(file);
  assert.equal(report.status, 'ok', report.error?.message);
});

test('a self-check compares, counts and cleans up behind itself', async (t) => {
  const folder = tempFolder(t);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  const fractions: number[] = [];
  const onProgress = (fraction: number): void => void fractions.push(fraction);
  const noise = await selfCheck({ durationMs: 1000, onProgress });
  assert.ok('comparisons' in noise, JSON.stringify(noise));
  assert.deepEqual([noise.comparisons, noise.p50.compared, noise.p95.compared], [2, 2, 2]);
  assert.ok(noise.runs >= 100 && noise.timedMs >= 200);
  for (const { falseAlarms, unequal } of [noise.p50, noise.p95]) {
    assert.ok([0, 1, 2].includes(falseAlarms) && [0, 1, 2].includes(unequal));
    assert.ok(falseAlarms <= unequal, 'a ratio above 1.05 for certain is not 1');
  }
  assertOnce(fractions, 'the self-check');
  assert.deepEqual([fractions[0], fractions.length], [0, 7]);
  assert.deepEqual(readdirSync(folder), []);
});

test('its duration is from a second to an hour', () => {
  assert.deepEqual([undefined, 1000].map(selfCheckDuration), [30_000, 1000]);
  for (const ms of [0, 999, 3600e3 + 1])
    assert.throws(() => selfCheckDuration(ms), failsWith('INVALID_INPUT', /must be between 1s and 1h/));
});

test('without an ONNX Runtime that loads it is skipped', async () => {
  const finding = { check: 'onnxruntime', about: 'machine', status: 'warn', observed: 'none' } as const;
  const { ok, findings, bench } = await addSelfCheck(
    { ok: true, findings: [finding], registry: null, accepted: null },
    { durationMs: 1000 },
  );
  assert.deepEqual(
    [ok, bench, findings.at(-1)?.check, findings.at(-1)?.status],
    [true, null, 'bench', 'skip'],
  );
});

test('an abort ends it', async () => {
  await assert.rejects(
    selfCheck({ durationMs: 60_000, signal: AbortSignal.timeout(700) }),
    failsWith('INTERRUPTED'),
  );
});
