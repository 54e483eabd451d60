import * as z from 'zod';
import { byteCount, count, digest } from '../kinds.ts';
import { changing } from '../result.ts';

const remains = z.strictObject({
  files: count,
  bytes: byteCount,
  paths: z.array(z.string()).describe('Within the registry'),
});

export const gc = changing('gc', {
  dryRun: z.boolean().describe('True without --yes: what would be done, and was not'),
  blobs: z
    .array(z.strictObject({ digest, size: byteCount }))
    .describe('Needed by no version; taken out, into trash/'),
  leftovers: remains.describe('Left in tmp/ by processes that are gone'),
  purged: remains.describe(
    'Taken out 7 days ago or longer, with --purge all that was taken out; gone for good',
  ),
  kept: z.strictObject({
    young: count.describe('Needed by no version, but not for long enough'),
    damaged: z.array(digest).describe('Needed by no version, but never removed: they may be the only copy'),
    foreign: z
      .array(z.string())
      .describe("In tmp/ and trash/, but not mlreg's by their names; never removed"),
  }),
  freed: byteCount.describe('Space on the disk that this frees at once; what lies in trash/ still takes its'),
});
