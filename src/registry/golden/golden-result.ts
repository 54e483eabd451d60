import type { ModelName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';

/** What a model gave when it was tried on a golden set that is about to be stored. */
export interface GoldenTrial {
  /** Null: it was not tried, because there is no ONNX Runtime. */
  verdict: 'pass' | 'fail' | 'inconclusive' | null;
  /** The case and its largest difference, or why nothing was compared. */
  reason: string;
}

export interface AddGoldenResult {
  ref: string;
  name: ModelName;
  version: Version;
  changed: boolean;
  golden: {
    digest: string;
    files: number;
    cases: number;
    /** Whether it was made from the version's own outputs. */
    self: boolean;
  };
  /** How many golden sets the version has now. */
  sets: number;
  /** Null if nothing changed: then nothing was run. */
  trial: GoldenTrial | null;
  warnings: string[];
}
