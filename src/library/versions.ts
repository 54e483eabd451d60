import { resolve } from 'node:path';
import { isMlregError } from '../core/errors.ts';
import { parseModelName } from '../core/model-name.ts';
import { parseExplicitReference, parseReference } from '../core/reference.ts';
import {
  listModels,
  listVersions,
  type ModelList as Models,
  type VersionList as Versions,
} from '../registry/list.ts';
import { pull, type PullResult as Pulled } from '../registry/pull.ts';
import type { OnProgress, Registry } from '../registry/registry.ts';
import { show, type ShowResult as Shown } from '../registry/show.ts';
import { verify, type VerifyResult } from '../registry/verify.ts';
import { yank, type YankResult as Yanked } from '../registry/yank.ts';
import type { Plain } from './plain.ts';
import { count, filledText, nothingElse, optional, text } from './values.ts';

export type ModelList = Plain<Models>;
export type VersionList = Plain<Versions>;
export type ShowResult = Plain<Shown>;
export type PullResult = Plain<Pulled>;
export type YankResult = Plain<Yanked>;
export type { VerifyResult };

export interface PageOptions {
  /** How many. Default: 50. */
  limit?: number;
  /** The `nextPage` of the list before. */
  page?: string;
}

export interface VersionListOptions extends PageOptions {
  /** Yanked versions too. */
  yanked?: boolean;
}

export interface PullOptions {
  /** The folder to put the files into. Default: `./NAME-VERSION`. */
  output?: string;
  /** Replace files there that have other content. */
  force?: boolean;
  onProgress?: OnProgress;
}

export interface VersionMethods {
  /**
   * The models with their latest version and stages, by name; or the versions of one, highest first. `nextPage` is null on the last page.
   *
   * @example
   * const { versions } = await registry.list('digits');
   * const holder = versions.find(({ stages }) => stages.includes('production'));
   */
  list(options?: PageOptions): Promise<ModelList>;
  list(name: string, options?: VersionListOptions): Promise<VersionList>;
  /**
   * All that is known about a version: its record, the stages that point at it, its benches. A bare name means `latest`.
   *
   * @example
   * const { record } = await registry.show('digits@production');
   * console.log(record.version, record.metadata.metrics);
   */
  show(ref: string): Promise<ShowResult>;
  /**
   * As `show`, but resolves with undefined where there is no such model, version or holder.
   *
   * @example
   * const production = await registry.find('digits@production');
   * const accuracy = production?.record.metadata.metrics?.['accuracy'] ?? 0;
   */
  find(ref: string): Promise<ShowResult | undefined>;
  /**
   * Copies the artifact out of the registry, every byte verified. Files that have the right bytes are left alone; where another file
   * is in the way, rejects `CONFLICT` and writes nothing.
   *
   * @example
   * const { directory } = await registry.pull('digits@production', { output: 'models/digits' });
   */
  pull(ref: string, options?: PullOptions): Promise<PullResult>;
  /**
   * Compares every stored byte and row with what was recorded: of the registry, or of one version. Resolves with `ok: false` and the
   * problems where something is lost or changed.
   *
   * @example
   * const { ok, problems } = await registry.verify();
   */
  verify(ref?: string, options?: { onProgress?: OnProgress }): Promise<VerifyResult>;
  /**
   * Marks a version as unfit, with the reason: `latest`, ranges and promotions pass it by. No stage is moved.
   *
   * @example
   * await registry.yank('digits@1.1.0', { message: 'trained on leaked labels' });
   */
  yank(ref: string, options: { message: string }): Promise<YankResult>;
  /**
   * Makes a yanked version fit again.
   *
   * @example
   * await registry.unyank('digits@1.1.0');
   */
  unyank(ref: string, options?: { message?: string }): Promise<YankResult>;
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
    async pull(ref, { output, force, onProgress, ...rest } = {}) {
      nothingElse('pull', rest);
      const directory = optional(output, (folder) => resolve(filledText('output', folder)));
      return pull(registry, { ref: parseReference(text('ref', ref)), directory, force, onProgress });
    },
    async verify(ref, { onProgress, ...rest } = {}) {
      nothingElse('verify', rest);
      return verify(registry, {
        ref: optional(ref, (name) => parseReference(text('ref', name))),
        onProgress,
      });
    },
    async yank(ref, { message, ...rest }: { message?: string } = {}) {
      nothingElse('yank', rest);
      return yank(registry, {
        ref: parseExplicitReference(text('ref', ref)),
        reason: filledText('message', message),
      });
    },
    async unyank(ref, { message, ...rest } = {}) {
      nothingElse('unyank', rest);
      return yank(registry, {
        ref: parseExplicitReference(text('ref', ref)),
        reason: null,
        message: optional(message, (why) => text('message', why)),
      });
    },
  };
}

function listMethod(registry: Registry): VersionMethods['list'] {
  async function list(options?: PageOptions): Promise<ModelList>;
  async function list(name: string, options?: VersionListOptions): Promise<VersionList>;
  async function list(
    first: string | PageOptions = {},
    second: VersionListOptions = {},
  ): Promise<ModelList | VersionList> {
    const { limit, page, ...other } = typeof first === 'string' ? second : first;
    const query = {
      limit: count('limit', limit ?? 50, 1, 10_000),
      page: optional(page, (token) => text('page', token)),
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
