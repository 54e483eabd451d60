import { basename, dirname } from 'node:path';
import type { Registry } from '../../registry/registry.ts';

/**
 * Begins the file of `flag`, so that it is known that it can be written before anything is measured,
 * stored or done: see `startOutputFile`. INVALID_INPUT for a file inside the registry.
 */
export async function startReport(
  registry: Registry,
  path: string,
  { flag, replace }: { flag: string; replace: boolean },
) {
  const [{ startOutputFile }, { refuseOwnFolder }] = await Promise.all([
    import('../../files/output-file.ts'),
    import('../../registry/registry.ts'),
  ]);
  await refuseOwnFolder(registry, dirname(path), [basename(path)]);
  return startOutputFile(path, replace, flag, registry.signal);
}
