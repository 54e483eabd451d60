import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { planBench, type BenchOptions } from '../../src/bench/plan.ts';
import type { BenchMeasurement } from '../../src/bench/result.ts';
import { runBench, type BenchInput } from '../../src/bench/run-bench.ts';
import type { Signature } from '../../src/core/signature.ts';
import { readOnnxModel } from '../../src/onnx/read-model.ts';
import { fileSource } from './byte-source.ts';

export function fixtureModel(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}/model.onnx`, import.meta.url));
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

/** Benches a model as the command would, by default one launch of 20 runs. */
export function benchModel(
  file: string,
  options: BenchOptions = {},
  rest: Pick<BenchInput, 'signal' | 'onProgress'> = {},
): Promise<BenchMeasurement> {
  const plan = planBench({ launches: 1, iterations: 20, warmup: 3, threads: 1, ...options });
  return runBench({ modelFile: file, signature: signatureOf(file), plan, ...rest });
}
