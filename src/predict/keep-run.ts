import { MlregError } from '../core/errors.ts';
import { counted } from '../core/text/numbers.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { localFolder, type Registry } from '../registry/registry.ts';
import type { CollectedBlock } from './collected-rows.ts';
import type { ColumnChoice } from './columns/column-choice.ts';
import { keptRows } from './kept-rows.ts';

/** That predictions are kept, with the cells of a column as their keys. */
export interface KeepOptions {
  key: ColumnChoice;
  /** For how long, in milliseconds. Default: `defaultKeepMs`. */
  forMs?: number | undefined;
}

/** Labels of a quarter come within the next. */
const defaultKeepMs = 90 * 24 * 3600e3;

/** What was kept, for the result. */
export interface Kept {
  /** The name of the column of keys. */
  key: string;
  keys: number;
  /** Rows whose key came again: the last of them counts. */
  duplicates: number;
  /** Rows without a key. */
  missing: number;
  /** Until when, epoch milliseconds. */
  until: number;
}

export interface RunKeeper {
  add(block: CollectedBlock): void;
  /** Keeps all rows that were added, durably. Rejects if one could not be added. */
  complete(run: {
    record: VersionRecord;
    data: Digest;
    /** How many rows were predicted. */
    rows: number;
    shard: string | null;
  }): Promise<Kept>;
  /** Keeps nothing, also after it was completed. Never rejects. */
  discard(): Promise<void>;
}

/** Begins to keep a run. USAGE if the registry is in no local folder, STORAGE if it is read-only. */
export async function keepRun(registry: Registry, { key, forMs }: KeepOptions): Promise<RunKeeper> {
  if (registry.unwritable !== undefined) {
    throw new MlregError('STORAGE', `predictions cannot be kept: ${registry.unwritable}`, {
      hint: 'omit --keep, or use a registry on a writable disk: --registry DIR',
    });
  }
  const store = await localFolder(registry, '--keep').predictions();
  const draft = await store.begin();
  let failure: unknown;
  return {
    add(block) {
      if (failure !== undefined) return;
      try {
        draft.add(keptRows(block));
      } catch (error) {
        failure = error;
      }
    },
    async complete({ record, data, rows, shard }) {
      if (failure !== undefined) throw failure;
      const at = registry.now();
      const until = at + (forMs ?? defaultKeepMs);
      const name = typeof key === 'string' ? key : key.name;
      const { name: model, version } = record;
      const { keys, duplicates } = await draft.complete({
        model,
        version,
        data,
        key: name,
        shard,
        at,
        until,
      });
      await store.prune({ now: at, look: false });
      return { key: name, keys, duplicates, missing: rows - keys - duplicates, until };
    },
    discard: () => draft.discard(),
  };
}

/** What a user has to know of keys that do not name one row each. */
export function keyWarnings({ key, duplicates, missing }: Kept): string[] {
  return [
    ...(missing > 0 ? [`${counted(missing, 'row')} without a key in ${key}: not kept`] : []),
    ...(duplicates > 0
      ? [`${counted(duplicates, 'row')} with a key in ${key} that comes again: the last one is kept`]
      : []),
  ];
}
