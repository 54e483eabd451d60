import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

/** Characters that some systems cannot have in a file name. */
const forbidden = /[\u0000-\u001f\u007f]/;

/**
 * Checks the relative, `/`-separated paths of an artifact's files: none leaves the folder, none is
 * malformed, none appears twice, none is both a file and a folder, and no two are the same name on
 * a file system that ignores case or Unicode form. INVALID_INPUT names the path.
 */
export function checkArtifactPaths(paths: readonly string[]): void {
  const folded = new Map<string, string>();
  const files = new Set<string>();
  for (const path of paths) {
    const problem = files.has(path) ? 'it appears twice' : findProblem(path);
    if (problem !== undefined) throw refuse(path, problem);
    files.add(path);
  }
  for (const path of paths) {
    for (const name of withFolders(path)) {
      if (name !== path && files.has(name)) throw refuse(path, `its parent ${quote(name)} is a file`);
      const key = caseless(name);
      const other = folded.get(key);
      if (other !== undefined && other !== name) {
        throw refuse(path, `it differs from ${quote(other)} only in case or Unicode form`);
      }
      folded.set(key, name);
    }
  }
}

function findProblem(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > 1024) return `it has ${path.length} characters; the limit is 1024`;
  if (path.includes('\\')) return 'it contains a backslash';
  if (forbidden.test(path)) return 'it contains a control character';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[a-zA-Z]:/.test(path)) return 'it looks like a Windows drive';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'it contains an empty, "." or ".." part';
  return undefined;
}

/** The path and every folder above it: `A/x` and `a/y` collide although the files do not. */
function withFolders(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * Upper case finds more names equal than lower case does: lower case keeps `ς` and `σ` apart, and
 * `ß` and `ss`.
 */
function caseless(name: string): string {
  return name.normalize('NFC').toUpperCase().normalize('NFC');
}

function refuse(path: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `invalid path ${quote(path)} in the artifact: ${why}`, {
    hint: 'rename it and register again',
  });
}
