import * as z from 'zod';
import { byteCount, digest, exactVersion } from './kinds.ts';

export const artifactFile = z
  .strictObject({
    path: z.string().min(1).describe('Relative path with / separators'),
    digest,
    size: byteCount,
  })
  .meta({ id: 'ArtifactFile', description: 'One file of an artifact' });

export const format = z.string().min(1).describe('Kind of artifact: onnx, pickle, safetensors, folder …');

/** As `exactVersion`, with what was stored. */
export const storedVersion = { ...exactVersion, size: byteCount, format };

export const valueInfo = z
  .strictObject({
    name: z.string(),
    type: z.string().describe('As ONNX writes it: tensor(float32), seq(map(int64,tensor(float32))) …'),
    dtype: z.string().nullable().describe('Element type; null: not a tensor'),
    shape: z
      .array(z.union([z.int(), z.string(), z.null()]))
      .nullable()
      .describe(
        'Sizes, names of open dimensions, or null for unknown ones; [] is a scalar; null: unknown rank',
      ),
    hasDefault: z.literal(true).optional().describe('Optional input'),
  })
  .meta({ id: 'ValueInfo', description: 'An input or output of a model' });

export const signature = z
  .strictObject({ inputs: z.array(valueInfo), outputs: z.array(valueInfo) })
  .meta({ id: 'Signature', description: 'Inputs and outputs of the model' });

export const onnxModel = z
  .strictObject({
    irVersion: z.int(),
    opsets: z.array(z.strictObject({ domain: z.string(), version: z.int() })),
    producer: z.strictObject({ name: z.string(), version: z.string() }),
    signature,
    nodeCount: z.int().nonnegative().describe('Number of nodes, including nested graphs and functions'),
    parameterCount: z
      .int()
      .nonnegative()
      .describe('Number of elements in all initializers and in learned attributes'),
    operators: z.record(z.string(), z.int().positive()).describe('Number of nodes by operator'),
    externalData: z.array(z.string()).describe('Paths relative to the model file'),
    graphDigest: digest.describe('Digest of the graph without its weight values'),
    graphDigestVersion: z
      .int()
      .optional()
      .describe(
        'How the graph digest was made; absent: 1, where learned numbers in attributes were part of the graph',
      ),
  })
  .meta({ id: 'OnnxModel', description: 'Facts read from an ONNX file' });
