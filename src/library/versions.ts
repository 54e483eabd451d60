import { resolve } from 'node:path';
import { parseCheckpoint, type Checkpoint } from '../core/events/checkpoint.ts';
import { isMlregError } from '../core/errors.ts';
import { parseModelName } from '../core/versions/model-name.ts';
import { parseReference } from '../core/versions/reference.ts';
import { parseStageName } from '../core/events/stage.ts';
import { parseWhere } from '../core/metadata/where.ts';
import {
  listModels,
  listVersions,
  type ModelList as Models,
  type VersionList as Versions,
} from '../registry/inspect/list.ts';
import { pull, type PullResult as Pulled } from '../registry/exchange/pull.ts';
import type { OnProgress, Registry } from '../registry/registry.ts';
import { show, type ShowResult as Shown } from '../registry/inspect/show.ts';
import { verify, type VerifyResult } from '../registry/maintain/verify.ts';
import { asMetadata } from '../api/metadata-value.ts';
import type { Plain } from '../api/plain.ts';
import { count, filledText, nothingElse, optional, text } from './values.ts';

export type ModelList = Plain<Models>;
export type VersionList = Plain<Versions>;
export type ShowResult = Plain<Shown>;
export type PullResult = Plain<Pulled>;
export type { Checkpoint, VerifyResult };

export interface PageOptions {
  /** Page size. Default: 50. */
  limit?: number;
  /** The `nextPage` of the previous page. */
  page?: string;
}

export interface ListOptions extends PageOptions {
  /** Only versions that hold this stage. */
  stage?: string;
  /** Only versions that have these tags now. */
  tags?: Record<string, string>;
  /** Only versions that match: `auc>=0.9 and params.solver=lbfgs`. */
  where?: string;
}

export interface VersionListOptions extends ListOptions {
  /** Include yanked versions. */
  yanked?: boolean;
}

export interface PullOptions {
  /** The folder to put the files into. Default: `./NAME-VERSION`. */
  output?: string;
  /** Name of the file, or of the folder of several: `{name}_v{version}_{stage}{ext}`; metrics are fields too. */
  as?: string;
  /** Replace files with different content. */
  force?: boolean;
  /** Replace the whole folder, so that it holds exactly the version; it must be empty or hold only what `clean` wrote. */
  clean?: boolean;
  onProgress?: OnProgress;
}

export interface VerifyOptions {
  /** Check only the existence and size of stored files, not their bytes. */
  quick?: boolean;
  /** Put back what is kept in trash/ or quarantine/ or follows from the rows, and set damaged files aside. */
  repair?: boolean;
  /** Result of an earlier `checkpoint()`: checks that the history up to it is unchanged. */
  checkpoint?: Checkpoint;
  onProgress?: OnProgress;
}

export interface VersionMethods {
  /**
   * The models with their latest version and stages, by name; or the versions of one, highest first. A filter looks at the versions listed;
   * where models are listed, at the latest of each, or with `stage` at its holder. `nextPage` is null on the last page.
   *
   * @example
   * const { models } = await registry.list({ stage: 'production' });
   * const { versions } = await registry.list('digits', { where: 'accuracy>=0.97', limit: 5 });
   */
  list(options?: ListOptions): Promise<ModelList>;
  list(name: string, options?: VersionListOptions): Promise<VersionList>;
  /**
   * A version with its current metadata, the stages that point at it and its benchmarks. A bare name means `latest`.
   *
   * @example
   * const { record, metadata } = await registry.show('digits@production');
   * console.log(record.version, metadata.metrics);
   */
  show(ref: string): Promise<ShowResult>;
  /**
   * Like `show`, but resolves with undefined if there is no such model, version or holder.
   *
   * @example
   * const production = await registry.find('digits@production');
   * const accuracy = production?.metadata.metrics?.['accuracy'] ?? 0;
   */
  find(ref: string): Promise<ShowResult | undefined>;
  /**
   * Copies the artifact out of the registry, every byte verified. Files with the right bytes are kept; if another file is in the
   * way, rejects `CONFLICT` and writes nothing.
   *
   * @example
   * const { directory } = await registry.pull('digits@production', { output: 'models/digits' });
   */
  pull(ref: string, options?: PullOptions): Promise<PullResult>;
  /**
   * Checks every stored byte and row of the registry, or of one version. Resolves with `ok: false` and the problems if something is
   * lost or changed.
   *
   * @example
   * const { ok, problems } = await registry.verify();
   */
  verify(ref?: string, options?: VerifyOptions): Promise<VerifyResult>;
}

export function versionMethods(registry: Registry): VersionMethods {
  return {
    list: listMethod(registry),
    async show(ref) {
      return show(registry, parseReference(text('ref', ref)));
    },
    async find(ref) {
      try {
        return await show(registry, parseReference(text('ref', ref)));
      } catch (error) {
        if (isMlregError(error, 'NOT_FOUND')) return undefined;
        throw error;
      }
    },
    async pull(ref, { output, as: template, force, clean, onProgress, ...rest } = {}) {
      nothingElse('pull', rest);
      const directory = optional(output, (folder) => resolve(filledText('output', folder)));
      return pull(registry, {
        ref: parseReference(text('ref', ref)),
        directory,
        as: optional(template, (value) => filledText('as', value)),
        force,
        clean,
        onProgress,
      });
    },
    async verify(ref, { quick, repair, checkpoint, onProgress, ...rest } = {}) {
      nothingElse('verify', rest);
      return verify(registry, {
        ref: optional(ref, (name) => parseReference(text('ref', name))),
        quick,
        repair,
        checkpoint: optional(checkpoint, (saved) => parseCheckpoint(JSON.stringify(saved), 'checkpoint')),
        onProgress,
      });
    },
  };
}

function listMethod(registry: Registry): VersionMethods['list'] {
  async function list(options?: ListOptions): Promise<ModelList>;
  async function list(name: string, options?: VersionListOptions): Promise<VersionList>;
  async function list(
    first: string | ListOptions = {},
    second: VersionListOptions = {},
  ): Promise<ModelList | VersionList> {
    const { limit, page, stage, tags, where, ...other } = typeof first === 'string' ? second : first;
    const query = {
      limit: count('limit', limit ?? 50, 1, 10_000),
      page: optional(page, (token) => text('page', token)),
      stage: optional(stage, (word) => parseStageName(text('stage', word))),
      tags: optional(tags, (wanted) => asMetadata({ tags: wanted }, 'the filter').tags),
      where: optional(where, (conditions) => parseWhere(text('where', conditions))),
    };
    if (typeof first !== 'string') {
      nothingElse('list', other);
      return listModels(registry, query);
    }
    const { yanked, ...rest } = other as VersionListOptions;
    nothingElse('list', rest);
    return listVersions(registry, { name: parseModelName(first), yanked: yanked === true, ...query });
  }
  return list;
}
