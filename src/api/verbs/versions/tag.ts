import * as z from 'zod';
import { tag, type TagResult as Tagged } from '../../../registry/versions/tag.ts';
import { modelName, reference, texts, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import { asMetadata } from '../../metadata-value.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';
import type { ChangeOptions } from '../../options.ts';

/** @internal */
export { tag };

export type TagResult = Plain<Tagged>;

/** @internal */
export const tagVerb = /* @__PURE__ */ defineVerb({
  name: 'tag',
  input: () =>
    z
      .strictObject({
        ref: given.explicitReference,
        tags: z.custom<Record<string, string | null>>(isObject, 'an object of strings; null removes a tag'),
        message: given.message,
      })
      .transform(({ tags, ...rest }) => ({ ...rest, ...split(tags) })),
  output: () =>
    changing('tag', {
      ref: reference,
      name: modelName,
      version,
      tags: texts.describe('Current tags'),
    }),
  run: tag,
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function split(tags: Record<string, string | null>): { set: Record<string, string>; remove: string[] } {
  const entries = Object.entries(tags);
  const set = Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
  return {
    set: asMetadata({ tags: set }, 'a tag').tags ?? {},
    remove: entries.filter(([, value]) => value === null).map(([key]) => key),
  };
}

export interface TagMethods {
  /**
   * Sets tags of a version; null removes one.
   *
   * @example
   * await registry.tag('digits@1.1.0', { reviewed: 'yes', draft: null });
   */
  tag(ref: string, tags: Record<string, string | null>, options?: ChangeOptions): Promise<TagResult>;
}

/** @internal */
export const tagMethods = (call: Call): TagMethods => ({
  tag: (ref, tags, options) => call(tagVerb, { ref, tags }, options),
});
