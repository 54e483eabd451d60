import * as z from 'zod';
import { count } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import { defineOutput } from '../../verb.ts';

export const versionOutput = /* @__PURE__ */ defineOutput({
  name: 'version',
  output: () =>
    reading('version', {
      version: z.string().describe('Version of mlreg'),
      node: z.string().describe('Version of the Node that runs it'),
      onnxruntime: z.string().nullable().describe('Version of ONNX Runtime; null: not installed'),
      format: count.describe('The on-disk format of a registry that it reads and writes'),
      schema: count.describe('The database schema that it writes'),
    }),
});
