import * as z from 'zod';
import {
  collectGarbage,
  type CollectResult as Collected,
} from '../../../registry/maintain/collect-garbage.ts';
import type { OnProgress } from '../../../registry/registry.ts';
import { byteCount, count, digest } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Duration } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { collectGarbage };

export type CollectResult = Plain<Collected>;

export interface CollectOptions {
  /** Do it; otherwise it is a dry run. Default: false. */
  yes?: boolean;
  /** Also delete everything in trash/ now, permanently. Default: false. */
  purge?: boolean;
  /** Only what has been unused for this long. Default: 24 h. */
  olderThan?: Duration;
  onProgress?: OnProgress;
}

const output = () => {
  const remains = z.strictObject({
    files: count,
    bytes: byteCount,
    paths: z.array(z.string()).describe('Paths within the registry'),
  });

  return changing('gc', {
    dryRun: z.boolean().describe('True without --yes: dry run'),
    blobs: z.array(z.strictObject({ digest, size: byteCount })).describe('Unused blobs, moved to trash/'),
    leftovers: remains.describe('Files in tmp/ left by dead processes'),
    purged: remains.describe(
      'Moved to trash/ at least 7 days ago (with --purge: everything there); deleted permanently',
    ),
    expired: remains.describe('Kept predictions whose time is over; deleted permanently'),
    kept: z.strictObject({
      young: count.describe('Unused, but too recent'),
      damaged: z.array(digest).describe('Unused, but damaged and kept: they may be the only copy'),
      foreign: z
        .array(z.string())
        .describe("In tmp/ and trash/, but not mlreg's by their names; never removed"),
    }),
    freed: byteCount.describe('Bytes freed immediately (files in trash/ still use space)'),
  });
};

/** @internal */
export const gcVerb = /* @__PURE__ */ defineVerb({
  name: 'gc',
  input: () =>
    z
      .strictObject({
        yes: given.flag.default(false),
        purge: given.flag.default(false),
        olderThan: given.duration.default(24 * 3600e3),
        onProgress: given.callback<OnProgress>(),
      })
      .transform(({ olderThan, ...rest }) => ({ ...rest, olderThanMs: olderThan })),
  output,
  run: collectGarbage,
});

export interface GcMethods {
  /**
   * Moves unused files to trash/ for 7 days, and removes leftovers of killed processes. Without
   * `yes` it is a dry run. Others can register at the same time; rejects `BUSY` while another
   * collection or backup runs.
   *
   * @example
   * const { freed, blobs } = await registry.gc({ yes: true, olderThan: '7d' });
   */
  gc(options?: CollectOptions): Promise<CollectResult>;
}

/** @internal */
export const gcMethods = (call: Call): GcMethods => ({
  gc: (options) => call(gcVerb, {}, options),
});
