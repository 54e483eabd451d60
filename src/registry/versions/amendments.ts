import type { RegistryEvent } from '../../core/events/event.ts';
import { metricAmendments, type MetricAmendment } from '../../core/versions/amendments.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Registry } from '../registry.ts';

/** More than anyone would type. */
const most = 10_000;

/**
 * The events that changed the metrics of a version after its registration, oldest first. If there
 * was no change, no event is read; `check` is called with each event that is.
 */
export async function amendmentsOf(
  { metadata }: Registry,
  { name, version, metadata: given, amended }: VersionRecord,
  check?: (event: RegistryEvent) => void,
): Promise<MetricAmendment[]> {
  if (amended?.metrics === undefined) return [];
  const events = await metadata.events({
    model: name,
    version,
    actions: ['import', 'import-events', 'describe'],
    limit: most,
  });
  if (check !== undefined) events.forEach(check);
  return metricAmendments(given.metrics, events.toReversed());
}
