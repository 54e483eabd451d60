import * as z from 'zod';
import { count, digest, modelName, reference, version } from '../kinds.ts';
import { reading } from '../result.ts';
import { jsonNumber, tolerance, worst, worstOfCase } from '../worst-element.ts';

const output = z.strictObject({
  output: z.string(),
  dtype: z.string(),
  match: z.boolean(),
  worst: worst.nullable(),
  elements: count,
  mismatches: count.describe('Number of elements beyond the tolerance'),
  maxAbs: jsonNumber.nullable(),
  maxRel: jsonNumber.nullable(),
  ...tolerance,
});

const goldenCase = z.strictObject({
  case: z.string().describe('cases[0] of a JSON file, or the folder of a data set'),
  match: z.boolean().nullable().describe('null: nothing was compared'),
  worst: worstOfCase.nullable().describe('Element with the largest error; null: all are equal'),
  outputs: z.array(output),
  skippedOutputs: z.array(z.string()),
  skipped: z.string().optional().describe('Why the case cannot be run'),
  error: z.string().optional().describe('Message of ONNX Runtime'),
});

export const test = reading('test', {
  ref: reference,
  name: modelName,
  version,
  digest,
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  status: z.enum(['ok', 'crash', 'timeout', 'oom', 'error']),
  error: z.strictObject({ message: z.string(), stderr: z.string(), case: z.string().nullable() }).nullable(),
  golden: z.strictObject({
    source: z.enum(['registered', 'file']),
    digest: digest.nullable(),
    cases: count,
  }),
  cases: z.array(goldenCase),
  skippedOutputs: z
    .array(z.strictObject({ name: z.string(), type: z.string() }))
    .describe('Outputs that were not compared in any case'),
  testable: z
    .boolean()
    .describe('False: this model cannot be run on a golden set, or its outputs cannot be compared'),
  onnxruntime: z.string().nullable(),
});
