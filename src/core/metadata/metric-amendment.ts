import type { RegistryEvent } from '../events/event.ts';
import { importedHistory } from '../versions/version-history.ts';

/** A metric that `describe` gave another value, or gave at all, after the registration. */
export interface MetricAmendment {
  metric: string;
  value: number;
  /** What it was before; null: there was none. */
  before: number | null;
  /** What was given at registration; null: nothing was. */
  registered: number | null;
  actor: string;
  /** Epoch milliseconds. */
  at: number;
  message: string | null;
  /** Sequence number of the event that did it, in `registry`. */
  event: number;
  /**
   * Id of the registry where it happened, before the version was imported from there; null: here.
   */
  registry: string | null;
}

/**
 * What changed the metrics of a version, oldest first. `given` are those of its registration;
 * `events` are its own, oldest first, of which only `describe` and `import` matter. Saying again
 * what is so already changes nothing.
 */
export function metricAmendments(
  given: Record<string, number> | undefined,
  events: readonly RegistryEvent[],
): MetricAmendment[] {
  const registered = new Map(Object.entries(given ?? {}));
  const now = new Map(registered);
  return elsewhereFirst(events, null).flatMap(({ event, registry }) => {
    const { action, actor, at, message, seq, details } = event;
    if (action !== 'describe') return [];
    const changes = [];
    for (const [metric, value] of Object.entries((details['metrics'] ?? {}) as Record<string, number>)) {
      const before = now.get(metric) ?? null;
      if (before === value) continue;
      now.set(metric, value);
      const about = { metric, value, before, registered: registered.get(metric) ?? null };
      changes.push({ ...about, actor, at, message, event: seq, registry });
    }
    return changes;
  });
}

/** What an import brought along happened before it, in the registry that it names. */
function elsewhereFirst(
  events: readonly RegistryEvent[],
  registry: string | null,
): { event: RegistryEvent; registry: string | null }[] {
  return events.flatMap((event) => [
    ...elsewhereFirst(importedHistory(event), String(event.details['registry'])),
    { event, registry },
  ]);
}

/** The last one of each metric. */
export function latestOfEach(amendments: readonly MetricAmendment[]): MetricAmendment[] {
  return [...new Map(amendments.map((amendment) => [amendment.metric, amendment])).values()];
}

/** `amended by eve in event 5, registered as 0.5` */
export function describeAmendment(amendment: MetricAmendment): string {
  const { before, registered, actor, event, registry } = amendment;
  const where = registry === null ? '' : ` of registry ${registry}`;
  const was = registered === null ? '' : `, registered as ${registered}`;
  return `${before === null ? 'added' : 'amended'} by ${actor} in event ${event}${where}${was}`;
}
