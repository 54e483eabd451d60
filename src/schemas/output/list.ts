import * as z from 'zod';
import { format } from '../artifact.ts';
import { byteCount, count, digest, modelName, nextPage, stageName, texts, time, version } from '../kinds.ts';
import { reading } from '../result.ts';

const models = reading('list', {
  models: z.array(
    z.strictObject({
      name: modelName,
      versions: count,
      latest: version.nullable().describe('null: all versions are yanked'),
      stages: z.record(stageName, version).describe('Version by stage'),
    }),
  ),
  nextPage,
});

const versions = reading('list', {
  name: modelName,
  versions: z.array(
    z.strictObject({
      version,
      digest,
      size: byteCount,
      format,
      createdAt: time,
      stages: z.array(stageName).describe('Stages that point at it'),
      yanked: z.boolean(),
      metrics: z.record(z.string(), z.number()),
      tags: texts,
    }),
  ),
  nextPage,
});

/** The models, or with a name the versions of one. */
export const list = z.union([models, versions]);
