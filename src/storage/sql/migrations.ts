/**
 * The schema, one step per format change; the database counts the steps that it has taken. A
 * released step never changes. registry/FORMAT.md explains every table for authors of other
 * programs.
 *
 * The steps are in SQLite's dialect. In other databases INTEGER has 64 bits, `id INTEGER PRIMARY
 * KEY` numbers its rows by itself, TEXT is ordered by its bytes, BLOB is bytes, and STRICT has no
 * meaning.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE registry (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    collections INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE stages (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    removed_at INTEGER
  ) STRICT;

  CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    versions INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE artifacts (
    digest TEXT PRIMARY KEY,
    config_digest TEXT NOT NULL,
    size INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX artifacts_config ON artifacts (config_digest);

  CREATE TABLE artifact_files (
    artifact_digest TEXT NOT NULL REFERENCES artifacts (digest),
    path TEXT NOT NULL,
    blob_digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (artifact_digest, path)
  ) STRICT;
  CREATE INDEX artifact_files_blob ON artifact_files (blob_digest);

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    model TEXT,
    version TEXT,
    stage TEXT,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_model ON events (model, seq);
  CREATE INDEX events_model_version ON events (model, version, seq);
  CREATE INDEX events_model_stage ON events (model, stage, seq);
  CREATE INDEX events_stage ON events (stage, seq);
  CREATE INDEX events_at ON events (at, seq);

  CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    model_id INTEGER NOT NULL REFERENCES models (id),
    version TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    prerelease INTEGER NOT NULL CHECK (prerelease IN (0, 1)),
    digest TEXT NOT NULL REFERENCES artifacts (digest),
    format TEXT NOT NULL,
    entry TEXT,
    onnx TEXT,
    metadata TEXT NOT NULL,
    identity TEXT NOT NULL,
    source TEXT,
    parents TEXT NOT NULL,
    bump TEXT NOT NULL,
    bump_reason TEXT NOT NULL,
    previous TEXT,
    created_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    registered_seq INTEGER NOT NULL REFERENCES events (seq),
    yanked_at INTEGER,
    yanked_by TEXT,
    yank_reason TEXT,
    deleted_at INTEGER,
    deleted_by TEXT,
    delete_reason TEXT
  ) STRICT;
  CREATE UNIQUE INDEX versions_order ON versions (model_id, sort_key);
  CREATE INDEX versions_live ON versions (model_id, prerelease, sort_key DESC)
    WHERE yanked_at IS NULL AND deleted_at IS NULL;
  CREATE INDEX versions_listed ON versions (model_id, sort_key DESC)
    WHERE yanked_at IS NULL AND deleted_at IS NULL;
  CREATE INDEX versions_digest ON versions (model_id, digest, sort_key);
  CREATE INDEX versions_artifact ON versions (digest) WHERE deleted_at IS NULL;
  CREATE INDEX versions_identity ON versions (model_id, identity, sort_key);

  CREATE TABLE version_tags (
    version_id INTEGER NOT NULL REFERENCES versions (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (version_id, key)
  ) STRICT;
  CREATE INDEX version_tags_value ON version_tags (key, value, version_id);

  CREATE TABLE version_parents (
    child_id INTEGER NOT NULL REFERENCES versions (id),
    parent_id INTEGER NOT NULL REFERENCES versions (id),
    PRIMARY KEY (child_id, parent_id)
  ) STRICT;
  CREATE INDEX version_parents_parent ON version_parents (parent_id, child_id);

  CREATE TABLE moves (
    seq INTEGER PRIMARY KEY REFERENCES events (seq),
    model_id INTEGER NOT NULL REFERENCES models (id),
    stage TEXT NOT NULL REFERENCES stages (name),
    version_id INTEGER REFERENCES versions (id),
    generation INTEGER NOT NULL,
    below INTEGER REFERENCES moves (seq),
    top INTEGER REFERENCES moves (seq)
  ) STRICT;
  CREATE UNIQUE INDEX moves_generation ON moves (model_id, stage, generation);
  CREATE INDEX moves_seq ON moves (model_id, stage, seq);
  CREATE INDEX moves_version ON moves (version_id);

  CREATE TABLE pointers (
    model_id INTEGER NOT NULL REFERENCES models (id),
    stage TEXT NOT NULL REFERENCES stages (name),
    version_id INTEGER REFERENCES versions (id),
    generation INTEGER NOT NULL,
    top INTEGER REFERENCES moves (seq),
    since INTEGER NOT NULL,
    PRIMARY KEY (model_id, stage)
  ) STRICT;
  CREATE INDEX pointers_stage ON pointers (stage, model_id);
  CREATE INDEX pointers_version ON pointers (version_id);

  CREATE TABLE benches (
    id TEXT PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES versions (id),
    seq INTEGER NOT NULL REFERENCES events (seq),
    at INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    status TEXT NOT NULL,
    result TEXT NOT NULL,
    samples BLOB NOT NULL
  ) STRICT;
  CREATE INDEX benches_version ON benches (version_id, seq);
  `,
  `
  ALTER TABLE versions ADD COLUMN golden TEXT REFERENCES artifacts (digest);
  ALTER TABLE versions ADD COLUMN amended TEXT;
  CREATE INDEX versions_golden ON versions (golden) WHERE golden IS NOT NULL AND deleted_at IS NULL;
  `,
  `
  ALTER TABLE versions ADD COLUMN executable TEXT;
  -- Events say what the clock of their writer said since then, and corrections let the time of the chain go back.
  `,
  `
  ALTER TABLE benches RENAME TO measurements;
  -- What is stored already is a bench. A column that may not be null is only added with a default;
  -- every row that is written names its kind and schema.
  ALTER TABLE measurements ADD COLUMN kind TEXT NOT NULL DEFAULT 'bench';
  ALTER TABLE measurements ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 1;
  DROP INDEX benches_version;
  CREATE INDEX measurements_seq ON measurements (seq);
  CREATE INDEX measurements_id ON measurements (kind, id);
  -- Between two ranges SQLite takes the index that was made first: the narrower ones come first.
  CREATE INDEX measurements_version ON measurements (version_id, kind, seq);
  CREATE INDEX measurements_fingerprint ON measurements (kind, fingerprint, seq);
  CREATE INDEX measurements_kind ON measurements (kind, seq, version_id);
  CREATE INDEX events_action ON events (action, seq);
  `,
  `
  -- The golden sets that versions got after their registration.
  CREATE TABLE golden_sets (
    version_id INTEGER NOT NULL REFERENCES versions (id),
    position INTEGER NOT NULL,
    digest TEXT NOT NULL REFERENCES artifacts (digest),
    self INTEGER NOT NULL CHECK (self IN (0, 1)),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (version_id, position)
  ) STRICT;
  CREATE UNIQUE INDEX golden_sets_digest ON golden_sets (digest, version_id);
  `,
];
