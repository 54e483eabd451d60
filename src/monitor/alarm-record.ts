import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/json/canonical.ts';
import type { MeasurementKind, Readable } from '../core/measurements/measurement.ts';
import type { Version } from '../core/versions/version.ts';
import { authorship, type Registry } from '../registry/registry.ts';
import { requireRecorded } from '../registry/recorded-measurement.ts';
import type { Alarm, Trend } from './monitoring.ts';

/** An alarm that something was done about, stored beside the version that had it. */
export interface StoredAlarm {
  [member: string]: unknown;
  stage: string;
  metric: string;
  /** Start of its window, ISO 8601. */
  at: string;
  reason: string;
}

export const alarmKind: MeasurementKind<StoredAlarm> = {
  name: 'alarm',
  schema: 1,
  read(result): Readable<StoredAlarm> {
    const { stage, metric, at, reason } = (result ?? {}) as Record<string, unknown>;
    const isSound = [stage, metric, at, reason].every((text) => typeof text === 'string');
    if (!isSound || Number.isNaN(Date.parse(String(at)))) return { unreadable: 'its result is no alarm' };
    return { result: result as StoredAlarm };
  },
  summary: ({ stage, metric, at, reason }) => ({ stage, metric, at, reason }),
};

export interface RecordedAlarm {
  id: string;
  /** Sequence number of the event that recorded it. */
  event: number;
  /** Whether this call recorded it: only then may it be acted on for the first time. */
  isNew: boolean;
}

/** How many alarms of a version are looked through. */
const mostAlarms = 200;

/**
 * Records an alarm, unless it is recorded: an alarm of the same metric, stage and data set within a
 * cool-down is the same one. Of two processes that record the same alarm, one finds it new.
 */
export async function recordAlarm(registry: Registry, trend: Trend, alarm: Alarm): Promise<RecordedAlarm> {
  const { name: model, coolDownMs } = trend;
  const { version, at, reason, by, fall, falls } = alarm;
  const fingerprint = fingerprintOf(trend);
  const { rows } = await registry.metadata.measurements(alarmKind, {
    model,
    version,
    fingerprint,
    limit: mostAlarms,
  });
  const known = rows.find(({ result }) => {
    const recorded = Date.parse(result?.at ?? '');
    return recorded === at || Math.abs(recorded - at) < coolDownMs;
  });
  if (known !== undefined) return foundAlarm(registry, known.id);
  const { stage, metric, every, as, rule } = trend;
  const result = { stage, metric, every, as, rule, at: new Date(at).toISOString(), by, fall, falls, reason };
  const { id: home } = await registry.metadata.registry();
  const id = idOf({ home, model, version, fingerprint, at });
  try {
    const event = await registry.metadata.addMeasurement(alarmKind, {
      id,
      model,
      version,
      fingerprint,
      status: 'ok',
      result,
      samples: new Uint8Array(),
      ...authorship(registry, reason),
    });
    return { id, event: event.seq, isNew: true };
  } catch (error) {
    // Another process may have recorded it since.
    if ((await registry.metadata.measurement(alarmKind, id)) === undefined) throw error;
    return foundAlarm(registry, id);
  }
}

async function foundAlarm(registry: Registry, id: string): Promise<RecordedAlarm> {
  const stored = await registry.metadata.measurement(alarmKind, id);
  if (stored === undefined) throw new Error(`alarm ${id} is gone`);
  const { seq } = await requireRecorded(registry, stored, 'roll back by hand');
  return { id, event: seq, isNew: false };
}

/** The versions of a model that ever had an alarm in this stage. */
export async function alarmedVersions(
  { metadata }: Registry,
  { name: model, stage }: Pick<Trend, 'name' | 'stage'>,
): Promise<Set<Version>> {
  const found = new Set<Version>();
  for (let before: number | undefined; ;) {
    const page = await metadata.measurements(alarmKind, {
      model,
      ...(before === undefined ? {} : { before }),
      limit: mostAlarms,
    });
    for (const { version, result } of page.rows) if (result?.stage === stage) found.add(version);
    before = page.next;
    if (before === undefined) return found;
  }
}

/** What an alarm is of. */
function fingerprintOf({ stage, metric, as, target }: Trend): string {
  return sha256(canonicalJson({ stage, metric, as, target })).slice(0, 16);
}

/** The same for every process that finds the alarm: a UUID of version 8 (RFC 9562), made of a hash. */
function idOf(about: Record<string, string | number>): string {
  const hex = sha256(canonicalJson(about));
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
