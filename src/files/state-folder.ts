import { accessSync, constants, statSync } from 'node:fs';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Makes a folder the one for temporary files of this process, and of those that it starts. Nothing in
 * it is needed after they ended; what killed processes left is removed by the next. STORAGE if it
 * cannot be made or written, INVALID_INPUT if others could replace what is in it.
 */
export async function useStateFolder(path: string): Promise<void> {
  try {
    await makeFolder(path, 0o700);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new MlregError('STORAGE', `cannot use ${quote(path)} for --state: ${(cause as Error).message}`, {
      hint: 'name a folder that this user may write to',
      cause,
    });
  }
  const { mode } = statSync(path);
  // The sticky bit keeps others from renaming what is not theirs, as in /tmp.
  if (process.platform !== 'win32' && (mode & 0o022) !== 0 && (mode & 0o1000) === 0)
    throw new MlregError(
      'INVALID_INPUT',
      `others may write to ${quote(path)}, and replace the models that are served from it`,
      { hint: `chmod go-w ${path}` },
    );
  // What Node's tmpdir() reads, on each system.
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = path;
}
