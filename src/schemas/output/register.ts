import * as z from 'zod';
import type { BumpKind } from '../../core/versions/version-record.ts';
import { artifactFile, format, signature } from '../artifact.ts';
import { byteCount, count, digest, modelName, reference, scalar, version } from '../kinds.ts';
import { dataEntries } from '../metadata.ts';
import { moveFields } from '../move.ts';
import { changing } from '../result.ts';

const bumps = { initial: true, major: true, minor: true, patch: true, explicit: true } satisfies Record<
  BumpKind,
  true
>;

/** How a version got its number: fields that `show` has as well. */
export const numbering = {
  bump: z.enum(Object.keys(bumps) as BumpKind[]),
  bumpReason: z.string().describe('Reason for the version number'),
  previous: version.nullable().describe('Version it was compared with'),
};

const ciRun = z
  .strictObject({
    system: z.string().describe('github, gitlab, jenkins, circleci, azure or buildkite'),
    url: z.string().optional(),
    repository: z.string().optional(),
    branch: z.string().optional(),
    pullRequest: z.string().optional().describe('Number of the pull request'),
  })
  .meta({ id: 'CiRun', description: 'The CI run that registered it, from its environment variables' });

export const source = z
  .record(z.string(), z.union([scalar, ciRun]))
  .nullable()
  .describe(
    'Source code: commit, dirty (null: git could not tell), ci, and the source in the metadata; null: unknown',
  );

export const register = changing('register', {
  ref: reference,
  name: modelName,
  version,
  digest,
  size: byteCount,
  files: z.array(artifactFile),
  format,
  ...numbering,
  signature: signature.nullable().describe('null: not an ONNX model, or unknown entry file'),
  data: dataEntries,
  source,
  parents: z.array(reference),
  golden: z
    .strictObject({ digest, files: count })
    .nullable()
    .describe('Golden set stored with it; null: none'),
  leftOut: z
    .array(
      z.strictObject({
        of: z.string().describe('model, or data and its name'),
        count: count.describe('A folder counts as one'),
        paths: z.array(z.string()).describe('The first 20, relative to the folder'),
      }),
    )
    .describe('Skipped: .git, .DS_Store, __pycache__, and files matched by .mlregignore'),
  scan: z.null(),
  promotion: z.strictObject(moveFields).optional().describe('With --stage: the promotion'),
});
