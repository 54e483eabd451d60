import { parseExplicitReference, type Reference } from '../core/versions/reference.ts';
import { deleteVersion, type DeleteResult as Deleted } from '../registry/versions/delete-version.ts';
import { describe, type DescribeResult as Described } from '../registry/versions/describe.ts';
import type { Registry } from '../registry/registry.ts';
import { tag, type TagResult as Tagged } from '../registry/versions/tag.ts';
import { yank, type YankResult as Yanked } from '../registry/versions/yank.ts';
import { asMetadata } from './metadata-value.ts';
import type { Plain } from './plain.ts';
import { filledText, nothingElse, optional, text } from './values.ts';

export type DeleteResult = Plain<Deleted>;
export type DescribeResult = Plain<Described>;
export type TagResult = Plain<Tagged>;
export type YankResult = Plain<Yanked>;

export interface ChangeOptions {
  /** Why, for the history. */
  message?: string;
}

export interface DescribeOptions extends ChangeOptions {
  /** New description; an empty one removes it. */
  description?: string;
  /** Metrics measured after the registration. */
  metrics?: Record<string, number>;
  /** Also replace metrics given at registration; requires `message`. */
  force?: boolean;
}

/** Changes of a registered version. Old values stay in the history. */
export interface ChangeMethods {
  /**
   * Sets tags of a version; null removes one.
   *
   * @example
   * await registry.tag('digits@1.1.0', { reviewed: 'yes', draft: null });
   */
  tag(ref: string, tags: Record<string, string | null>, options?: ChangeOptions): Promise<TagResult>;
  /**
   * Changes the description of a version, or adds metrics. Rejects `CONFLICT` for metrics given at registration, unless
   * `force` is set.
   *
   * @example
   * await registry.describe('digits@production', { metrics: { live_accuracy: 0.961 } });
   */
  describe(ref: string, options: DescribeOptions): Promise<DescribeResult>;
  /**
   * Marks a version as unusable, with the reason: `latest`, ranges and promotions skip it. No stage moves.
   *
   * @example
   * await registry.yank('digits@1.1.0', { message: 'trained on leaked labels' });
   */
  yank(ref: string, options: { message: string }): Promise<YankResult>;
  /**
   * Undoes a yank.
   *
   * @example
   * await registry.unyank('digits@1.1.0');
   */
  unyank(ref: string, options?: { message?: string }): Promise<YankResult>;
  /**
   * Deletes a version; its number is never reused. Rejects `CONFLICT` while a stage points at it.
   *
   * @example
   * await registry.delete('digits@1.0.0', { message: 'registered by mistake' });
   */
  delete(ref: string, options?: ChangeOptions): Promise<DeleteResult>;
}

export function changeMethods(registry: Registry): ChangeMethods {
  return {
    async tag(ref, tags, { message, ...rest } = {}) {
      nothingElse('tag', rest);
      const entries = Object.entries(tags);
      const set = Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
      return tag(registry, {
        ref: explicit(ref),
        set: asMetadata({ tags: set }, 'a tag').tags ?? {},
        remove: entries.filter(([, value]) => value === null).map(([key]) => key),
        message: optional(message, why),
      });
    },
    async describe(ref, { description, metrics, force, message, ...rest } = {}) {
      nothingElse('describe', rest);
      asMetadata({ description, metrics }, 'the description');
      return describe(registry, {
        ref: explicit(ref),
        amendment: { description, metrics },
        force,
        message: optional(message, why),
      });
    },
    async yank(ref, { message, ...rest }: { message?: string } = {}) {
      nothingElse('yank', rest);
      return yank(registry, {
        ref: explicit(ref),
        reason: filledText('message', message),
      });
    },
    async unyank(ref, { message, ...rest } = {}) {
      nothingElse('unyank', rest);
      return yank(registry, {
        ref: explicit(ref),
        reason: null,
        message: optional(message, why),
      });
    },
    async delete(ref, { message, ...rest } = {}) {
      nothingElse('delete', rest);
      return deleteVersion(registry, { ref: explicit(ref), message: optional(message, why) });
    },
  };
}

/** A bare name would be another job's latest. */
function explicit(ref: string): Required<Reference> {
  return parseExplicitReference(text('ref', ref));
}

function why(message: string): string {
  return text('message', message);
}
