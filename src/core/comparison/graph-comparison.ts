import type { OnnxModel } from '../versions/onnx-model.ts';

export interface ComparedOperator {
  name: string;
  /** How often each graph has it; undefined if the version is not an ONNX model. */
  counts: (number | undefined)[];
  same: boolean;
}

/** Lists hold one value for each version, undefined if it is not an ONNX model. */
export interface GraphComparison {
  /**
   * Whether all graphs are the same except for their weights: equal graph digests. Null if a
   * version has no graph, or the digests were made in different ways.
   */
  same: boolean | null;
  digests: (string | undefined)[];
  nodes: (number | undefined)[];
  parameters: (number | undefined)[];
  opsets: (OnnxModel['opsets'] | undefined)[];
  /** By name. */
  operators: ComparedOperator[];
}

/** Null if no version is an ONNX model. */
export function compareGraphs(models: readonly (OnnxModel | null)[]): GraphComparison | null {
  if (models.every((model) => model === null)) return null;
  const of = <Value>(value: (model: OnnxModel) => Value): (Value | undefined)[] =>
    models.map((model) => (model === null ? undefined : value(model)));
  const digests = of((model) => model.graphDigest);
  const names = new Set(models.flatMap((model) => Object.keys(model?.operators ?? {})));
  const operators = [...names].sort().map((name): ComparedOperator => {
    const counts = of(({ operators: found }) => (Object.hasOwn(found, name) ? (found[name] ?? 0) : 0));
    return { name, counts, same: counts.every((count) => count === counts[0]) };
  });
  const same = digests.every((digest) => digest === digests[0]);
  const comparable = same || new Set(models.map((model) => model?.graphDigestVersion)).size === 1;
  return {
    same: models.includes(null) || !comparable ? null : same,
    digests,
    nodes: of((model) => model.nodeCount),
    parameters: of((model) => model.parameterCount),
    opsets: of((model) => model.opsets),
    operators,
  };
}
