import * as z from 'zod';
import type { BumpKind } from '../core/versions/version-record.ts';
import { digest, scalar, version } from './kinds.ts';

const bumps = { initial: true, major: true, minor: true, patch: true, explicit: true } satisfies Record<
  BumpKind,
  true
>;

/** How a version got its number: fields that `show` has too. */
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

export const foreignSource = z
  .strictObject({
    system: z.string().describe('modelpack, kitops or oci'),
    manifest: digest.describe('Digest of its manifest'),
    artifactType: z.string().optional(),
    config: z.string().describe('Media type of its config'),
    layers: z.string().describe('Media types of its layers, each once'),
    name: z.string().optional().describe('Its name in the index of the layout'),
    createdAt: z.string().optional(),
  })
  .meta({ id: 'ForeignSource', description: 'The artifact of another tool that it was imported from' });

export const source = z
  .record(z.string(), z.union([scalar, ciRun, foreignSource]))
  .nullable()
  .describe(
    'Source code: commit, dirty (null: git could not tell), ci, artifact, and the source in the metadata; null: unknown',
  );
