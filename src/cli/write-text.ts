import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

/**
 * Writes a result into a file that was named with `flag`. CONFLICT where a file is there already and may not be replaced; STORAGE where it
 * cannot be written.
 */
export async function writeText(
  path: string,
  text: string,
  { flag, replace }: { flag: string; replace: boolean },
): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(path, text, { flag: replace ? 'w' : 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new MlregError('CONFLICT', `${quote(path)} is there already; nothing was written`, {
        hint: 'replace it with --force, or name another file',
      });
    }
    throw new MlregError('STORAGE', `could not write ${quote(path)}: ${code ?? message}`, {
      hint: `name another file with ${flag} FILE`,
      cause,
    });
  }
}
