import type { RegistryEvent } from '../../core/events/event.ts';
import { metricAmendments, type MetricAmendment } from '../../core/metadata/metric-amendment.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Registry } from '../registry.ts';

/** More than anyone types. */
const most = 10_000;

/**
 * What changed the metrics of a version since its registration, oldest first. Where nothing did, no
 * event is read; `check` is called with each that is.
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
    actions: ['import', 'describe'],
    limit: most,
  });
  if (check !== undefined) events.forEach(check);
  return metricAmendments(given.metrics, events.toReversed());
}
