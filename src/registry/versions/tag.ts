import { MlregError } from '../../core/errors.ts';
import { checkMetadata } from '../../core/metadata/metadata.ts';
import { type ModelName, formatReference, type Reference } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { authorship, type Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';

export interface TagInput {
  ref: Required<Reference>;
  set: Record<string, string>;
  remove: readonly string[];
  message?: string;
}

export interface TagResult {
  ref: string;
  name: ModelName;
  version: Version;
  changed: boolean;
  /** The tags after the change. */
  tags: Record<string, string>;
  warnings: string[];
}

/**
 * Sets and removes tags of a version. Tags given at registration stay in its metadata, and the
 * history keeps each change.
 */
export async function tag(registry: Registry, { ref, set, remove, message }: TagInput): Promise<TagResult> {
  if (Object.keys(set).length === 0 && remove.length === 0) {
    throw new MlregError('USAGE', 'no tags given', {
      hint: 'mlreg tag NAME@VERSION key=value, or --remove key',
    });
  }
  checkMetadata({ tags: set }, 'the tags');
  const { name, version, tags: before } = await resolve(registry, ref);
  const both = remove.find((key) => Object.hasOwn(set, key));
  if (both !== undefined) {
    throw new MlregError('USAGE', `tag ${JSON.stringify(both)} is both set and removed`, {
      hint: 'set it or remove it',
    });
  }
  const { changed, tags } = await registry.metadata.tag({
    name,
    version,
    set,
    remove,
    ...authorship(registry, message),
  });
  const warnings = remove
    .filter((key) => !Object.hasOwn(before, key))
    .map((key) => `no tag ${JSON.stringify(key)} to remove`);
  return { ref: formatReference(name, version), name, version, changed, tags, warnings };
}
