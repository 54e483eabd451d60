import type { RegistryEvent } from '../events/event.ts';
import {
  type Amendment,
  type AppliedChanges,
  eventsWithin,
  replay,
  type VersionState,
  wholeHistory,
} from './amendments.ts';
import type { VersionFacts } from './version-record.ts';

/** A fact that was changed here since the last import, and so stays. */
export interface KeptFact {
  kind: 'tag' | 'metric' | 'description' | 'yank';
  /** The name of the tag or metric; null for the others. */
  name: string | null;
  /** The values in this registry and in the import; null: none. For a yank, its reason. */
  here: string | number | null;
  there: string | number | null;
}

export interface MergedHistory {
  /** Events of the import that are not known here, oldest first, without the imports among them. */
  fresh: RegistryEvent[];
  /** What they change here. */
  applied: AppliedChanges;
  kept: KeptFact[];
}

/**
 * What the history of a version in another registry adds to its history here: a merge by facts of
 * three states. `before` is the state of the events that both know; a fact that only the other
 * registry changed since then is taken over, one that was changed here stays. What is newer here
 * only because it came with another import stays as well, but is no fact that somebody kept.
 */
export function mergeHistory(
  { metadata }: Pick<VersionFacts, 'metadata'>,
  here: readonly RegistryEvent[],
  there: readonly RegistryEvent[],
): MergedHistory {
  const known = new Set(here.flatMap(leaves).map(({ hash }) => hash));
  const fresh = there.flatMap(leaves).filter(({ hash }) => !known.has(hash));
  const isKnown = (event: RegistryEvent): boolean => leaves(event).every(({ hash }) => known.has(hash));
  const all = wholeHistory(there);
  const [ours, theirs, before] = [wholeHistory(here), all, all.filter(isKnown)].map((events) =>
    factsOf(metadata, replay(metadata.tags ?? {}, events)),
  ) as [Facts, Facts, Facts];
  const said = new Set(there.flatMap(leaves).map(({ hash }) => hash));
  const changedHere = new Set(here.filter(({ hash }) => !said.has(hash)).flatMap(changedFacts));
  const merged: MergedHistory = { fresh, applied: { set: {}, remove: [] }, kept: [] };
  const keys = new Set([...ours.values.keys(), ...theirs.values.keys()]);
  for (const key of [...keys].toSorted()) {
    const values = [ours, theirs, before].map(({ values: of }) => of.get(key) ?? null);
    const [own, other = null, last] = values;
    if (own === other) continue;
    const { kind, name } = JSON.parse(key) as Pick<KeptFact, 'kind' | 'name'>;
    if (own === last) apply(merged.applied, kind, name, other, theirs.state);
    else if (other !== (last ?? null) || changedHere.has(key))
      merged.kept.push({ kind, name, here: own ?? null, there: other });
  }
  const sets = new Set(ours.state.golden.map(({ digest }) => digest));
  const golden = theirs.state.golden.filter(({ digest }) => !sets.has(digest));
  if (golden.length > 0) merged.applied.golden = golden;
  return merged;
}

/** The event itself, or for an import the events that came with it. */
function leaves(event: RegistryEvent): RegistryEvent[] {
  const isImport = event.action === 'import' || event.action === 'import-events';
  return isImport ? eventsWithin(event).flatMap(leaves) : [event];
}

/** The facts that an event changes by itself, as keys of `Facts`; none for an import. */
function changedFacts({ action, details }: RegistryEvent): string[] {
  if (action === 'yank' || action === 'unyank') return [keyOf('yank', null)];
  if (action === 'tag') {
    const { set, remove } = details as { set?: object; remove?: unknown[] };
    return [...Object.keys(set ?? {}), ...(remove ?? [])].map((name) => keyOf('tag', String(name)));
  }
  if (action !== 'describe') return [];
  const { description, metrics } = details as Amendment;
  const names = Object.keys(metrics ?? {}).map((name) => keyOf('metric', name));
  return description === undefined ? names : [...names, keyOf('description', null)];
}

function keyOf(kind: KeptFact['kind'], name: string | null): string {
  return JSON.stringify({ kind, name });
}

interface Facts {
  state: VersionState;
  /** By kind and name, as JSON. */
  values: Map<string, string | number>;
}

function factsOf(metadata: VersionFacts['metadata'], state: VersionState): Facts {
  const values = new Map<string, string | number>();
  const add = (kind: KeptFact['kind'], name: string | null, value: string | number): void =>
    void values.set(keyOf(kind, name), value);
  for (const [name, value] of Object.entries(state.tags)) add('tag', name, value);
  for (const [name, value] of Object.entries({ ...metadata.metrics, ...state.amended?.metrics }))
    add('metric', name, value);
  const description = state.amended?.description ?? metadata.description ?? '';
  if (description !== '') add('description', null, description);
  if (state.yanked !== null) add('yank', null, state.yanked.reason);
  return { state, values };
}

function apply(
  applied: AppliedChanges,
  kind: KeptFact['kind'],
  name: string | null,
  value: string | number | null,
  { yanked }: VersionState,
): void {
  if (kind === 'yank') applied.yanked = yanked;
  else if (kind === 'description') applied.description = String(value ?? '');
  else if (kind === 'metric' && typeof value === 'number')
    applied.metrics = { ...applied.metrics, [name ?? '']: value };
  else if (kind === 'tag' && value === null) applied.remove.push(name ?? '');
  else if (kind === 'tag') applied.set[name ?? ''] = String(value);
}
