import { MlregError } from '../../../core/errors.ts';
import { importHint } from '../../../core/versions/oci-layout.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import type { ForeignVersion } from '../../../storage/versions.ts';

/**
 * Orders the versions so that each comes after those of its parents that are in the list.
 * INVALID_INPUT if a version is its own ancestor.
 */
export function parentsFirst(versions: readonly ForeignVersion[]): ForeignVersion[] {
  const refs = new Set(versions.map(refOf));
  const children = new Map<string, ForeignVersion[]>();
  const waitsFor = new Map<ForeignVersion, number>();
  for (const one of versions) {
    const parents = new Set(one.facts.parents.filter((parent) => refs.has(parent)));
    waitsFor.set(one, parents.size);
    for (const parent of parents) {
      const others = children.get(parent);
      if (others === undefined) children.set(parent, [one]);
      else others.push(one);
    }
  }
  const ordered = versions.filter((one) => waitsFor.get(one) === 0);
  // The list grows during the loop.
  for (const parent of ordered) {
    for (const child of children.get(refOf(parent)) ?? []) {
      const left = (waitsFor.get(child) ?? 0) - 1;
      waitsFor.set(child, left);
      if (left === 0) ordered.push(child);
    }
  }
  const stuck = versions.find((one) => waitsFor.get(one) !== 0);
  if (stuck === undefined) return ordered;
  throw new MlregError('INVALID_INPUT', `${refOf(stuck)} in the export is an ancestor of itself`, {
    hint: importHint,
  });
}

function refOf({ facts }: ForeignVersion): string {
  return formatReference(facts.name, facts.version);
}
