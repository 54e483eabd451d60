import type { RegistryEvent } from '../events/event.ts';
import { importedHistory } from '../versions/version-history.ts';

/** A metric that `describe` changed or added after the registration. */
export interface MetricAmendment {
  metric: string;
  value: number;
  /** The value before; null if there was none. */
  before: number | null;
  /** The value given at registration; null if none was. */
  registered: number | null;
  actor: string;
  /** Epoch milliseconds. */
  at: number;
  message: string | null;
  /** Sequence number of its event, in `registry`. */
  event: number;
  /**
   * Id of the registry where it happened before the version was imported from there; null for this
   * registry.
   */
  registry: string | null;
}

/**
 * The changes of a version's metrics, oldest first. `given` are the metrics of its registration;
 * `events` are its own events, oldest first, of which only `describe` and `import` matter. Setting
 * a metric to the value that it already has is not a change.
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

/** The events that came with an import happened before it, in the registry that it names. */
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
