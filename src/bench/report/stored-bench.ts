import { MlregError } from '../../core/errors.ts';
import { benchKind, type StoredReport } from '../../core/measurements/bench.ts';
import type { Measurement } from '../../core/measurements/measurement.ts';
import { quote } from '../../core/text/quote.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { Registry } from '../../registry/registry.ts';
import type { BenchedVersion, BenchResult } from '../run/bench-version.ts';
import type { BenchReport } from './result.ts';
import { decodeSamples, type SampleSeries } from './sample-codec.ts';

/** A stored run: what `bench` found, and every block it measured, in order of time. */
export interface StoredRun extends BenchResult {
  id: string;
  series: SampleSeries[];
}

const named = 3;

/**
 * The bench with this id or id prefix of at least four hex digits. INVALID_INPUT for a malformed id
 * or a prefix of several ids, NOT_FOUND if there is none.
 */
export async function findBench({ metadata }: Registry, start: string): Promise<Measurement<StoredReport>> {
  const prefix = start.toLowerCase();
  if (!/^[0-9a-f]{4}[0-9a-f-]{0,32}$/.test(prefix)) {
    throw new MlregError('INVALID_INPUT', `invalid benchmark id ${quote(start)}`, {
      hint: 'use at least the first four hex digits (mlreg bench --list)',
    });
  }
  const ids = await metadata.measurementIds(benchKind, prefix, named + 1);
  const record = ids[0] === undefined ? undefined : await metadata.measurement(benchKind, ids[0]);
  if (ids.length === 1 && record !== undefined) return record;
  if (ids.length > 1) {
    const more = ids.length > named ? ' …' : '';
    throw new MlregError('INVALID_INPUT', `benchmark id ${quote(start)} is ambiguous`, {
      hint: `use more digits: ${ids.slice(0, named).join(', ')}${more}`,
      details: { ids },
    });
  }
  const { rows } = await metadata.measurements(benchKind, { limit: named });
  const latest = rows.map(({ id, model, version }) => `${id} of ${model}@${version}`);
  throw new MlregError('NOT_FOUND', `no stored benchmark with id ${quote(start)}`, {
    hint:
      latest.length === 0
        ? 'no benchmarks stored yet; measure the latest version of a model with mlreg bench NAME'
        : `list them with mlreg bench --list; latest: ${latest.join(', ')}`,
  });
}

/**
 * What `bench` showed when it stored this run, with its verdicts of that time. Rejects as
 * `findBench` does; INTEGRITY if the run cannot be read.
 */
export async function storedBench(registry: Registry, start: string): Promise<StoredRun> {
  const record = await findBench(registry, start);
  const { id, at, model, version, result, unreadable } = record;
  if (unreadable !== undefined) throw damaged(id, unreadable);
  const { baseline, report } = reportOf(result);
  const measured = await registry.metadata.version(model, version);
  const encoded = await registry.metadata.samples(id);
  if (measured === undefined || encoded === undefined)
    throw damaged(id, 'rows that belong to it are missing');
  const series = decodeSamples(encoded);
  return {
    id,
    at,
    subject: { ref: formatReference(model, version), version, digest: measured.artifact.digest },
    baseline,
    report,
    samples: armSamples(series, 0),
    series,
    warnings: [],
  };
}

/** The samples of one side, in milliseconds, one array per launch with samples. */
export function armSamples(series: readonly SampleSeries[], arm: SampleSeries['arm']): Float64Array[] {
  const launches = Map.groupBy(
    series.filter((block) => block.arm === arm),
    ({ launch }) => launch,
  );
  return [...launches.values()].map((blocks) => {
    const all = new Float64Array(blocks.reduce((sum, { latencyMs }) => sum + latencyMs.length, 0));
    let at = 0;
    for (const { latencyMs } of blocks) {
      all.set(latencyMs, at);
      at += latencyMs.length;
    }
    return all;
  });
}

/** Fields that the format got later have the value they would have had. */
function reportOf({ baseline = null, ...stored }: StoredReport): {
  baseline: BenchedVersion | null;
  report: BenchReport;
} {
  // The kind has parsed the record: every field that `absent` does not list is there.
  return {
    baseline: baseline as BenchedVersion | null,
    report: { ...absent, ...stored } as unknown as BenchReport,
  };
}

const absent = {
  mode: 'solo',
  error: null,
  phases: null,
  launches: [],
  latencyMs: null,
  throughputPerSec: null,
  itemsPerSec: null,
  memory: null,
  compare: null,
  open: null,
  profile: null,
  notes: [],
  gates: [],
} satisfies Partial<BenchReport>;

function damaged(id: string, reason: string): MlregError {
  return new MlregError('INTEGRITY', `cannot read the stored benchmark ${id}: ${reason}`, {
    hint: 'run mlreg verify to list the damage, or measure again with mlreg bench',
  });
}
