import { currentMetadata } from '../core/amendment.ts';
import type { Metadata } from '../core/metadata.ts';
import { formatReference, type Reference } from '../core/reference.ts';
import type { StageName } from '../core/stage.ts';
import type { BenchRecord, VersionRecord } from '../core/version-record.ts';
import type { Registry } from './registry.ts';
import { resolve } from './resolve.ts';

export interface ShowResult {
  ref: string;
  record: VersionRecord;
  /** As it is now; `record.metadata` is what was given at registration. */
  metadata: Metadata;
  /** Stages that point at the version. */
  stages: StageName[];
  /** Latest first. */
  benches: BenchRecord[];
  /** References of versions made from this one. */
  children: string[];
}

/** Everything known about a version. */
export async function show(registry: Registry, reference: Reference): Promise<ShowResult> {
  const record = await resolve(registry, reference);
  const { name, version } = record;
  const pointers = await registry.metadata.pointers(name);
  return {
    ref: formatReference(name, version),
    record,
    metadata: currentMetadata(record),
    stages: pointers.filter((pointer) => pointer.version === version).map((pointer) => pointer.stage),
    benches: await registry.metadata.benches(name, version, 20),
    children: await registry.metadata.children(name, version),
  };
}
