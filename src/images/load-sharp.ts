import { MlregError } from '../core/errors.ts';

export type Sharp = typeof import('sharp').default;

/**
 * Loads sharp, 20 MB of native code, which only images need. NOT_FOUND, saying what to install, if it
 * is not there or does not load.
 */
export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const why = (cause as Error).message.trim().split('\n', 1)[0] ?? '';
    throw new MlregError('NOT_FOUND', `images need sharp, which is not installed or failed to load: ${why}`, {
      hint: 'npm install sharp  (npm install -g sharp if mlreg was installed with -g)',
      cause,
    });
  }
}
