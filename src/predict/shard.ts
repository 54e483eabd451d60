import { createHash } from 'node:crypto';
import { createReadStream, writeSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { quote, shellWord } from '../core/text/quote.ts';
import { digestOf, type Digest } from '../core/versions/artifact.ts';
import { type TableKind, tableKindWord } from '../data/table-format.ts';
import { startOutputFile } from '../files/output-file.ts';
import type { PredictInput } from './predict.ts';
import type { PredictResult } from './predict-result.ts';
import type { TableInput } from './run-table.ts';

/** One of `of` parts of a table, counted from 1. */
export interface Shard {
  index: number;
  of: number;
}

const placeholder = '{shard}';
const mostShards = 100_000;

/** Parses `2/4`. USAGE for anything else. */
export function parseShard(text: string): Shard {
  const [, first = '', second = ''] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const [index, of] = [Number(first), Number(second)];
  if (first !== '' && index >= 1 && index <= of && of <= mostShards) return { index, of };
  throw new MlregError('USAGE', `invalid shard ${quote(text)}: expected I/N with 1 ≤ I ≤ N ≤ ${mostShards}`, {
    hint: 'the first of four parts: --shard 1/4',
  });
}

export function shardText({ index, of }: Shard): string {
  return `${index}/${of}`;
}

/**
 * The name of a part's file, in which `{shard}` stands for its number, with as many digits as the
 * last one, so that names sort. USAGE without it: parts would replace each other.
 */
export function shardPath(path: string, { index, of }: Shard, flag: string): string {
  if (path.includes(placeholder))
    return path.replaceAll(placeholder, String(index).padStart(String(of).length, '0'));
  throw new MlregError('USAGE', `with --shard, the name of ${flag} needs ${placeholder}: ${quote(path)}`, {
    hint: `${flag} ${shellWord(join(dirname(path), basename(path).replace(/(?=\.)|$/, `-${placeholder}`)))}`,
  });
}

/** USAGE for a table that cannot be read from the middle, or by several processes. */
export function refuseUnsharded({ path }: TableInput, { format, compression }: TableKind): void {
  const what =
    path === null
      ? 'stdin has no size'
      : compression !== 'none'
        ? `${tableKindWord({ format, compression })} can only be read from its start`
        : undefined;
  if (what === undefined) return;
  throw new MlregError('USAGE', `--shard needs an uncompressed file: ${what}`, {
    hint: path === null ? 'write it to a file that every part can read' : 'decompress the table first',
  });
}

type PartVersion = Pick<PredictResult, 'name' | 'version' | 'digest'>;

/** What makes two runs of a part the same. */
function identityOf(
  input: PredictInput,
  { name, version, digest }: PartVersion,
  table: { size: number; digest: Digest },
): string {
  const { columns, map, exclude, select, onMissing, shard, batch, maxRejects, outputKind, keep } = input;
  const text = canonicalJson({
    version: { name, version, digest },
    table,
    kind: input.table.kind ?? null,
    options: {
      columns: columns ?? null,
      map: [...(map ?? [])],
      exclude: exclude ?? null,
      select: select ?? null,
      onMissing: onMissing ?? null,
      shard: shard === undefined ? null : shardText(shard),
      batch: batch ?? null,
      maxRejects: maxRejects ?? null,
      outputKind: outputKind ?? null,
      rejects: input.reject !== undefined,
      keep: keep?.key ?? null,
    },
  });
  return createHash('sha256').update(text).digest('hex');
}

/** The file beside a part that says how it was made. */
function sidecarOf(output: string): string {
  return `${output}.run.json`;
}

/** What is to be done about a part. */
export interface PartPlan {
  /** The result of an earlier run that made the same part; null: predict it. */
  made: PredictResult | null;
  /** Writes down how the part was made, once it is there. */
  confirm(result: PredictResult): Promise<void>;
}

const schemaVersion = 1;

interface Sidecar {
  schemaVersion: number;
  identity: string;
  /** Bytes of the part. */
  size: number;
  result: PredictResult;
}

/**
 * Looks for a part that an earlier run made. It is trusted only with the file beside it, and if
 * table, version and options are the same; that file is removed before the part is made again, and
 * written after the part has its name. So whatever was interrupted is made again.
 */
export async function planPart(input: PredictInput, output: string, version: PartVersion): Promise<PartPlan> {
  const path = input.table.path ?? '';
  const sidecar = sidecarOf(output);
  const before = input.resume === true ? await readSidecar(sidecar) : undefined;
  const there = await sizeOf(output);
  const rejectsThere = input.reject === undefined || (await sizeOf(input.reject)) !== undefined;
  if (before !== undefined && before.size === there && rejectsThere) {
    const size = (await sizeOf(path)) ?? -1;
    if (size === before.result.input.size) {
      const digest = await digestOfFile(path);
      if (before.identity === identityOf(input, version, { size, digest }))
        return { made: before.result, confirm: () => Promise.resolve() };
    }
  }
  // Otherwise the part is in the way, and stays.
  if (there === undefined || input.force === true) await rm(sidecar, { force: true });
  return {
    made: null,
    async confirm(result) {
      const { size, digest } = result.input;
      const content: Sidecar = {
        schemaVersion,
        identity: identityOf(input, result, { size, digest }),
        size: (await sizeOf(output)) ?? 0,
        result: { ...result, warnings: [] },
      };
      const file = await startOutputFile(sidecar, true, '--output');
      try {
        writeSync(file.descriptor, `${JSON.stringify(content)}\n`);
        await file.finish();
      } finally {
        await file.discard();
      }
    },
  };
}

async function readSidecar(path: string): Promise<Sidecar | undefined> {
  try {
    const sidecar = JSON.parse(await readFile(path, 'utf8')) as Partial<Sidecar> | null;
    const isOurs = sidecar?.schemaVersion === schemaVersion && typeof sidecar.result === 'object';
    return isOurs ? (sidecar as Sidecar) : undefined;
  } catch {
    // Missing, unreadable or cut short: the part is made again.
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() === true ? stats.size : undefined;
}

async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return digestOf(hash.digest('hex'));
}
