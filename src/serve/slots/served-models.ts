import { MlregError } from '../../core/errors.ts';
import type { ServedVersion, Slot } from '../served.ts';

/** Everything that is served, as requests name it. */
export interface ServedModels {
  slots: () => readonly Slot[];
  /** Names of models, each once, in the order in which they were given. */
  names: () => string[];
  has: (name: string) => boolean;
  /**
   * The version that answers for a model, or for a version or stage of it. Undefined: it is not
   * served.
   */
  find: (name: string, version?: string) => ServedVersion | undefined;
  /** The versions of a model that are served, each once; the first one answers for the name alone. */
  versions: (name: string) => ServedVersion[];
  /** The names by which a model's versions can be asked for besides their numbers: stages. */
  stages: (name: string) => string[];
}

/**
 * Sorts slots by model. The first slot of a model answers for its name alone. INVALID_INPUT for names
 * that the paths of requests could not tell apart: `a/versions/1` is also version 1 of `a`.
 */
export function servedModels(slots: readonly Slot[]): ServedModels {
  const byName = new Map<string, Slot[]>();
  for (const slot of slots) byName.set(slot.name, [...(byName.get(slot.name) ?? []), slot]);
  for (const name of byName.keys()) refuseAmbiguous(name, byName);
  const of = (name: string): readonly Slot[] => byName.get(name) ?? [];
  return {
    slots: () => slots,
    names: () => [...byName.keys()],
    has: (name) => byName.has(name),
    find: (name, version) => {
      const found = of(name);
      if (version === undefined) return found[0]?.current();
      return (
        found.find(({ stage }) => stage === version) ??
        found.find((slot) => slot.current().version === version)
      )?.current();
    },
    versions: (name) => [
      ...new Map(of(name).map((slot) => [slot.current().version, slot.current()])).values(),
    ],
    stages: (name) => of(name).flatMap(({ stage }) => (stage === null ? [] : [stage])),
  };
}

function refuseAmbiguous(name: string, served: ReadonlyMap<string, unknown>): void {
  const parts = name.split('/');
  for (let end = 1; end < parts.length; end++) {
    const shorter = parts.slice(0, end).join('/');
    const [next = ''] = parts.slice(end);
    if (!served.has(shorter) || next !== 'versions') continue;
    throw new MlregError(
      'INVALID_INPUT',
      `${shorter} and ${name} cannot be served together: the path of the second also names a version of the first`,
      { hint: 'start a server for each of them' },
    );
  }
}
