import * as z from 'zod';
import { byteCount, digest } from './kinds.ts';

export const artifactFile = z
  .strictObject({
    path: z.string().min(1).describe('Relative, with / between its parts'),
    digest,
    size: byteCount,
  })
  .meta({ id: 'ArtifactFile', description: 'One file of an artifact' });

export const format = z.string().min(1).describe('Kind of artifact: onnx, pickle, safetensors, folder …');

export const valueInfo = z
  .strictObject({
    name: z.string(),
    type: z.string().describe('As ONNX writes it: tensor(float32), seq(map(int64,tensor(float32))) …'),
    dtype: z.string().nullable().describe('Element type of a tensor; null: no tensor'),
    shape: z
      .array(z.union([z.int(), z.string(), z.null()]))
      .nullable()
      .describe(
        'Sizes, names of open dimensions, or null for unknown ones; [] is a scalar; null: unknown rank',
      ),
    hasDefault: z.literal(true).optional().describe('Callers may leave this input out'),
  })
  .meta({ id: 'ValueInfo', description: 'An input or output of a model' });

export const signature = z
  .strictObject({ inputs: z.array(valueInfo), outputs: z.array(valueInfo) })
  .meta({ id: 'Signature', description: 'What a caller of the model depends on' });

export const onnxModel = z
  .strictObject({
    irVersion: z.int(),
    opsets: z.array(z.strictObject({ domain: z.string(), version: z.int() })),
    producer: z.strictObject({ name: z.string(), version: z.string() }),
    signature,
    nodeCount: z.int().nonnegative().describe('Nested graphs and functions included'),
    parameterCount: z
      .int()
      .nonnegative()
      .describe('Elements of all initializers, and numbers in attributes that were learned'),
    operators: z.record(z.string(), z.int().positive()).describe('How often each occurs'),
    externalData: z.array(z.string()).describe('Paths relative to the model file'),
    graphDigest: digest.describe('Of what the graph does, without the values of its weights'),
    graphDigestVersion: z
      .int()
      .optional()
      .describe(
        'How the graph digest was made; absent: 1, where learned numbers in attributes were part of the graph',
      ),
  })
  .meta({ id: 'OnnxModel', description: 'What is known of an ONNX file from its bytes alone' });
