import { MlregError } from '../../core/errors.ts';
import { formatReference } from '../../core/reference.ts';
import type { ForeignVersion } from '../../storage/metadata-store.ts';

/** The versions, each behind those of its parents that are among them; else in their order. INVALID_INPUT where one is its own ancestor. */
export function parentsFirst(versions: readonly ForeignVersion[]): ForeignVersion[] {
  const waiting = new Map(versions.map((one) => [formatReference(one.facts.name, one.facts.version), one]));
  const ordered: ForeignVersion[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(
      ([, { facts }]) => !facts.parents.some((parent) => waiting.has(parent)),
    );
    if (ready.length === 0) {
      throw new MlregError(
        'INVALID_INPUT',
        `${[...waiting.keys()][0]} in the layout is an ancestor of itself`,
        {
          hint: 'import what mlreg export wrote',
        },
      );
    }
    for (const [ref, one] of ready) {
      ordered.push(one);
      waiting.delete(ref);
    }
  }
  return ordered;
}
