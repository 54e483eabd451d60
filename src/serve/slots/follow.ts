import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelName, StageName } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { pollRegistry } from '../../registry/poll.ts';
import type { Registry } from '../../registry/registry.ts';
import { resolve } from '../../registry/resolve.ts';
import type { FollowedSlot } from './followed-slot.ts';

export interface FollowInput {
  /** Slots of one stage each. */
  slots: FollowedSlot[];
  /** Also every model that gets a version in this stage; `open` gives it a slot. */
  stage?: StageName | undefined;
  open: (name: ModelName, stage: StageName) => FollowedSlot;
  intervalMs: number;
  /** Told when the registry cannot be read, and when it can be again. */
  trouble: (message: string) => void;
  signal: AbortSignal;
}

/** What a slot is to serve from now on. */
interface Aim {
  slot: FollowedSlot;
  version: VersionRecord | undefined;
}

const againMs = 10_000;

/**
 * Looks at the registry again and again, and aims every slot at the holder of its stage: one query
 * while nothing happens. It looks at where the stages are and not at the moves that led there, so
 * nothing is missed, whatever happened while the registry could not be read. Ends at the signal.
 */
export async function follow(registry: Registry, input: FollowInput): Promise<void> {
  const { intervalMs, signal, trouble } = input;
  while (!signal.aborted) {
    try {
      const options = { intervalMs, reopen: true, signal };
      for await (const polled of pollRegistry(registry, options, looker(input))) {
        if ('trouble' in polled) trouble(polled.trouble);
        else polled.found.slot.aim(polled.found.version);
      }
    } catch (error) {
      if (signal.aborted) return;
      trouble(`stages are not followed: ${error instanceof Error ? error.message : String(error)}`);
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function looker({ slots, stage, open }: FollowInput) {
  let seen: string | undefined;
  /** The last holder of each slot that was reported, as version and generation. */
  const told = new Map<FollowedSlot, string>();
  return async (current: Registry, isAnother: boolean): Promise<Aim[]> => {
    const { last } = await current.metadata.head();
    const head = `${last?.seq} ${last?.hash}`;
    if (!isAnother && head === seen) return [];
    if (isAnother) told.clear();
    const aims: Aim[] = [];
    if (stage !== undefined)
      for (const name of await heldIn(current, stage))
        if (!slots.some(({ slot }) => slot.name === name && slot.stage === stage))
          slots.push(open(name, stage));
    const now = new Map<FollowedSlot, string>();
    for (const slot of slots) {
      const [model, at] = [slot.slot.name as ModelName, slot.slot.stage as StageName];
      const { version, generation } = await current.metadata.pointer(model, at);
      const holder = `${version} ${generation}`;
      now.set(slot, holder);
      if (holder === told.get(slot)) continue;
      aims.push({
        slot,
        version:
          version === null
            ? undefined
            : await resolve(current, { name: model, selector: { kind: 'version', version } }),
      });
    }
    // Set only now, so that what failed before this is tried again.
    seen = head;
    for (const [slot, holder] of now) told.set(slot, holder);
    return aims;
  };
}

/** Names of the models that have a version in a stage. */
export async function heldIn(registry: Registry, stage: StageName): Promise<ModelName[]> {
  const names: ModelName[] = [];
  for (let after: ModelName | undefined; ;) {
    const page = await registry.metadata.models({
      stage,
      limit: 100,
      ...(after === undefined ? {} : { after }),
    });
    names.push(...page.rows.map(({ name }) => name));
    after = page.next;
    if (after === undefined) return names;
  }
}
