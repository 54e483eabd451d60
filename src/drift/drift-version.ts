import type { DriftFinding } from '../core/measurements/drift.ts';
import { MlregError } from '../core/errors.ts';
import { digestOf } from '../core/versions/artifact.ts';
import { formatReference, type Reference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { withScratchFolder } from '../files/scratch.ts';
import type { BindingOptions } from '../predict/columns/binding.ts';
import type { TableInput } from '../predict/run-table.ts';
import { refuseLostHistory, type Registry } from '../registry/registry.ts';
import { resolve } from '../registry/resolve.ts';
import type { TableData } from './columns/column-data.ts';
import { readColumns } from './columns/read-columns.ts';
import type { DriftReport, DriftResult, DriftSource } from './drift-report.ts';
import { judgeTables, type JudgedTables, type TablesOptions } from './judge/judge-tables.ts';
import { modelInputs, type ModelInputs } from './model-inputs.ts';
import { saveDrift } from './save.ts';

export interface DriftInput extends Pick<BindingOptions, 'columns' | 'map' | 'exclude'> {
  ref: Reference;
  live: TableInput;
  /** The data that the live data is compared with; null: the stored profile of the version. */
  reference: TableInput | null;
  /** The column of the right answers, which is no input; null: not named. */
  target: string | null;
  judge: Omit<TablesOptions, 'inputs' | 'without' | 'onColumn'>;
  /** The data set drifts when this share of its columns does. */
  share: number;
  save: boolean;
  onProgress?: ((progress: { what: string; done: number; total: number }) => void) | undefined;
}

/**
 * Compares live data with the data that a version was trained on, column by column. Rejects
 * NOT_FOUND without the version, a file, or a reference; INVALID_INPUT for a malformed table, and for
 * options that name columns that do not exist.
 */
export async function driftVersion(registry: Registry, input: DriftInput): Promise<DriftResult> {
  const { live, reference, save } = input;
  if (save) await refuseLostHistory(registry);
  const record = await resolve(registry, input.ref);
  const stored = reference === null ? await storedReference(registry, record) : null;
  if (reference?.path === null && live.path === null)
    throw new MlregError('USAGE', '--live and --reference cannot both be stdin', {
      hint: 'save one of them to a file',
    });
  return withScratchFolder('drift', async (folder) => {
    const read = (table: TableInput, what: string): Promise<TableData> =>
      readColumns(table, {
        types: input.judge.types,
        folder,
        signal: registry.signal,
        onRead: ({ rows }) => input.onProgress?.({ what: `reading ${what}`, done: rows, total: 0 }),
      });
    const before: ReferenceTable = stored ?? (await read(reference as TableInput, 'the reference'));
    try {
      const after = await read(live, 'live data');
      try {
        return await compare(registry, record, input, before, after);
      } finally {
        after.close();
      }
    } finally {
      before.close();
    }
  });
}

async function compare(
  registry: Registry,
  record: VersionRecord,
  input: DriftInput,
  before: ReferenceTable,
  after: TableData,
): Promise<DriftResult> {
  const { target, judge, share: shareThreshold, save } = input;
  for (const [table, flag] of [
    [before, '--reference'],
    [after, '--live'],
  ] as const)
    if (table.rows === 0)
      throw new MlregError('INVALID_INPUT', `the file of ${flag} has no rows`, {
        hint: 'pass a file with rows',
      });
  const inputs = modelInputs(record, before, after, target, input);
  const names = inputs !== null && 'names' in inputs ? inputs.names : null;
  const judged = await judgeTables(before, after, {
    ...judge,
    inputs: names,
    without: new Map((before.redacted ?? []).map((name) => [name, 'redacted in the profile'])),
    onColumn: (done, total) => input.onProgress?.({ what: 'comparing columns', done, total }),
  });
  const findings = [...unknownInputs(inputs, judged), ...judged.findings].sort(
    (one, other) => Number(other.serious) - Number(one.serious),
  );
  const judgedColumns = judged.columns.length;
  const driftedColumns = judged.columns.filter(({ drifted }) => drifted).length;
  const share = judgedColumns === 0 ? null : driftedColumns / judgedColumns;
  const datasetDrift = share !== null && share >= shareThreshold;
  const report: DriftReport = {
    reference: {
      kind: before.error === undefined ? 'data' : 'profile',
      ...sourceOf(before),
      error: before.error ?? null,
    },
    live: sourceOf(after),
    drifted: datasetDrift || findings.some(({ serious }) => serious),
    datasetDrift,
    driftedColumns,
    judgedColumns,
    share,
    shareThreshold,
    correction: judge.correction,
    bins: String(judge.bins),
    columns: judged.columns,
    skipped: judged.skipped,
    findings,
    inputs: names === null ? null : [...names],
  };
  const saved = save ? await saveDrift(registry, record, report) : null;
  const warnings = judgedColumns === 0 ? ['no column could be compared: see skipped in --json'] : [];
  return {
    ref: formatReference(record.name, record.version),
    name: record.name,
    version: record.version,
    digest: record.artifact.digest,
    ...report,
    saved,
    warnings,
  };
}

/** A reference that is a profile says how far it can be off, and which columns it hides. */
type ReferenceTable = TableData & { error?: number; redacted?: readonly string[] };

/** NOT_FOUND if the version has no profile. */
async function storedReference(registry: Registry, record: VersionRecord): Promise<ReferenceTable> {
  // Only a profile needs them.
  const [{ latestProfile }, { profileColumns }] = await Promise.all([
    import('../profile/stored-profile.ts'),
    import('./columns/profile-columns.ts'),
  ]);
  const found = await latestProfile(registry, record);
  if (found === undefined) throw noReference(record);
  return profileColumns(found.profile);
}

function sourceOf({ file, sha256, rows }: TableData): DriftSource {
  return { file, digest: digestOf(sha256), rows };
}

/**
 * Neither the reference nor what both tables have fills the model's inputs: what the live data
 * lacks may be one of them.
 */
function unknownInputs(inputs: ModelInputs, { findings }: JudgedTables): DriftFinding[] {
  if (inputs === null || 'names' in inputs) return [];
  const serious = findings.some(({ kind }) => kind === 'missing-column');
  const message = `the columns do not fill the model's inputs: ${inputs.problem}`;
  return [{ kind: 'inputs', column: null, message, serious }];
}

function noReference({ name, version }: VersionRecord): MlregError {
  const ref = formatReference(name, version);
  return new MlregError('NOT_FOUND', `${ref} has no stored profile to compare with`, {
    hint: `pass --reference train.csv, or store one: mlreg profile train.csv --model ${ref}`,
  });
}
