import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../core/json/canonical.ts';
import { driftKind, type StoredDrift } from '../core/measurements/drift.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { authorship, type Registry } from '../registry/registry.ts';
import type { DriftReport, DriftResult } from './drift-report.ts';

/** Stores a comparison beside its version. */
export async function saveDrift(
  registry: Registry,
  { name: model, version }: VersionRecord,
  report: DriftReport,
): Promise<DriftResult['saved']> {
  const id = randomUUID();
  const event = await registry.metadata.addMeasurement(driftKind, {
    id,
    model,
    version,
    fingerprint: fingerprintOf(report),
    status: 'ok',
    result: { ...report } satisfies StoredDrift,
    samples: new Uint8Array(),
    ...authorship(registry, undefined),
  });
  return { id, event: event.seq };
}

/** Only comparisons with the same reference, judged in the same way, can be compared. */
function fingerprintOf({ reference, columns, correction, bins }: DriftReport): string {
  const judged = columns.map(({ name, method, threshold }) => [name, method, threshold]);
  const about = canonicalJson({ reference: reference.digest, judged, correction, bins });
  return createHash('sha256').update(about).digest('hex').slice(0, 16);
}
