import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * The cases of a folder of suites. `missing`: those whose model is not there, but must be
 * downloaded.
 */
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

/**
 * Runs the cases in Python's ONNX Runtime: what came of each, by its folder. Results stay in
 * `folder`, where a later run finds them: neither the cases nor the packages change under one name
 * of that folder.
 */
export async function runInPython(
  python: string,
  cases: readonly BackendCase[],
  folder: string,
  onProgress: (done: number) => void,
): Promise<Map<string, PythonResult>> {
  const kept = join(folder, 'python-results.jsonl');
  const known = existsSync(kept) ? readFileSync(kept, 'utf8').split('\n').slice(0, -1) : [];
  const results = new Map(
    known.map((line) => JSON.parse(line) as PythonResult).map((one) => [one.folder, one]),
  );
  // Without what a run that was killed wrote of its last line.
  writeFileSync(kept, known.map((line) => `${line}\n`).join(''));
  const list = join(folder, 'cases.jsonl');
  const left = cases.filter((one) => !results.has(one.folder));
  writeFileSync(list, left.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const child = spawn(python, [script, 'run', list], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const result = JSON.parse(line) as PythonResult;
    results.set(result.folder, result);
    appendFileSync(kept, `${line}\n`);
    onProgress(results.size);
  }
  const missing = cases.filter((one) => !results.has(one.folder)).length;
  if (missing > 0) throw new Error(`Python did not run ${missing} cases: ${python} ${script} run ${list}`);
  return results;
}

/** A name that changes with the cases and with what runs them. */
export function suiteName(packages: string): string {
  const hash = createHash('sha256').update(packages).update(readFileSync(script)).digest('hex');
  return `onnx-suites-${hash.slice(0, 12)}`;
}
