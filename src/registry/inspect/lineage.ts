import { isMlregError } from '../../core/errors.ts';
import {
  formatReference,
  parseExplicitReference,
  type Reference,
  type StageName,
} from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';

/** A version in a family tree. */
export interface Relative {
  ref: string;
  /** `missing`: only the name is known. */
  status: 'live' | 'yanked' | 'deleted' | 'missing';
  stages: StageName[];
  /** Its own parents or children, as far as the tree was followed. */
  relatives: Relative[];
  /** It appears elsewhere in the tree, with its relatives. */
  repeated: boolean;
}

export interface Lineage {
  ref: string;
  stages: StageName[];
  /** The versions it was made from, with their own parents. */
  parents: Relative[];
  /** The versions made from it, with their own children. */
  children: Relative[];
  /** There are more relatives than the limit: the tree is cut. */
  cut: boolean;
}

/** Enough to draw, although a chain of daily retrainings can be longer. */
const mostRelatives = 1000;

/** A version's ancestors and descendants, by the parents that were named at registration. */
export async function lineage(registry: Registry, reference: Reference): Promise<Lineage> {
  const record = await resolve(registry, reference);
  const ref = formatReference(record.name, record.version);
  const budget = { left: mostRelatives, cut: false };
  const parents = await relatives(registry, [ref], parentsOf, budget);
  const children = await relatives(registry, [ref], childrenOf, budget);
  return { ref, stages: await stagesAt(registry, record), parents, children, cut: budget.cut };
}

type Next = (registry: Registry, record: VersionRecord) => Promise<string[]> | string[];

const parentsOf: Next = (_, { parents }) => parents;
const childrenOf: Next = ({ metadata }, { name, version }) =>
  metadata.children(name, version, { deleted: true });

/**
 * Breadth first, so that the most distant relatives are cut. Each version is expanded only once.
 */
async function relatives(
  registry: Registry,
  [root = '']: string[],
  next: Next,
  budget: { left: number; cut: boolean },
): Promise<Relative[]> {
  const found: Relative[] = [];
  const seen = new Set([root]);
  let level: { ref: string; into: Relative[] }[] = [{ ref: root, into: found }];
  while (level.length > 0) {
    const following: typeof level = [];
    for (const { ref, into } of level) {
      registry.signal?.throwIfAborted();
      const record = await recordOf(registry, ref);
      for (const other of record === undefined ? [] : await next(registry, record)) {
        if (budget.left === 0) {
          budget.cut = true;
          return found;
        }
        budget.left -= 1;
        const relative = await describe(registry, other, seen.has(other));
        into.push(relative);
        if (!relative.repeated) following.push({ ref: other, into: relative.relatives });
        seen.add(other);
      }
    }
    level = following;
  }
  return found;
}

async function describe(registry: Registry, ref: string, repeated: boolean): Promise<Relative> {
  const record = await recordOf(registry, ref);
  const status =
    record === undefined
      ? 'missing'
      : record.deletedAt !== null
        ? 'deleted'
        : record.yanked === null
          ? 'live'
          : 'yanked';
  const stages = record === undefined ? [] : await stagesAt(registry, record);
  return { ref, status, stages, relatives: [], repeated };
}

/** Includes deleted versions: they can still be someone's parent. */
async function recordOf(registry: Registry, ref: string): Promise<VersionRecord | undefined> {
  try {
    const { name, selector } = parseExplicitReference(ref);
    return selector.kind === 'version' ? await registry.metadata.version(name, selector.version) : undefined;
  } catch (error) {
    if (isMlregError(error, 'INVALID_INPUT')) return undefined;
    throw error;
  }
}

async function stagesAt({ metadata }: Registry, record: VersionRecord): Promise<StageName[]> {
  const own: Version = record.version;
  return (await metadata.pointers(record.name))
    .filter(({ version }) => version === own)
    .map(({ stage }) => stage);
}
