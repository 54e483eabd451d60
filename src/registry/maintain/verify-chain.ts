import type { Checkpoint } from '../../core/events/checkpoint.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { brokenLink } from '../../storage/hash-chain.ts';
import type { Registry } from '../registry.ts';

interface Problem {
  subject: string;
  problem: string;
}

const slice = 500;
const subject = 'event chain';

/** Follows the chain of events from first to last, and checks a checkpoint's event against it. */
export async function verifyChain(
  registry: Registry,
  checkpoint: Checkpoint | undefined,
): Promise<{ events: number; problems: Problem[] }> {
  let last: RegistryEvent | undefined;
  let events = 0;
  const problems: Problem[] = [];
  const say = (problem: string): void => void problems.push({ subject, problem });
  let saved: RegistryEvent | undefined;
  chain: for (;;) {
    const found = await registry.metadata.eventsAscending({ after: last?.seq ?? 0, limit: slice });
    if (found.length === 0) break;
    for (const event of found) {
      const problem = brokenLink(last, event);
      if (problem !== undefined) {
        // After the first broken link, the events that follow prove nothing either.
        say(problem);
        break chain;
      }
      last = event;
      events += 1;
      if (event.seq === checkpoint?.seq) saved = event;
    }
  }
  if (checkpoint !== undefined && problems.length === 0)
    await holdAgainst(registry, checkpoint, saved, last, say);
  return { events, problems };
}

async function holdAgainst(
  registry: Registry,
  checkpoint: Checkpoint,
  saved: RegistryEvent | undefined,
  last: RegistryEvent | undefined,
  say: (problem: string) => void,
): Promise<void> {
  const { id } = await registry.metadata.registry();
  if (id !== checkpoint.registry) say(`the checkpoint belongs to another registry, ${checkpoint.registry}`);
  else if (saved === undefined)
    say(
      `the history ends at event ${last?.seq ?? 0}, but the checkpoint has event ${checkpoint.seq}: events were removed`,
    );
  else if (saved.hash !== checkpoint.hash)
    say(`event ${saved.seq} does not match the checkpoint: the history was rewritten`);
}
