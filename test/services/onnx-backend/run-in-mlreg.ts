import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ModelRegistry, TestResult } from '../../../src/index.ts';
import type { BackendCase, MlregResult } from './backend-case.ts';

type Library = typeof import('../../../src/index.ts');

/** As it is packed: its child processes start from one bundled file. */
export async function loadLibrary(): Promise<Library> {
  return (await import(new URL('../../../dist/index.js', import.meta.url).href)) as Library;
}

/**
 * Registers every model with its data sets as golden set, and tests it: what came of each, by its
 * folder. In this process, with the verbs that the commands call.
 */
export async function runInMlreg(
  { createRegistry, isMlregError }: Library,
  cases: readonly BackendCase[],
  scratch: string,
  onResult: (one: BackendCase, result: MlregResult, done: number) => void,
): Promise<Map<string, MlregResult>> {
  await using registry = await createRegistry(join(scratch, 'registry'), { actor: 'onnx-backend' });
  const results = new Map<string, MlregResult>();
  const waiting = [...cases];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const result = await registerAndTest(registry, one).then(toResult, (error: unknown): MlregResult => {
        if (!isMlregError(error))
          return { result: 'broken', reason: String((error as Error).stack ?? error) };
        return {
          result: error.code === 'INTERNAL' ? 'broken' : 'failed',
          reason: `${error.code}: ${error.message}`,
        };
      });
      results.set(one.folder, result);
      onResult(one, result, results.size);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}

async function registerAndTest(registry: ModelRegistry, one: BackendCase): Promise<TestResult> {
  const { ref } = await registry.register(modelName(one), join(one.folder, 'model.onnx'), {
    golden: one.folder,
    git: false,
  });
  return registry.test(ref, { rtol: one.rtol, atol: one.atol });
}

export function modelName({ suite, kind, name }: BackendCase): string {
  return [suite, kind, name].map((part) => part.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')).join('/');
}

/** The verdict of a test in the terms of this comparison. */
export function toResult({ verdict, status, error, cases }: TestResult): MlregResult {
  if (verdict === 'pass') return { result: 'passed', reason: '' };
  const skipped = cases.flatMap((one) => one.skipped ?? []);
  if (status === 'ok' && skipped.length === cases.length)
    return { result: 'skipped', reason: skipped.join('; ') };
  const worst = cases.find(({ match }) => match === false)?.worst;
  return {
    result: status === 'crash' ? 'broken' : 'failed',
    reason: `${verdict}, ${status}: ${error?.message ?? JSON.stringify(worst ?? cases)}`,
  };
}
