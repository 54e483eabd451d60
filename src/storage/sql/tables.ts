import type { Generated } from 'kysely';

/**
 * Columns as in `migrations.ts`, which explains them. Times are epoch milliseconds, flags 0 or 1,
 * JSON is text.
 */
export interface Tables {
  registry: { one: number; id: string; created_at: number; collections: number };
  stages: { name: string; position: number; created_at: number; removed_at: number | null };
  models: { id: Generated<number>; name: string; versions: number; created_at: number };
  artifacts: { digest: string; config_digest: string; size: number };
  artifact_files: { artifact_digest: string; path: string; blob_digest: string; size: number };
  versions: VersionTable;
  version_tags: { version_id: number; key: string; value: string };
  golden_sets: {
    version_id: number;
    position: number;
    digest: string;
    self: number;
    at: number;
    actor: string;
  };
  version_parents: { child_id: number; parent_id: number };
  events: EventTable;
  moves: {
    seq: number;
    model_id: number;
    stage: string;
    version_id: number | null;
    generation: number;
    below: number | null;
    top: number | null;
  };
  pointers: {
    model_id: number;
    stage: string;
    version_id: number | null;
    generation: number;
    top: number | null;
    since: number;
  };
  measurements: {
    id: string;
    kind: string;
    schema_version: number;
    version_id: number;
    seq: number;
    at: number;
    fingerprint: string;
    status: string;
    result: string;
    samples: Uint8Array;
  };
}

export interface VersionTable {
  id: Generated<number>;
  model_id: number;
  version: string;
  sort_key: string;
  prerelease: number;
  digest: string;
  format: string;
  entry: string | null;
  onnx: string | null;
  metadata: string;
  identity: string;
  source: string | null;
  parents: string;
  bump: string;
  bump_reason: string;
  previous: string | null;
  created_at: number;
  actor: string;
  registered_seq: number;
  yanked_at: number | null;
  yanked_by: string | null;
  yank_reason: string | null;
  deleted_at: number | null;
  deleted_by: string | null;
  delete_reason: string | null;
  golden: string | null;
  amended: string | null;
  executable: string | null;
}

export interface EventTable {
  seq: number;
  at: number;
  action: string;
  model: string | null;
  version: string | null;
  stage: string | null;
  body: string;
  hash: string;
}
