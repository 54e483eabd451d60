import type { StackEntry } from '../versions/version-record.ts';

/**
 * The entry that `steps` rollbacks restore. One rollback pops the top, then skips entries that are
 * empty, yanked, deleted, or the same version as the replaced one. `entries` is the stack from the
 * top down; undefined if none of them qualifies.
 */
export function rollbackLanding(entries: readonly StackEntry[], steps: number): StackEntry | undefined {
  let at = 0;
  for (let step = 0; step < steps; step += 1) {
    const outgoing = entries[at]?.version ?? null;
    do at += 1;
    while (at < entries.length && !canHold(entries[at], outgoing));
  }
  return entries[at];
}

function canHold(entry: StackEntry | undefined, outgoing: string | null): boolean {
  return (
    entry !== undefined &&
    entry.version !== null &&
    !entry.yanked &&
    !entry.deleted &&
    entry.version !== outgoing
  );
}
