import assert from 'node:assert/strict';
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ModelToTime } from '../../src/bench/run/model-to-time.ts';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import type { BenchMeasurement } from '../../src/bench/report/result.ts';
import { runBench } from '../../src/bench/run/run-bench.ts';
import type { BenchInput } from '../../src/bench/run/run-launches.ts';
import type { Signature } from '../../src/core/versions/signature.ts';
import { checkGoldenSet } from '../../src/onnx/golden/golden-set.ts';
import { readOnnxModel } from '../../src/onnx/file/read-model.ts';
import { fileSource } from './byte-source.ts';
import { fixture } from './temp-folder.ts';

export function fixtureModel(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}/model.onnx`, import.meta.url));
}

/** The golden set beside it. */
export function fixtureGolden(name: string): Map<string, string> {
  return new Map([['golden.json', fixture(`${name}/golden.json`)]]);
}

/** A model file in a temp folder that is gone after the test. */
export function modelFile(test: TestContext, bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlreg-bench-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'model.onnx');
  writeFileSync(file, bytes);
  return file;
}

export function signatureOf(file: string): Signature {
  const fd = openSync(file, 'r');
  try {
    return readOnnxModel(fileSource(fd)).model.signature;
  } finally {
    closeSync(fd);
  }
}

/**
 * The golden sets of a model: one, as it was registered with it. `files`: where each is, by its
 * path in the set.
 */
export function goldenOf(file: string, files: Map<string, string>): NonNullable<ModelToTime['golden']> {
  const { cases } = checkGoldenSet(files, signatureOf(file));
  return [{ digest: `sha256:${'0'.repeat(64)}`, self: false, files, cases }];
}

/** It ran, and its outputs were those of its golden set; no other gate was asked for. */
export function assertMatches({ report }: BenchMeasurement): void {
  assert.equal(report.status, 'ok', report.error?.message);
  assert.equal(report.outputs.match, true, JSON.stringify(report.outputs));
  assert.deepEqual(
    report.gates.map(({ gate, verdict }) => [gate, verdict]),
    [['golden', 'pass']],
  );
}

/** Benches a model as the command would, by default one launch of 20 runs. */
export function benchModel(
  file: string,
  options: BenchOptions = {},
  rest: Pick<BenchInput, 'signal' | 'onProgress' | 'golden' | 'inputFiles'> = {},
): Promise<BenchMeasurement> {
  const plan = planBench({ launches: 1, iterations: 20, warmup: 3, threads: 1, ...options });
  return runBench({ modelFile: file, signature: signatureOf(file), plan, ...rest });
}
