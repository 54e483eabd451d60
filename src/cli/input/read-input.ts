import { basename, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { readText, readTextFrom } from '../../files/read-text.ts';
import type { Context } from '../context.ts';
import { notTogether, sourcePath } from '../options/options.ts';

/** Stands for standard input in place of a file name. */
const standardInput = '-';

interface Limits {
  maxBytes: number;
  /** What to do about a file that is larger. */
  whatIsLarge: string;
}

/**
 * Where an option's file is read: the folder that paths are relative to, standard input, signals.
 */
export type InputSource = Pick<Context, 'cwd' | 'stdin' | 'signal'>;

/**
 * The text of the file that an option names, or of standard input for `-`, and what to call it in
 * an error. USAGE if standard input is a terminal or empty.
 */
export async function readInput(
  flag: string,
  file: string,
  { cwd, stdin, signal }: InputSource,
  { maxBytes, whatIsLarge }: Limits,
): Promise<{ text: string; what: string }> {
  if (file !== standardInput) {
    const path = resolve(cwd, sourcePath(flag, file));
    return { text: await readText(path, maxBytes, whatIsLarge), what: quote(basename(file)) };
  }
  const stream = stdin();
  if (stream.isTTY) {
    throw new MlregError('USAGE', `${flag} - reads stdin, which is a terminal`, {
      hint: `pipe a file into the command: cat FILE | mlreg …, or name it: ${flag} FILE`,
    });
  }
  const text = await readTextFrom(addAbortSignal(signal, stream), 'stdin', { maxBytes, whatIsLarge });
  if (text.trim() !== '') return { text, what: 'stdin' };
  throw new MlregError('INVALID_INPUT', `stdin is empty, but ${flag} - reads it`, {
    hint: `pipe a file into the command, or name it: ${flag} FILE`,
  });
}

/** USAGE if several options want standard input: the first would leave nothing to the others. */
export function refuseSharedInput(files: Record<string, readonly string[]>): void {
  const [one, other] = Object.entries(files).flatMap(([flag, named]) =>
    named.filter((file) => file === standardInput).map(() => `${flag} -`),
  );
  if (one === undefined || other === undefined) return;
  throw notTogether(one, other, 'stdin can be read once: use a file for one of them');
}
