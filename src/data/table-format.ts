import { basename } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** The form of a table's rows. `jsonl`: one JSON object a line, also called NDJSON. */
export type TableFormat = 'csv' | 'tsv' | 'jsonl' | 'parquet';
export type Compression = 'none' | 'gzip' | 'zstd';

/** How the bytes of a table are to be read or written. */
export interface TableKind {
  format: TableFormat;
  compression: Compression;
}

const formatOf: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
};
const compressionOf: Readonly<Record<string, Compression>> = { gz: 'gzip', zst: 'zstd' };
const ending = /(?:^|\.)(csv|tsv|jsonl|ndjson|parquet)(?:\.(gz|zst))?$/i;

/** The endings that a name may have, as text for messages and help. */
export const tableEndings = '.csv, .tsv, .jsonl, .ndjson or .parquet; all but Parquet also with .gz or .zst';
/** What `--input-format` and `--output-format` take. */
export const tableKindWords = 'csv, tsv, jsonl or parquet; csv.gz, csv.zst and so on if compressed';

/** The kind that a word such as `csv` or `jsonl.gz` names. USAGE, naming `flag`, for another. */
export function parseTableKind(flag: string, word: string): TableKind {
  // The whole word is an ending.
  const kind = ending.exec(word)?.[0] === word && !word.startsWith('.') ? kindIn(word) : undefined;
  if (kind !== undefined) return kind;
  throw new MlregError('USAGE', `invalid ${flag} ${quote(word)}`, { hint: `use ${tableKindWords}` });
}

/** The kind that the end of a file's name tells. INVALID_INPUT, naming the endings, if it is none. */
export function tableKindOf(path: string, flag: string): TableKind {
  const name = basename(path);
  const kind = kindIn(name);
  if (kind !== undefined) return kind;
  throw new MlregError('INVALID_INPUT', `the name ${quote(name)} does not tell the format of the table`, {
    hint: `name it ${tableEndings}; or say it: ${flag} csv`,
  });
}

function kindIn(name: string): TableKind | undefined {
  const [, form = '', packed = ''] = ending.exec(name) ?? [];
  const format = formatOf[form.toLowerCase()];
  if (format === undefined || (format === 'parquet' && packed !== '')) return undefined;
  return { format, compression: compressionOf[packed.toLowerCase()] ?? 'none' };
}

/** As a user would write it: `csv`, `tsv.gz`. */
export function tableKindWord({ format, compression }: TableKind): string {
  return { none: format, gzip: `${format}.gz`, zstd: `${format}.zst` }[compression];
}

/** First bytes that tell what a file is, whatever its name; the text ones are byte order marks. */
const magics: readonly { bytes: readonly number[]; what: string; hint?: string }[] = [
  { bytes: [0x1f, 0x8b], what: 'gzip' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd' },
  { bytes: [0x50, 0x41, 0x52, 0x31], what: 'parquet' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive, as .xlsx files are', hint: 'export it as CSV' },
  { bytes: [0x42, 0x5a, 0x68], what: 'bzip2', hint: 'decompress it first: bzip2 -dc FILE | mlreg …' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'xz', hint: 'decompress it first: xz -dc FILE | mlreg …' },
  { bytes: [0xff, 0xfe], what: 'UTF-16', hint: 'convert it: iconv -f UTF-16 -t UTF-8' },
  { bytes: [0xfe, 0xff], what: 'UTF-16', hint: 'convert it: iconv -f UTF-16 -t UTF-8' },
];

/**
 * Compares the first bytes of a table, as stored, with its kind. INVALID_INPUT if they are of
 * another kind: `what` names the table in the message, `flag` the option that corrects it.
 */
export function checkFirstBytes(kind: TableKind, bytes: Uint8Array, what: string, flag: string): void {
  const wanted = kind.compression === 'none' ? kind.format : kind.compression;
  const found = magics.find((magic) => magic.bytes.every((byte, at) => bytes[at] === byte));
  if (found?.what === wanted || bytes.length === 0) return;
  const says = tableKindWord(kind);
  if (found === undefined) {
    if (!['gzip', 'zstd', 'parquet'].includes(wanted)) return;
    throw new MlregError('INVALID_INPUT', `${what} is not ${wanted}, although its format is ${says}`, {
      hint: `if it is text, say its format: ${flag} ${kind.format === 'parquet' ? 'csv' : kind.format}`,
    });
  }
  const packed = { gzip: `${kind.format}.gz`, zstd: `${kind.format}.zst`, parquet: 'parquet' }[found.what];
  throw new MlregError('INVALID_INPUT', `${what} is ${found.what}, although its format is ${says}`, {
    hint: found.hint ?? `say its format: ${flag} ${packed}`,
  });
}
