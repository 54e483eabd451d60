import { MlregError } from '../core/errors.ts';

/** As package.json says in `engines`, and the launcher of the command checks. */
const oldest = [22, 18] as const;

/** USAGE on a Node that better-sqlite3 would take down, without a word. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new MlregError('USAGE', `mlreg needs Node ${oldest.join('.')} or newer, but this is ${version}`, {
    hint: 'install a current Node',
  });
}
