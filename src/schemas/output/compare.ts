import * as z from 'zod';
import { format, onnxModel, valueInfo } from '../artifact.ts';
import {
  byteCount,
  count,
  digest,
  hexDigest,
  modelName,
  reference,
  scalar,
  stageName,
  time,
  uuid,
  version,
} from '../kinds.ts';
import { metricAmendment } from '../metric-amendment.ts';
import { reading } from '../result.ts';

const change = {
  delta: z.number().nullable().describe('The last version minus the first; null: one of them lacks it'),
  relative: z.number().nullable().describe('delta as a share of the first; null: that is 0, or missing'),
  better: z.boolean().nullable().describe('Null: the direction is not known, or nothing changed'),
};

const numbers = z
  .strictObject({
    name: z.string(),
    direction: z.enum(['higher', 'lower']).nullable().describe('Which is better; null: not known'),
    values: z.array(z.number().nullable()).describe('One for each version'),
    ...change,
    deltas: z
      .array(z.strictObject(change))
      .optional()
      .describe('Of every version after the first, where there are more than two'),
  })
  .meta({ id: 'ComparedNumber' });

const signature = z
  .strictObject({
    compatible: z.boolean().nullable().describe('Null: one of them has no signature'),
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
        breaking: z.boolean().describe('Callers of the first can fail with the other'),
        description: z.string(),
        before: valueInfo.nullable(),
        after: valueInfo.nullable(),
      }),
    ),
  })
  .meta({ id: 'SignatureComparison', description: 'Against the first version' });

const sameTexts = (values: z.ZodType) =>
  z.array(z.strictObject({ name: z.string(), values: z.array(values), same: z.boolean() }));

const graph = z.strictObject({
  same: z
    .boolean()
    .nullable()
    .describe(
      'Equal but for the weights; null: a version has no graph, or that of an older one cannot be read',
    ),
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
  fingerprint: z.string().describe('Of the machine'),
  shapes: z.record(z.string(), z.array(count)),
  source: z.string().describe('Of the inputs: golden, file or synthetic'),
  inputSha256: hexDigest.nullable().describe('Of all that was fed; null: not known'),
  runs: count,
  p50: figure.nullable(),
  p95: figure.nullable(),
  throughputPerSec: z.number().nullable(),
});

/** Versions side by side: every list has one entry for each version, null for what it lacks. */
export const compare = reading('compare', {
  versions: z.array(
    z.strictObject({
      ref: reference,
      name: modelName,
      version,
      digest,
      size: byteCount,
      format,
      createdAt: time,
      stages: z.array(stageName),
      yanked: z.boolean(),
    }),
  ),
  metrics: z.array(numbers),
  amendments: z
    .array(z.strictObject({ ref: reference, ...metricAmendment.shape }))
    .describe('Those of the metrics that were changed since the registration of their version'),
  params: sameTexts(scalar),
  signature: signature.describe('Of the last version against the first'),
  signatures: z
    .array(signature)
    .optional()
    .describe('Of every version after the first, where there are more than two'),
  data: z.array(
    z.strictObject({
      name: z.string(),
      hashes: z.array(z.string().nullable()),
      same: z.boolean().nullable().describe('Null: a hash is not known, or of another algorithm'),
    }),
  ),
  tags: sameTexts(z.string().nullable()),
  size: numbers,
  graph: graph.nullable().describe('Null: none is an ONNX model'),
  files: z.strictObject({
    same: count.describe('How many all have, with the same bytes'),
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
    comparable: z.boolean().describe('All were measured alike: only then is one called better'),
    reason: z.string().nullable(),
    runs: z.array(run.nullable()),
    figures: z.array(numbers),
  }),
});
