import type { Signature } from '../../core/versions/signature.ts';
import type { GoldenFacts } from '../report/golden-report.ts';

export interface ModelToTime {
  /** Path of the ONNX file, with its external data beside it. */
  modelFile: string;
  signature: Signature;
  /** Bytes of the model with its external data, for the memory limit; the size of `modelFile` if not given. */
  modelBytes?: number;
  /** As `OnnxModel` counts them, for a profile. */
  operators?: Readonly<Record<string, number>>;
  /** What it is held to before and after timing, and fed with; null or absent: it has none. */
  golden?: (GoldenFacts & { files: Map<string, string> }) | null;
}
