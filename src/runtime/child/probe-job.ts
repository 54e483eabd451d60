import type { JobKind, RunJob } from '../job-kind.ts';
import { versionOf } from './session.ts';

export interface ProbeAnswer {
  onnxruntime: string;
}

/** Loads ONNX Runtime, and nothing else. */
export const probeJob: JobKind<null, never, ProbeAnswer> = { name: 'probe' };

export const run: RunJob<typeof probeJob> = (runtime) => Promise.resolve({ onnxruntime: versionOf(runtime) });
