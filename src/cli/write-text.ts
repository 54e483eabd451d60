import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * Writes a result into a file that was named with `flag`. The text is written aside and gets its name when all of it is durable: a full
 * disk or a killed process leaves what was there before, or nothing. INVALID_INPUT for a file within the registry, CONFLICT where a file
 * is there already and may not be replaced; STORAGE where it cannot be written.
 */
export async function writeText(
  registry: Registry,
  path: string,
  text: string,
  { flag, replace }: { flag: string; replace: boolean },
): Promise<void> {
  const [{ refuseOwnFolder }, { asTargetError }, { placeText }] = await Promise.all([
    import('../registry/exchange/keep-apart.ts'),
    import('../files/target-error.ts'),
    import('../files/place-text.ts'),
  ]);
  await refuseOwnFolder(registry, path, ['.']);
  try {
    await placeText(path, text, replace);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new MlregError('CONFLICT', `${quote(path)} already exists; nothing was written`, {
        hint: 'use --force to replace it, or choose another file',
      });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new MlregError('NOT_FOUND', `the folder of ${quote(path)} does not exist`, {
        hint: 'create it first',
        cause,
      });
    }
    throw asTargetError(cause, path, `choose another file with ${flag} FILE`);
  }
}
