import * as z from 'zod';
import { byteCount, count, digest } from '../kinds.ts';
import { changing } from '../result.ts';

const remains = z.strictObject({
  files: count,
  bytes: byteCount,
  paths: z.array(z.string()).describe('Paths within the registry'),
});

export const gc = changing('gc', {
  dryRun: z.boolean().describe('True without --yes: dry run'),
  blobs: z.array(z.strictObject({ digest, size: byteCount })).describe('Unused blobs, moved to trash/'),
  leftovers: remains.describe('Files in tmp/ left by dead processes'),
  purged: remains.describe(
    'Moved to trash/ at least 7 days ago (with --purge: everything there); deleted permanently',
  ),
  kept: z.strictObject({
    young: count.describe('Unused, but too recent'),
    damaged: z.array(digest).describe('Unused, but damaged and kept: they may be the only copy'),
    foreign: z
      .array(z.string())
      .describe("In tmp/ and trash/, but not mlreg's by their names; never removed"),
  }),
  freed: byteCount.describe('Bytes freed immediately (files in trash/ still use space)'),
});
