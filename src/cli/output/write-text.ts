import type { Registry } from '../../registry/registry.ts';

/**
 * Writes a result into the file given with `flag`: see `placeText`. INVALID_INPUT for a file inside
 * the registry.
 */
export async function writeText(
  registry: Registry,
  path: string,
  text: string,
  options: { flag: string; replace: boolean },
): Promise<void> {
  const [{ refuseOwnFolder }, { placeText }] = await Promise.all([
    import('../../registry/registry.ts'),
    import('../../files/place-text.ts'),
  ]);
  await refuseOwnFolder(registry, path, ['.']);
  await placeText(path, text, options);
}
