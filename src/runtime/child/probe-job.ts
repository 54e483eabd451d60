import type { Device } from '../../core/device.ts';
import type { JobKind, RunJob } from '../job-kind.ts';
import { sessionOptions, versionOf } from './session.ts';

export interface ProbeAnswer {
  onnxruntime: string;
  /** Why it cannot use the device; null: it can. */
  missing: string | null;
}

/** Loads ONNX Runtime, and tries the device if one is named: on the CPU it needs no trial. */
export const probeJob: JobKind<Device | null, never, ProbeAnswer> = { name: 'probe' };

/** A model that returns its input. */
const identity =
  'CAk6OgoQCgF4EgF5IghJZGVudGl0eRIEdGVzdFoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0=';

export const run: RunJob<typeof probeJob> = async (runtime, device) => {
  const onnxruntime = versionOf(runtime);
  if (device === null || device === 'cpu') return { onnxruntime, missing: null };
  try {
    const choices = { intraOpThreads: 1, interOpThreads: 1, extra: {}, device };
    const session = await runtime.InferenceSession.create(
      Buffer.from(identity, 'base64'),
      sessionOptions(choices),
    );
    await session.run({ x: new runtime.Tensor('float32', [1], [1]) });
    return { onnxruntime, missing: null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { onnxruntime, missing: why.replaceAll(/\s+/g, ' ').trim() };
  }
};
