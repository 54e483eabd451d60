import * as z from 'zod';
import { byteCount, count, digest, reference } from '../kinds.ts';
import { changing } from '../result.ts';

export const verify = changing('verify', {
  ok: z.boolean(),
  ref: reference.nullable().describe('The version; null: the whole registry'),
  quick: z.boolean().describe('True with --quick: the stored bytes were not read'),
  checked: z.strictObject({ events: count, blobs: count, bytes: byteCount }),
  problems: z.array(
    z.strictObject({
      subject: z.string().describe('A version, a digest, a stage, the event chain, the database'),
      problem: z.string(),
    }),
  ),
  repaired: z.array(z.strictObject({ subject: digest, how: z.string() })).describe('Repaired with --repair'),
  unneeded: z
    .strictObject({ files: count, bytes: byteCount })
    .nullable()
    .describe('Unused stored blobs (not a problem); null: one version was verified'),
});
