import * as z from 'zod';
import {
  compare,
  requireSeveral,
  type CompareResult as Compared,
} from '../../../registry/inspect/compare.ts';
import { onnxModel, storedVersion, valueInfo } from '../../../schemas/artifact.ts';
import {
  byteCount,
  count,
  digest,
  hexDigest,
  reference,
  scalar,
  stageName,
  time,
  uuid,
} from '../../../schemas/kinds.ts';
import { metricAmendment } from '../../../schemas/metric-amendment.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { compare, requireSeveral };

export type CompareResult = Plain<Compared>;

/** Versions side by side: every list has one entry for each version, null if it has no value. */
const output = () => {
  const change = {
    delta: z.number().nullable().describe('The last version minus the first; null: missing in one of them'),
    relative: z.number().nullable().describe('delta relative to the first; null: 0 or missing'),
    better: z.boolean().nullable().describe('null: unknown direction or no change'),
  };

  const numbers = z
    .strictObject({
      name: z.string(),
      direction: z.enum(['higher', 'lower']).nullable().describe('Better direction; null: unknown'),
      values: z.array(z.number().nullable()).describe('One value per version'),
      ...change,
      deltas: z
        .array(z.strictObject(change))
        .optional()
        .describe('One for each version after the first, if there are more than two'),
    })
    .meta({ id: 'ComparedNumber' });

  const signature = z
    .strictObject({
      compatible: z.boolean().nullable().describe('null: one of them has no signature'),
      changes: z.array(
        z.strictObject({
          side: z.enum(['input', 'output']),
          name: z.string(),
          kind: z.enum([
            'removed',
            'added',
            'type',
            'rank',
            'dimension',
            'default-removed',
            'default-added',
            'moved',
          ]),
          breaking: z.boolean().describe('True if the change may break callers'),
          description: z.string(),
          before: valueInfo.nullable(),
          after: valueInfo.nullable(),
        }),
      ),
    })
    .meta({ id: 'SignatureComparison', description: 'Compared with the first version' });

  const sameTexts = (values: z.ZodType) =>
    z.array(z.strictObject({ name: z.string(), values: z.array(values), same: z.boolean() }));

  const graph = z.strictObject({
    same: z
      .boolean()
      .nullable()
      .describe('Equal except for the weights; null: a version has no graph, or an older one cannot be read'),
    digests: z.array(digest.nullable()),
    nodes: z.array(count.nullable()),
    parameters: z.array(count.nullable()),
    opsets: z.array(onnxModel.shape.opsets.nullable()),
    operators: z.array(
      z.strictObject({ name: z.string(), counts: z.array(count.nullable()), same: z.boolean() }),
    ),
  });

  const figure = z.strictObject({
    value: z.number(),
    low: z.number().nullable().optional(),
    high: z.number().nullable().optional(),
    method: z.string().optional(),
  });

  const run = z.strictObject({
    id: uuid,
    at: time,
    fingerprint: z.string().describe('Fingerprint of the machine'),
    shapes: z.record(z.string(), z.array(count)),
    source: z.string().describe('Source of the inputs: golden, file or synthetic'),
    inputSha256: hexDigest.nullable().describe('SHA-256 of the inputs; null: unknown'),
    runs: count,
    p50: figure.nullable(),
    p95: figure.nullable(),
    throughputPerSec: z.number().nullable(),
  });

  return reading('compare', {
    versions: z.array(
      z.strictObject({
        ...storedVersion,
        createdAt: time,
        stages: z.array(stageName),
        yanked: z.boolean(),
      }),
    ),
    metrics: z.array(numbers),
    amendments: z
      .array(z.strictObject({ ref: reference, ...metricAmendment.shape }))
      .describe('Changes of these metrics since the registration'),
    params: sameTexts(scalar),
    signature: signature.describe('The last version compared with the first'),
    signatures: z
      .array(signature)
      .optional()
      .describe('One for each version after the first, if there are more than two'),
    data: z.array(
      z.strictObject({
        name: z.string(),
        hashes: z.array(z.string().nullable()),
        same: z.boolean().nullable().describe('null: a hash is unknown or uses another algorithm'),
      }),
    ),
    tags: sameTexts(z.string().nullable()),
    size: numbers,
    graph: graph.nullable().describe('null: no ONNX model'),
    files: z.strictObject({
      same: count.describe('Number of identical files in all versions'),
      changes: z.array(
        z.strictObject({
          path: z.string(),
          change: z.enum(['added', 'removed', 'changed', 'differs']),
          digests: z.array(digest.nullable()),
          sizes: z.array(byteCount.nullable()),
        }),
      ),
    }),
    benches: z.strictObject({
      comparable: z
        .boolean()
        .describe('True if measured under the same conditions; only then is one marked better'),
      reason: z.string().nullable(),
      runs: z.array(run.nullable()),
      figures: z.array(numbers),
    }),
  });
};

/** @internal */
export const compareVerb = /* @__PURE__ */ defineVerb({
  name: 'compare',
  input: () => z.strictObject({ refs: z.array(given.reference) }),
  output,
  run: (registry, { refs }) => compare(registry, refs),
});

export interface CompareMethods {
  /**
   * Two to ten versions side by side: metrics, parameters, signature, data, graph, files, stored
   * latencies. The others are compared with the first.
   *
   * @example
   * const { signatures } = await registry.compare('digits@production', 'digits@staging');
   */
  compare(ref: string, other: string, ...more: string[]): Promise<CompareResult>;
}

/** @internal */
export const compareMethods = (call: Call): CompareMethods => ({
  compare: (...refs) => call(compareVerb, { refs }, {}),
});
