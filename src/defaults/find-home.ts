import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

/** Where the registry is: the folder that was given, else MLREG_REGISTRY, else the nearest `registry/` in this folder or one above. */
export function findHome(given: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string {
  const home = namedHome(given, env, cwd) ?? nearestHome(cwd);
  if (home !== undefined) return home;
  throw new MlregError('NOT_FOUND', `there is no registry in ${quote(cwd)} or above it`, {
    hint: 'make one with: mlreg init (or name one: --registry DIR, MLREG_REGISTRY=DIR)',
  });
}

/** The nearest `registry/` that holds a registry, in this folder or one above. */
export function nearestHome(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const home = join(folder, 'registry');
    if (existsSync(join(home, 'registry.json'))) return home;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The registry that was given or that MLREG_REGISTRY names, if any. */
export function namedHome(
  given: string | undefined,
  env: NodeJS.ProcessEnv,
  cwd: string,
): string | undefined {
  const named = given ?? (env['MLREG_REGISTRY'] || undefined);
  if (named === undefined) return undefined;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(named)) {
    throw new MlregError('USAGE', `${quote(named)} is a URL; a registry is a folder`, {
      hint: 'give a path: --registry DIR',
    });
  }
  return resolve(cwd, named);
}
