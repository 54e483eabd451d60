import type { AddedGolden, VersionRecord } from './version-record.ts';

/** A golden set of a version, from its registration or added later. */
export interface GoldenSet extends AddedGolden {
  source: 'registered' | 'added';
}

/** The golden sets that a version can have: all of them run in every test and gate. */
export const mostGoldenSets = 100;

/**
 * Every golden set of a version, that of the registration first, then in the order in which they
 * were added. All of them must pass; nothing removes or replaces one.
 */
export function goldenSetsOf({
  golden,
  addedGolden,
  createdAt: at,
  actor,
}: Pick<VersionRecord, 'golden' | 'addedGolden' | 'createdAt' | 'actor'>): GoldenSet[] {
  const registered: GoldenSet[] =
    golden === null ? [] : [{ source: 'registered', artifact: golden, self: false, at, actor }];
  return [...registered, ...addedGolden.map((added): GoldenSet => ({ source: 'added', ...added }))];
}
