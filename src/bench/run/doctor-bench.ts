import type { Accepted } from '../../registry/maintain/accept-history.ts';
import type { DoctorResult } from '../../registry/maintain/doctor.ts';
import type { Finding } from '../../storage/diagnosis.ts';
import type { MachineNoise } from './machine-noise.ts';
import { noiseFindings } from '../stats/noise-findings.ts';
import { selfCheck, type SelfCheckInput } from './self-check.ts';

/** What doctor found, and how well this machine can tell latencies apart; null: not measured. */
export interface BenchedDoctorResult extends DoctorResult {
  bench: MachineNoise | null;
  /** The loss of history that was accepted; null: none. */
  accepted: Accepted;
}

const remedies = {
  crash: 'install ONNX Runtime again: npm install -g --ignore-scripts onnxruntime-node',
  timeout: 'run it again when the machine is less busy',
  oom: 'give the process more memory, or run it on a larger machine',
  error: 'see the message of ONNX Runtime above',
};

/**
 * Adds the self-check to the result of doctor. None of its findings is a failure. Skipped if ONNX
 * Runtime does not load. Rejects as `selfCheck` does.
 */
export async function addSelfCheck(
  result: Omit<BenchedDoctorResult, 'bench'>,
  input: SelfCheckInput,
): Promise<BenchedDoctorResult> {
  const add = (bench: MachineNoise | null, findings: Finding[]): BenchedDoctorResult => ({
    ...result,
    findings: [...result.findings, ...findings],
    bench,
  });
  const base = { check: 'bench', about: 'machine' } as const;
  const runtime = result.findings.find(({ check }) => check === 'onnxruntime');
  if (runtime?.status !== 'ok')
    return add(null, [{ ...base, status: 'skip', observed: 'ONNX Runtime is not available' }]);
  const noise = await selfCheck(input);
  if (!('status' in noise)) return add(noise, noiseFindings(noise));
  const observed = `timing a small model failed (${noise.status}): ${noise.message}`;
  const advice = `${remedies[noise.status]}; until then, mlreg bench will fail here, too`;
  return add(null, [{ ...base, status: 'warn', observed, advice }]);
}
