import { constants } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../core/quote.ts';
import { isErrno } from '../blobs-fs/fs-errors.ts';

/** What of a registry git must not see; the folder itself may be a project's, after `mlreg init .` */
const ignored = ['/registry.json', '/mlreg.db*', '/head', '/blobs/', '/tmp/', '/trash/', '/quarantine/'];

/**
 * A registry made inside of a git work tree must not be committed by accident: makes its .gitignore, or adds the lines that one lacks. Answers
 * warnings: it could not be written, and what to put there by hand.
 */
export async function keepOutOfGit(home: string): Promise<string[]> {
  const path = join(home, '.gitignore');
  try {
    await writeFile(path, ['/.gitignore', ...ignored, ''].join('\n'), { flag: 'wx' });
    return [];
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  let missing = ignored;
  try {
    const text = await readFile(path, 'utf8');
    missing = missingLines(text);
    if (missing.length > 0) await append(path, text, missing);
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      `${quote(path)} could not be completed (${why}): git may commit the registry. Add the lines ${missing.join(' ')}`,
    ];
  }
}

function missingLines(text: string): string[] {
  const lines = new Set(text.split('\n').map((line) => line.trim()));
  // All that is here is ignored already.
  if (['*', '/*', '**', '/**'].some((line) => lines.has(line)) && !/^!/m.test(text)) return [];
  return ignored.filter((line) => ![line, line.slice(1)].some((form) => lines.has(form)));
}

/** One write at the end of the file, which may be somebody's: a link to another file is left alone. */
async function append(path: string, text: string, lines: string[]): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    const newline = text === '' || text.endsWith('\n') ? '' : '\n';
    await file.writeFile(`${newline}${lines.join('\n')}\n`);
  } finally {
    await file.close();
  }
}
