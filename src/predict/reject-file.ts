import { basename, dirname } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { startOutputFile } from '../files/output-file.ts';
import { refuseSameFiles } from '../files/path-guards.ts';
import { refuseOwnFolder, type Registry } from '../registry/registry.ts';
import type { TableOptions } from './run-table.ts';
import type { GivenFile } from './child/table-job.ts';
import type { MaxRejects } from './max-rejects.ts';

/** What becomes of rows that cannot be predicted. */
export interface RejectOptions {
  /** A file for them, by its absolute path; absent: the first one ends the run. */
  reject?: string | undefined;
  maxRejects?: MaxRejects | undefined;
  /** Replace existing files. */
  force?: boolean | undefined;
}

/** The file of rejected rows while it is written. */
export interface RejectFile {
  /** For the child; null: nobody takes rejected rows. */
  file: GivenFile | null;
  /** Gives it its name. */
  finish(): Promise<void>;
  /** Gives it its name if the run ended because of too many rows, so that one can see which. */
  failed: (error: unknown) => Promise<void>;
  /** Without effect once it has its name. */
  discard(): Promise<void>;
}

/** USAGE for a limit without a file; rejects as `startOutputFile`. */
export async function startRejects(
  { reject, maxRejects, force }: RejectOptions,
  signal: AbortSignal | undefined,
): Promise<RejectFile> {
  if (reject === undefined) {
    if (maxRejects !== undefined) throw needsReject();
    const nothing = (): Promise<void> => Promise.resolve();
    return { file: null, finish: nothing, failed: nothing, discard: nothing };
  }
  const output = await startOutputFile(reject, force === true, '--reject', signal);
  return {
    file: { descriptor: output.descriptor, what: reject },
    finish: () => output.finish(),
    failed: async (error) => {
      if (isTooMany(error)) await output.finish();
    },
    discard: () => output.discard(),
  };
}

/** Opens the file of rejected rows for a run, which finishes it. */
export async function withRejects<Result>(
  registry: Registry,
  { table, reject, maxRejects, force }: RejectOptions & Pick<TableOptions, 'table'>,
  run: (rejects: RejectFile) => Promise<Result>,
): Promise<Result> {
  await refuseSameFiles([
    ['--data', table.path],
    ['--reject', reject ?? null],
  ]);
  if (reject !== undefined) await refuseOwnFolder(registry, dirname(reject), [basename(reject)]);
  const rejects = await startRejects({ reject, maxRejects, force }, registry.signal);
  try {
    return await run(rejects);
  } catch (error) {
    await rejects.failed(error);
    throw error;
  } finally {
    await rejects.discard();
  }
}

function isTooMany(error: unknown): boolean {
  return error instanceof MlregError && error.details?.['rejected'] !== undefined;
}

function needsReject(): MlregError {
  return new MlregError('USAGE', '--max-rejects needs --reject: without it, the first bad row ends the run', {
    hint: 'say where rejected rows go: --reject FILE',
  });
}
