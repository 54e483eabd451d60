import { MlregError } from '../../core/errors.ts';
import type { ChainChoice } from '../../core/versions/chain.ts';
import type { ModelName, Reference } from '../../core/versions/reference.ts';
import type { ServedVersion, Slot } from '../served.ts';
import { openChain } from './chain.ts';
import type { ChainPart, FollowedSlot } from './followed-slot.ts';

export interface ChainsOptions {
  /** Names that are served by themselves. */
  taken: readonly string[];
  deadlineMs: number;
  /** Loads the version of a part. */
  load: (ref: Reference, part: ChainPart) => Promise<{ slot: FollowedSlot; version: ServedVersion }>;
}

export interface OpenedChain {
  name: ModelName;
  slot: Slot;
  parts: { slot: FollowedSlot; version: ServedVersion }[];
}

/**
 * Opens chains, one after the other. INVALID_INPUT for a name that something else has, or for parts
 * that do not fit together; rejects as `load`.
 */
export async function openChains(
  choices: readonly ChainChoice[],
  { taken, deadlineMs, load }: ChainsOptions,
): Promise<OpenedChain[]> {
  const names = new Set(taken);
  for (const { name } of choices) {
    if (names.has(name))
      throw new MlregError(
        'INVALID_INPUT',
        `the chain ${name} has the name of something else that is served`,
        {
          hint: 'give it another one: --chain NAME=REF,REF',
        },
      );
    names.add(name);
  }
  const opened: OpenedChain[] = [];
  for (const { name, refs } of choices) {
    const chain = openChain(name, deadlineMs);
    const parts: OpenedChain['parts'] = [];
    for (const ref of refs) {
      const part = await load(ref, chain.part());
      chain.add(part.slot);
      parts.push(part);
    }
    opened.push({ name, slot: chain.slot, parts });
  }
  return opened;
}
