import * as z from 'zod';
import { pull, type PullResult as Pulled } from '../../../registry/exchange/pull.ts';
import type { OnProgress } from '../../../registry/registry.ts';
import { artifactFile } from '../../../schemas/artifact.ts';
import { exactVersion } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { pull };

export type PullResult = Plain<Pulled>;

export interface PullOptions {
  /** The folder to put the files into. Default: `./NAME-VERSION`. */
  output?: string;
  /**
   * Name of the file, or of the folder of several: `{name}_v{version}_{stage}{ext}`; metrics are
   * fields too.
   */
  as?: string;
  /** Replace files with different content. */
  force?: boolean;
  /**
   * Replace the whole folder, so that it holds exactly the version; it must be empty or hold only
   * what `clean` wrote.
   */
  clean?: boolean;
  onProgress?: OnProgress;
}

/** @internal */
export const pullVerb = /* @__PURE__ */ defineVerb({
  name: 'pull',
  input: () =>
    z
      .strictObject({
        ref: given.reference,
        output: given.path.optional(),
        as: given.filledText.optional(),
        force: given.flag,
        clean: given.flag,
        onProgress: given.callback<OnProgress>(),
      })
      .transform(({ output, ...rest }) => ({ ...rest, directory: output })),
  output: () =>
    changing('pull', {
      ...exactVersion,
      directory: z.string().describe('Folder of the files'),
      files: z.array(
        z.strictObject({ ...artifactFile.shape, location: z.string().describe('Path of the copy') }),
      ),
    }),
  run: pull,
});

export interface PullMethods {
  /**
   * Copies the artifact out of the registry, every byte verified. Files with the right bytes are
   * kept; if another file is in the way, rejects `CONFLICT` and writes nothing.
   *
   * @example
   * const { directory } = await registry.pull('digits@production', { output: 'models/digits' });
   */
  pull(ref: string, options?: PullOptions): Promise<PullResult>;
}

/** @internal */
export const pullMethods = (call: Call): PullMethods => ({
  pull: (ref, options) => call(pullVerb, { ref }, options),
});
