import * as z from 'zod';
import { parseCheckpoint, type Checkpoint } from '../../../core/events/checkpoint.ts';
import { verify, type VerifyResult } from '../../../registry/maintain/verify.ts';
import type { OnProgress } from '../../../registry/registry.ts';
import { byteCount, count, digest, reference } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { verify };

export type { Checkpoint, VerifyResult };

export interface VerifyOptions {
  /** Check only the existence and size of stored files, not their bytes. */
  quick?: boolean;
  /**
   * Put back what is kept in trash/ or quarantine/ or follows from the rows, and set damaged files
   * aside.
   */
  repair?: boolean;
  /** Result of an earlier `checkpoint()`: checks that the history up to it is unchanged. */
  checkpoint?: Checkpoint;
  onProgress?: OnProgress;
}

/** @internal */
export const verifyVerb = /* @__PURE__ */ defineVerb({
  name: 'verify',
  input: () =>
    z.strictObject({
      ref: given.reference.optional(),
      quick: given.flag,
      repair: given.flag,
      checkpoint: z
        .custom<Checkpoint>()
        .transform((saved) => parseCheckpoint(JSON.stringify(saved), 'checkpoint'))
        .optional(),
      onProgress: given.callback<OnProgress>(),
    }),
  output: () =>
    changing('verify', {
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
      repaired: z
        .array(z.strictObject({ subject: digest, how: z.string() }))
        .describe('Repaired with --repair'),
      unneeded: z
        .strictObject({ files: count, bytes: byteCount })
        .nullable()
        .describe('Unused stored blobs (not a problem); null: one version was verified'),
    }),
  run: verify,
});

export interface VerifyMethods {
  /**
   * Checks every stored byte and row of the registry, or of one version. Resolves with `ok: false`
   * and the problems if something is lost or changed.
   *
   * @example
   * const { ok, problems } = await registry.verify();
   */
  verify(ref?: string, options?: VerifyOptions): Promise<VerifyResult>;
}

/** @internal */
export const verifyMethods = (call: Call): VerifyMethods => ({
  verify: (ref, options) => call(verifyVerb, { ref }, options),
});
