import { closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '../../../core/text/quote.ts';
import { isErrno } from '../blobs/fs-errors.ts';

/**
 * The parts of a registry that git must not see. The folder itself may be a project's, after `mlreg
 * init .`
 */
const ignored = [
  '/registry.json',
  '/mlreg.db*',
  '/head',
  '/blobs/',
  '/tmp/',
  '/trash/',
  '/quarantine/',
  '/predictions/',
];

/**
 * A registry inside of a git work tree must not be committed by accident: makes its .gitignore, or
 * adds the missing lines to it. Returns warnings if it cannot be written, with the lines to add by
 * hand.
 */
export function keepOutOfGit(home: string): string[] {
  const path = join(home, '.gitignore');
  try {
    writeFileSync(path, ['/.gitignore', ...ignored, ''].join('\n'), { flag: 'wx' });
    return [];
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  let missing = ignored;
  try {
    const text = readFileSync(path, 'utf8');
    missing = missingLines(text);
    if (missing.length > 0) append(path, text, missing);
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      `could not update ${quote(path)} (${why}), so git may commit the registry: add the lines ${missing.join(' ')}`,
    ];
  }
}

function missingLines(text: string): string[] {
  const lines = new Set(text.split('\n').map((line) => line.trim()));
  // Everything here is already ignored, except names that are not the registry's.
  const exceptions = [...lines].filter((line) => line.startsWith('!'));
  if (['*', '/*', '**', '/**'].some((line) => lines.has(line)) && exceptions.every(isOther)) return [];
  return ignored.filter((line) => ![line, line.slice(1)].some((form) => lines.has(form)));
}

/** Whether an exception, such as `!README.md`, is a plain name that a registry does not have. */
function isOther(exception: string): boolean {
  const name = /^!\/?([\w.-]+)$/.exec(exception)?.[1];
  const isOurs = ignored.some((line) => line.replaceAll(/[/*]/g, '') === name);
  return name !== undefined && !isOurs && !name.startsWith('mlreg.db');
}

/** Appends in one write, since the file may be the user's. A symbolic link is left alone. */
function append(path: string, text: string, lines: readonly string[]): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    const newline = text === '' || text.endsWith('\n') ? '' : '\n';
    writeSync(file, `${newline}${lines.join('\n')}\n`);
  } finally {
    closeSync(file);
  }
}

/**
 * Ignores a file that earlier versions did not make, if the .gitignore ignores those that they
 * made.
 */
export function addToGitIgnore(home: string, line: string): void {
  const path = join(home, '.gitignore');
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('/mlreg.db*') && missingLines(text).includes(line)) append(path, text, [line]);
  } catch (error) {
    // If the user removed the file or made it read-only, git status shows them the new file.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
