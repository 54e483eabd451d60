import { MlregError } from '../../core/errors.ts';
import type { ServedVersion, Slot } from '../served.ts';

/** Everything that is served, as requests name it. */
export interface ServedModels {
  slots: () => readonly Slot[];
  /** Serves one more. INVALID_INPUT as `servedModels`. */
  add: (slot: Slot) => void;
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
export function servedModels(first: readonly Slot[]): ServedModels {
  const slots: Slot[] = [];
  const byName = new Map<string, Slot[]>();
  const add = (slot: Slot): void => {
    const { name } = slot;
    const names = new Set([...byName.keys(), name]);
    for (const one of names) refuseAmbiguous(one, names);
    slots.push(slot);
    byName.set(name, [...(byName.get(name) ?? []), slot]);
  };
  for (const slot of first) add(slot);
  const of = (name: string): readonly Slot[] => byName.get(name) ?? [];
  const loaded = (name: string): ServedVersion[] => of(name).flatMap((slot) => slot.current() ?? []);
  return {
    slots: () => slots,
    add,
    names: () => [...byName.keys()],
    has: (name) => byName.has(name),
    find: (name, version) => {
      const found = of(name);
      if (version === undefined) return found[0]?.current();
      const byStage = found.find(({ stage }) => stage === version);
      return byStage === undefined ? loaded(name).find((one) => one.version === version) : byStage.current();
    },
    versions: (name) => [...new Map(loaded(name).map((one) => [one.version, one])).values()],
    stages: (name) => of(name).flatMap(({ stage }) => (stage === null ? [] : [stage])),
  };
}

function refuseAmbiguous(name: string, served: ReadonlySet<string>): void {
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
