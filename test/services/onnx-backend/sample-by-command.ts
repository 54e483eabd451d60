import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { TestResult } from '../../../src/index.ts';
import { runCli } from '../../support/run-cli.ts';
import type { BackendCase, MlregResult } from './backend-case.ts';
import { modelName, toResult } from './run-in-mlreg.ts';

const samples = 24;

/**
 * Some cases through the command, spread over all: how many, and those of which it says something
 * else than the library does.
 */
export async function sampleByCommand(
  cases: readonly BackendCase[],
  byLibrary: ReadonlyMap<string, MlregResult>,
  scratch: string,
): Promise<{ ran: number; different: string[] }> {
  const options = { cwd: scratch, env: { MLREG_REGISTRY: join(scratch, 'by-command') } };
  await runCli(['init'], options);
  const step = Math.max(1, Math.floor(cases.length / samples));
  const chosen = cases.filter(
    (one, at) => at % step === 0 && ['passed', 'skipped'].includes(byLibrary.get(one.folder)?.result ?? ''),
  );
  const different: string[] = [];
  for (const one of chosen) {
    const name = modelName(one);
    await runCli(
      ['register', name, join(one.folder, 'model.onnx'), '--golden', one.folder, '--no-git'],
      options,
    );
    const tolerance = ['--rtol', String(one.rtol), '--atol', String(one.atol)];
    const run = await runCli(['test', name, ...tolerance, '--json'], options);
    const said = run.stdout === '' ? run.stderr : toResult(JSON.parse(run.stdout) as TestResult);
    if (!isDeepStrictEqual(said, byLibrary.get(one.folder)))
      different.push(`${name}: ${JSON.stringify(said)}`);
  }
  return { ran: chosen.length, different };
}
