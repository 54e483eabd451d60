import { evaluationKind } from '../core/measurements/evaluation.ts';
import { pollRegistry, type PollOptions, type Polled } from '../registry/poll.ts';
import type { Registry } from '../registry/registry.ts';
import { monitor, type MonitorOptions } from './monitor.ts';
import type { MonitorResult } from './monitoring.ts';

/**
 * Monitors a stage at once, and again whenever there is a new evaluation or the stage moved; in
 * between a poll is two queries. It ends only on an abort. If the registry cannot be read, or the
 * stage is empty for a while, that is reported once.
 */
export async function* keepLooking(
  registry: Registry,
  input: MonitorOptions,
  options: Pick<PollOptions, 'intervalMs' | 'reopen'>,
): AsyncGenerator<Polled<MonitorResult>, void, undefined> {
  let seen: string | undefined;
  const { name, stage } = input;
  yield* pollRegistry(registry, options, async (current, isAnother) => {
    const [{ generation }, { rows }] = await Promise.all([
      current.metadata.pointer(name, stage),
      current.metadata.measurements(evaluationKind, { model: name, limit: 1 }),
    ]);
    const now = `${generation} ${rows[0]?.id}`;
    if (!isAnother && now === seen) return [];
    const result = await monitor(current, input);
    // What it moved itself is nothing new; set only now, so that what failed is tried again.
    const moved = (result.rollback?.event ?? null) !== null;
    seen = `${moved ? generation + 1 : generation} ${rows[0]?.id}`;
    return [result];
  });
}
