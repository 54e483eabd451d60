import * as z from 'zod';
import { byteCount, count, digest, reference } from '../kinds.ts';
import { changing } from '../result.ts';

export const verify = changing('verify', {
  ok: z.boolean(),
  ref: reference.nullable().describe('The version that was asked for; null: the whole registry'),
  quick: z.boolean().describe('True with --quick: the stored bytes were not read'),
  checked: z.strictObject({ events: count, blobs: count, bytes: byteCount }),
  problems: z.array(
    z.strictObject({
      subject: z.string().describe('A version, a digest, a stage, the event chain, the database'),
      problem: z.string(),
    }),
  ),
  repaired: z
    .array(z.strictObject({ subject: digest, how: z.string() }))
    .describe('With --repair: what was wrong and is whole again'),
  unneeded: z
    .strictObject({ files: count, bytes: byteCount })
    .nullable()
    .describe('Stored, but needed by no version; no problem. Null where one version was asked for'),
});
