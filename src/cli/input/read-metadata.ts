import { basename, extname, resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import {
  checkMetadata,
  isDataHash,
  maxMetadataBytes,
  parseMetadata,
  type DataEntry,
  type Metadata,
} from '../../core/metadata/metadata.ts';
import { parseParamValue } from '../../core/metadata/metadata-words.ts';
import { quote, shellWord } from '../../core/text/quote.ts';
import { hashData, refuseUri } from '../../registry/register/data-hash.ts';
import type { RegisterInput } from '../../registry/register/register.ts';
import { toLeftOut } from '../../registry/register/register-result.ts';
import { pairsToRecord, type Pair } from '../options/options.ts';
import { readDescription, type DescriptionFlags } from './read-description.ts';
import { readInput, refuseSharedInput, type InputSource } from './read-input.ts';
import { readMetrics, type MetricFlags } from './read-metrics.ts';
import { guessWord } from '../usage-error.ts';

const small = 'store large data as a file of the artifact';

export interface MetadataFlags extends DescriptionFlags, MetricFlags {
  metadata?: string;
  param?: Pair[];
  tag?: Pair[];
  data?: string[];
  dataHash?: string[];
  dataUri?: string[];
  followLinks?: boolean;
  parent?: string[];
  run?: string;
}

type Hashed = NonNullable<RegisterInput['hashed']>;

/**
 * The metadata from the file and the flags; a flag overrides the file. Data files are hashed here,
 * and the findings are reported; `files` has their absolute paths by their names.
 */
export async function readMetadata(
  flags: MetadataFlags,
  source: InputSource,
): Promise<{ metadata: Metadata; hashed: Hashed; files: Map<string, string> }> {
  const { cwd, signal } = source;
  const { metadata: named, metricsFile = [], descriptionFile } = flags;
  refuseSharedInput({
    '--metadata': named === undefined ? [] : [named],
    '--metrics-file': metricsFile,
    '--description-file': descriptionFile === undefined ? [] : [descriptionFile],
  });
  const file = await readMetadataFile(named, source);
  const description = await readDescription(flags, source);
  const { param = [], tag = [], parent, run } = flags;
  const hashed: Hashed = { leftOut: [], warnings: [] };
  const files = new Map<string, string>();
  const merged = {
    ...file,
    metrics: { ...file.metrics, ...(await readMetrics(flags, source)) },
    params: { ...file.params, ...pairsToRecord(param, parseParamValue) },
    tags: { ...file.tags, ...pairsToRecord(tag, (value) => value) },
    data: await mergeData(file.data ?? [], flags, cwd, signal, { ...hashed, files }),
    ...(description === undefined ? {} : { description }),
    ...(parent === undefined ? {} : { parents: parent }),
    ...(run === undefined ? {} : { run }),
  };
  const metadata = checkMetadata(merged, 'the metadata');
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length;
  if (bytes <= maxMetadataBytes) return { metadata, hashed, files };
  throw new MlregError('INVALID_INPUT', `the metadata has ${bytes} bytes; the limit is ${maxMetadataBytes}`, {
    hint: 'store large data as a file of the artifact',
  });
}

async function readMetadataFile(metadata: string | undefined, source: InputSource): Promise<Metadata> {
  if (metadata === undefined) return {};
  const limits = { maxBytes: maxMetadataBytes, whatIsLarge: small };
  const { text, what } = await readInput('--metadata', metadata, source, limits);
  return parseMetadata(text, what, guessWord);
}

/**
 * Merges `--data train=train.csv`, `--data-hash train=sha256:…` and `--data-uri train=s3://…` into
 * one entry per name.
 */
async function mergeData(
  fromFile: DataEntry[],
  flags: MetadataFlags,
  cwd: string,
  signal: AbortSignal,
  hashed: Hashed & { files: Map<string, string> },
): Promise<DataEntry[]> {
  const entries = new Map(fromFile.map((entry) => [entry.name, entry]));
  const given = new Map<string, Partial<DataEntry>>();
  const say = (name: string, fact: Partial<DataEntry>): void => {
    const before = given.get(name) ?? {};
    const twice = Object.keys(fact).find((key) => key in before);
    if (twice !== undefined)
      throw new MlregError('INVALID_INPUT', `duplicate ${twice} for data ${quote(name)}`, {
        hint: 'use a different name for each data set: --data NAME=PATH',
      });
    given.set(name, { ...before, ...fact });
  };
  for (const text of flags.data ?? []) {
    const { name, value } = splitName(text);
    if (value === '')
      throw new MlregError('USAGE', '--data is empty', {
        hint: 'pass a path: --data train=train.csv (is a shell variable unset?)',
      });
    refuseUri(value, `--data ${quote(text)}`, `--data-uri ${shellWord(text)}`);
    const found = await hashData(resolve(cwd, value), { followLinks: flags.followLinks, signal });
    const called = name ?? basename(value, extname(value));
    say(called, { hash: found.hash, size: found.size });
    hashed.files.set(called, resolve(cwd, value));
    hashed.leftOut.push(...toLeftOut(`data ${called}`, found.leftOut));
    hashed.warnings.push(...found.warnings.map((warning) => `data ${quote(called)}: ${warning}`));
  }
  for (const text of flags.dataHash ?? []) {
    const { name, value } = splitName(text);
    if (!isDataHash(value))
      throw new MlregError('INVALID_INPUT', `invalid --data-hash ${quote(text)}`, {
        hint: 'use sha256: with 64 hex digits, md5: with 32, or git: with 40 or 64, in lower case',
      });
    say(name ?? 'data', { hash: value });
  }
  const only = given.size === 1 ? [...given.keys()][0] : undefined;
  for (const text of flags.dataUri ?? []) {
    const { name, value } = splitName(text);
    if (value === '')
      throw new MlregError('USAGE', '--data-uri is empty', {
        hint: 'pass a URI: --data-uri train=s3://bucket/train.csv (is a shell variable unset?)',
      });
    say(name ?? only ?? 'data', { uri: value });
  }
  for (const [name, facts] of given) {
    // A new hash means new bytes: the size in the file belongs to the old ones.
    const { size: _size, ...kept } = entries.get(name) ?? { name };
    entries.set(name, { ...(facts.hash === undefined ? entries.get(name) : kept), name, ...facts });
  }
  return [...entries.values()];
}

function splitName(text: string): { name?: string; value: string } {
  const parts = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)$/s.exec(text);
  return parts === null ? { value: text } : { name: parts[1] ?? '', value: parts[2] ?? '' };
}
