import { rollbackLanding } from '../../core/events/stage-stack.ts';
import type { StackEntry, StagePointer } from '../../core/versions/version-record.ts';
import type { Registry } from '../registry.ts';

const slice = 32;

/**
 * The stack entry that `steps` rollbacks would land on; undefined if the stack is not that deep.
 */
export async function rollbackTarget(
  registry: Registry,
  pointer: StagePointer,
  steps: number,
): Promise<StackEntry | undefined> {
  const entries: StackEntry[] = [];
  for await (const entry of walkStack(registry, pointer)) {
    entries.push(entry);
    const landing = rollbackLanding(entries, steps);
    if (landing !== undefined) return landing;
  }
  return undefined;
}

/** The entries of a stage's stack from the top down, read in slices. */
export async function* walkStack(
  registry: Registry,
  { model, stage, top }: StagePointer,
): AsyncGenerator<StackEntry> {
  for (let from = top; from !== null;) {
    const entries = await registry.metadata.stack({ name: model, stage, from, limit: slice });
    yield* entries;
    from = entries.at(-1)?.below ?? null;
  }
}
