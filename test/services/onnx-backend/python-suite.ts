import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackendCase, PythonResult } from './backend-case.ts';

const script = fileURLToPath(new URL('cases.py', import.meta.url));
/** Those of the suites for a model on disk that says nothing else. */
const usualTolerance = { rtol: 1e-3, atol: 1e-7 };
const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1', PYTHONDONTWRITEBYTECODE: '1' };

/** The suites of the `onnx` package, written into `folder` where Python makes them up. */
export async function layOutOnnx(python: string, folder: string): Promise<BackendCase[]> {
  const { stdout } = await promisify(execFile)(python, [script, 'lay-out', folder], {
    env,
    maxBuffer: 2 ** 28,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as BackendCase), suite: 'onnx' }));
}

/** The cases of a folder of suites. `missing`: those whose model is not there, but must be downloaded. */
export function listFolder(suite: string, folder: string): { cases: BackendCase[]; missing: number } {
  const all = readdirSync(folder).flatMap((kind) =>
    readdirSync(join(folder, kind)).map((name) => ({
      suite,
      kind,
      name,
      folder: join(folder, kind, name),
      ...usualTolerance,
    })),
  );
  const cases = all.filter((one) => existsSync(join(one.folder, 'model.onnx')));
  return { cases, missing: all.length - cases.length };
}

/** Runs the cases in Python's ONNX Runtime: what came of each, by its folder. */
export async function runInPython(
  python: string,
  cases: readonly BackendCase[],
  scratch: string,
  onProgress: (done: number) => void,
): Promise<Map<string, PythonResult>> {
  const list = join(scratch, 'cases.jsonl');
  writeFileSync(list, cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const child = spawn(python, [script, 'run', list], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const results = new Map<string, PythonResult>();
  for await (const line of createInterface({ input: child.stdout })) {
    const result = JSON.parse(line) as PythonResult;
    results.set(result.folder, result);
    onProgress(results.size);
  }
  if (results.size !== cases.length)
    throw new Error(`Python ran ${results.size} of ${cases.length} cases: ${python} ${script} run ${list}`);
  return results;
}
