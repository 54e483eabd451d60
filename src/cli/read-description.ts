import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { maxMetadataBytes } from '../core/metadata/metadata.ts';
import { quote } from '../core/text/quote.ts';
import { namedPath, notTogether } from './options.ts';
import { readText } from '../files/read-text.ts';

export interface DescriptionFlags {
  description?: string | undefined;
  descriptionFile?: string | undefined;
}

/** The description from the command line or from a file. USAGE if both are given. */
export async function readDescription(
  { description, descriptionFile: file }: DescriptionFlags,
  cwd: string,
): Promise<string | undefined> {
  if (file === undefined) return description;
  if (description !== undefined) {
    throw notTogether('a description', '--description-file');
  }
  const path = resolve(cwd, namedPath('--description-file', file));
  return readText(path, maxMetadataBytes, 'store long text as a file of the artifact');
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
