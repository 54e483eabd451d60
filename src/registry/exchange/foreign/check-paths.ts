import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { checkArtifactPaths } from '../../../core/versions/artifact.ts';
import { leftOutNames } from '../../../files/left-out.ts';

const hint =
  'get its files with the tool that made it, remove or rename this one, and register them: mlreg register NAME DIR';

/** Controls, line separators, and format characters: they hide or reorder the rest of a name. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const leftOut = new Set(leftOutNames.map((name) => name.toUpperCase()));

/** Whether `register` leaves this file out of a folder because of its name. */
export function isLeftOut(path: string): boolean {
  return path.split('/').some((part) => leftOut.has(part.toUpperCase()));
}

/**
 * What the paths of another tool's artifact may not be, beyond those of any artifact: `pull` writes
 * them into folders of other people. INVALID_INPUT names the path.
 */
export function checkForeignPath(path: string): void {
  const why = problemOf(path);
  if (why === undefined) return;
  throw new MlregError(
    'INVALID_INPUT',
    `invalid path ${quote(path)} in the artifact: ${why}; nothing was imported`,
    { hint },
  );
}

/** As `checkArtifactPaths`, with a hint for somebody who imports. */
export function checkForeignPaths(paths: readonly string[]): void {
  checkArtifactPaths(paths, hint);
}

function problemOf(path: string): string | undefined {
  if (invisible.test(path)) return 'it contains a control or format character';
  if (path.split('/').some(isGit)) return 'git takes it for a repository or its settings';
  if (isLeftOut(path)) return 'mlreg registers no file or folder of this name';
  return path === '.mlregignore' ? 'it is a setting of mlreg register, not part of a model' : undefined;
}

/**
 * Names that are `.git` on some system: Windows ignores case, dots and spaces at the end, and what
 * follows a colon, and knows the folder as `git~1`, too.
 */
function isGit(part: string): boolean {
  const [name = ''] = part.toUpperCase().split(':');
  return /^(?:\.GIT|GIT~1)[. ]*$/.test(name);
}
