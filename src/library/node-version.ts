import { MlregError } from '../core/errors.ts';

/** The minimum in the `engines` of package.json, which the command's launcher checks. */
const oldest = [22, 18] as const;

/** USAGE on a Node version on which better-sqlite3 would crash without a message. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new MlregError('USAGE', `mlreg needs Node ${oldest.join('.')} or newer, but this is ${version}`, {
    hint: 'install a current Node',
  });
}
