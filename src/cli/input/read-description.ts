import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { maxMetadataBytes } from '../../core/metadata/metadata.ts';
import { quote } from '../../core/text/quote.ts';
import { notTogether } from '../options/options.ts';
import { readInput, type InputSource } from './read-input.ts';

export interface DescriptionFlags {
  description?: string | undefined;
  descriptionFile?: string | undefined;
}

/** The description from the command line, a file or stdin. USAGE if two of them are given. */
export async function readDescription(
  { description, descriptionFile: file }: DescriptionFlags,
  source: InputSource,
): Promise<string | undefined> {
  if (file === undefined) return description;
  if (description !== undefined) {
    throw notTogether('a description', '--description-file');
  }
  const limits = { maxBytes: maxMetadataBytes, whatIsLarge: 'store long text as a file of the artifact' };
  return (await readInput('--description-file', file, source, limits)).text;
}

/** Earlier versions read `@FILE` as a file: warns if they would have done so here. */
export async function warnOfAtSign({ description = '' }: DescriptionFlags, cwd: string): Promise<string[]> {
  const file = /^@(.+)$/s.exec(description)?.[1];
  if (file === undefined) return [];
  const found = await stat(resolve(cwd, file)).catch(() => undefined);
  return found?.isFile() === true
    ? [
        `using ${quote(description)} as the description; to use the content of the file: --description-file ${quote(file)}`,
      ]
    : [];
}
