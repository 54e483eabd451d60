import { join } from 'node:path';
import type { Signature } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { requireOnnx } from '../../registry/require-onnx.ts';
import type { VerifiedCopies } from '../../registry/verified-copies.ts';
import type { GoldenFacts } from '../report/golden-report.ts';

export interface ModelToTime {
  /** Path of the ONNX file, with its external data beside it. */
  modelFile: string;
  signature: Signature;
  /** Bytes of the model with its external data, for the memory limit; the size of `modelFile` if not given. */
  modelBytes?: number;
  /** As `OnnxModel` counts them, for a profile. */
  operators?: Readonly<Record<string, number>>;
  /** What it is checked against before and after timing, and fed with; null or absent: it has none. */
  golden?: (GoldenFacts & { files: Map<string, string> }) | null;
}

/** A verified copy to be timed, with its golden set. INVALID_INPUT for what is no ONNX model. */
export async function modelToTime(copies: VerifiedCopies, record: VersionRecord): Promise<ModelToTime> {
  const { entry, signature, operators } = requireOnnx(record);
  return {
    modelFile: join(await copies.model(record), entry),
    modelBytes: record.artifact.size,
    signature,
    operators,
    golden: await copies.golden(record),
  };
}
