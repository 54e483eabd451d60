import * as z from 'zod';
import { parseWhere } from '../../../core/metadata/where.ts';
import {
  listModels,
  listVersions,
  type ModelList as Models,
  type VersionList as Versions,
} from '../../../registry/inspect/list.ts';
import { format } from '../../../schemas/artifact.ts';
import {
  byteCount,
  count,
  digest,
  modelName,
  nextPage,
  stageName,
  texts,
  time,
  version,
} from '../../../schemas/kinds.ts';
import { modelFacts } from '../../../schemas/model-facts.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import { asMetadata } from '../../metadata-value.ts';
import type { PageOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { listModels, listVersions };

export type ModelList = Plain<Models>;
export type VersionList = Plain<Versions>;

export interface ListOptions extends PageOptions {
  /** Only versions that hold this stage. */
  stage?: string;
  /** Only versions that have these tags now. */
  tags?: Record<string, string>;
  /** Only versions that match: `auc>=0.9 and params.solver=lbfgs`. */
  where?: string;
}

export interface ModelListOptions extends ListOptions {
  /**
   * Only models whose names match: `*` is any text within a part of the name, `?` one character,
   * `**` any number of parts. `team/*`, `team/**`.
   */
  match?: string;
}

export interface VersionListOptions extends ListOptions {
  /** Include yanked versions. */
  yanked?: boolean;
}

const query = () => ({
  ...given.pageFields(10_000),
  stage: given.stageName.optional(),
  tags: z
    .custom<Record<string, string>>()
    .transform((tags) => asMetadata({ tags }, 'the filter').tags)
    .optional(),
  where: given.text.transform(parseWhere).optional(),
});

/** @internal */
export const listModelsVerb = /* @__PURE__ */ defineVerb({
  name: 'list',
  input: () => z.strictObject({ match: given.text.optional(), ...query() }),
  output: () =>
    reading('list', {
      models: z.array(
        z.strictObject({
          name: modelName,
          versions: count,
          latest: version.nullable().describe('null: all versions are yanked'),
          stages: z.record(stageName, version).describe('Version by stage'),
          ...modelFacts(),
        }),
      ),
      nextPage,
    }),
  run: listModels,
});

/** @internal */
export const listVersionsVerb = /* @__PURE__ */ defineVerb({
  name: 'list',
  input: () => z.strictObject({ name: given.modelName, yanked: given.flag.default(false), ...query() }),
  output: () =>
    reading('list', {
      name: modelName,
      ...modelFacts(),
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
      yankedHidden: count.describe('Yanked versions that this page leaves out, counted up to 1000'),
      nextPage,
    }),
  run: listVersions,
});

export interface ListMethods {
  /**
   * The models with their latest version and stages, by name; or the versions of one, highest
   * first. A filter looks at the versions listed; where models are listed, at the latest of each,
   * or with `stage` at its holder. `nextPage` is null on the last page.
   *
   * @example
   * const { models } = await registry.list({ match: 'team/*' });
   * const { versions } = await registry.list('digits', { where: 'accuracy>=0.97', limit: 5 });
   */
  list(options?: ModelListOptions): Promise<ModelList>;
  list(name: string, options?: VersionListOptions): Promise<VersionList>;
}

/** @internal */
export const listMethods = (call: Call): ListMethods => {
  async function list(options?: ModelListOptions): Promise<ModelList>;
  async function list(name: string, options?: VersionListOptions): Promise<VersionList>;
  async function list(
    first?: string | ModelListOptions,
    second?: VersionListOptions,
  ): Promise<ModelList | VersionList> {
    return typeof first === 'string'
      ? call(listVersionsVerb, { name: first }, second)
      : call(listModelsVerb, {}, first);
  }
  return { list };
};
