import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, installPackages } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';
import type { BackendCase } from './backend-case.ts';
import { findDebianData, pythonPackages } from './install.ts';
import { layOutOnnx, listFolder, runInPython, suiteName } from './python-suite.ts';
import { judge } from './judge.ts';
import { describeDifference, tabulate, type Compared } from './report.ts';
import { loadLibrary, runInMlreg } from './run-in-mlreg.ts';
import { sampleByCommand } from './sample-by-command.ts';

/**
 * What Python's ONNX Runtime passes of the ONNX backend suites, `mlreg test` passes.
 * MLREG_ONNX_CASES: only cases whose name it matches.
 */
export async function onnxBackend(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'mlreg-onnx-backend-'));
  try {
    const wantedPackages = pythonPackages();
    const python = attempt('PyPI', skipped, () => installPackages(cache, wantedPackages));
    if (python === undefined) return { ran: false, ok: true, skipped };
    const packages = wantedPackages.join(' ').replaceAll('==', ' ');
    console.log(`Python with ${packages}`);
    const suites = join(cache, suiteName(packages));
    const wanted = new RegExp(process.env['MLREG_ONNX_CASES'] ?? '');
    const cases = [
      ...(await layOutOnnx(python, suites)),
      ...(attempt('libonnx-testdata', skipped, () => debianCases(cache, skipped)) ?? []),
    ].filter((one) => wanted.test(one.name));
    const byPython = await runInPython(python, cases, suites, progress('Python', cases.length));
    const compared: Compared[] = [];
    let differences = 0;
    const showProgress = progress('mlreg', cases.length);
    const byMlreg = await runInMlreg(await loadLibrary(), cases, scratch, (one, mlreg, done) => {
      const inPython = byPython.get(one.folder);
      if (inPython === undefined) throw new Error(`Python has not run ${one.folder}`);
      const found = { one, python: inPython, mlreg };
      compared.push(found);
      showProgress(done);
      if (judge(inPython, mlreg).kind !== 'DIFFERENT') return;
      differences += 1;
      console.log(describeDifference(found));
    });
    const sample = await sampleByCommand(cases, byMlreg, scratch);
    console.log(tabulate(compared));
    console.log(`${sample.ran} of them by the command too: ${sample.different.length} answers differ`);
    for (const line of sample.different) console.log(`  ${line}`);
    return { ran: true, ok: differences === 0 && sample.different.length === 0, skipped };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function debianCases(cache: string, skipped: string[]): BackendCase[] {
  const { cases, missing } = listFolder('libonnx-testdata', findDebianData(cache));
  if (missing > 0)
    skipped.push(`${missing} cases of libonnx-testdata: their models must be downloaded one by one`);
  return cases;
}

const lineMs = 30_000;

/** On a terminal in one line, else a line from time to time: a busy machine takes an hour. */
function progress(what: string, total: number): (done: number) => void {
  const started = performance.now();
  let told = started;
  return (done) => {
    const now = performance.now();
    if (process.stderr.isTTY && done % 50 === 0) process.stderr.write(`  ${what} … ${done} of ${total}\r`);
    if (process.stderr.isTTY || now - told < lineMs) return;
    told = now;
    const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;
    const left = ((now - started) / done) * (total - done);
    console.log(
      `  ${what}: ${done} of ${total} after ${minutes(now - started)}, about ${minutes(left)} to go`,
    );
  };
}
