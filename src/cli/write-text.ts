import { randomUUID } from 'node:crypto';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * Writes a result into a file that was named with `flag`; one that is replaced has the old text until the new one is whole. INVALID_INPUT for
 * a file within the registry, CONFLICT where a file is there already and may not be replaced; STORAGE where it cannot be written.
 */
export async function writeText(
  registry: Registry,
  path: string,
  text: string,
  { flag, replace }: { flag: string; replace: boolean },
): Promise<void> {
  const [{ refuseOwnFolder }, { asTargetError }, { lstat, rename, rm, writeFile }] = await Promise.all([
    import('../registry/keep-apart.ts'),
    import('../registry/target-error.ts'),
    import('node:fs/promises'),
  ]);
  await refuseOwnFolder(registry, path, ['.']);
  const draft = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const there = await lstat(path).catch(() => undefined);
    if (!replace || there === undefined) await writeFile(path, text, { flag: 'wx' });
    // A pipe or a device is written to, and what a link points at.
    else if (!there.isFile()) await writeFile(path, text);
    else {
      await writeFile(draft, text, { flag: 'wx', mode: there.mode });
      await rename(draft, path);
    }
  } catch (cause) {
    // It may not even have a place to be.
    await rm(draft, { force: true }).catch(() => undefined);
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new MlregError('CONFLICT', `${quote(path)} is there already; nothing was written`, {
        hint: 'replace it with --force, or name another file',
      });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new MlregError('NOT_FOUND', `the folder of ${quote(path)} is not there`, {
        hint: 'make it first',
        cause,
      });
    }
    throw asTargetError(cause, path, `name another file with ${flag} FILE`);
  }
}
