import type { DuckDbAnswer } from '../../runtime/child/duckdb-job.ts';
import type { ProbeAnswer } from '../../runtime/child/probe-job.ts';
import { probeDuckDb, probeRuntime, runtimeMissing } from '../../runtime/probe-runtime.ts';
import type { JobOutcome } from '../../runtime/run-job.ts';
import { failure, type Finding } from '../../storage/diagnosis.ts';

/**
 * Loads ONNX Runtime in a child process. If that fails, only running models is affected: a warning.
 */
export async function checkRuntime(signal: AbortSignal | undefined): Promise<Finding> {
  try {
    return runtimeFinding(await probeRuntime(signal));
  } catch (error) {
    return failure('onnxruntime', 'machine', error);
  }
}

/**
 * Only a runtime that is not installed counts as missing: one that crashes or hangs needs another
 * fix.
 */
export function runtimeFinding(outcome: JobOutcome<ProbeAnswer>): Finding {
  const base = { check: 'onnxruntime', about: 'machine' } as const;
  if (outcome.status === 'ok')
    return { ...base, status: 'ok', observed: `ONNX Runtime ${outcome.value.onnxruntime}` };
  const rest = 'without it, models cannot run: bench and test fail, and golden and latency gates block';
  if (outcome.status === 'no-runtime') {
    const { message, hint } = runtimeMissing(outcome.message);
    return { ...base, status: 'warn', observed: message, advice: `${hint}; ${rest}` };
  }
  const stderr = outcome.stderr.trim().split('\n').at(-1) ?? '';
  const observed = `ONNX Runtime is installed, but does not load (${outcome.status}): ${outcome.message}`;
  return {
    ...base,
    status: 'warn',
    observed: stderr === '' ? observed : `${observed}; stderr: ${stderr}`,
    advice: `${remedies[outcome.status]}; ${rest}`,
  };
}

/**
 * Loads DuckDB in a child process. If that fails, only Parquet cannot be read and written: a warning.
 */
export async function checkDuckDb(signal: AbortSignal | undefined): Promise<Finding> {
  try {
    return duckDbFinding(await probeDuckDb(signal));
  } catch (error) {
    return failure('duckdb', 'machine', error);
  }
}

export function duckDbFinding(outcome: JobOutcome<DuckDbAnswer>): Finding {
  const base = { check: 'duckdb', about: 'machine' } as const;
  if (outcome.status === 'ok')
    return { ...base, status: 'ok', observed: `DuckDB ${outcome.value.duckdb}, for Parquet` };
  if (outcome.status === 'no-runtime')
    return { ...base, status: 'skip', observed: 'DuckDB is only used with ONNX Runtime' };
  return {
    ...base,
    status: 'warn',
    observed: `DuckDB is not installed or failed to load: ${outcome.message.split('\n', 1)[0]}`,
    advice:
      'npm install -g --ignore-scripts @duckdb/node-api  (omit -g if mlreg was installed without it); without it, predict and evaluate take no Parquet',
  };
}

const remedies = {
  timeout: 'run mlreg doctor again when this machine is less busy',
  oom: 'allow more memory: ulimit -v, or the limit of the container',
  crash: 'reinstall it for this system and processor: npm install onnxruntime-node --ignore-scripts',
  error: 'reinstall it: npm install onnxruntime-node --ignore-scripts',
} as const;
