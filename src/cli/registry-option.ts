import { isAbsolute, relative } from 'node:path';
import { shellWord } from '../core/text/quote.ts';
import { namedHome, nearestHome } from '../defaults/find-home.ts';

/** What names the registry `home` in a command that is typed in `cwd`, with a blank before it; empty where the command finds it. */
export function registryOption(home: string, env: NodeJS.ProcessEnv, cwd: string): string {
  if ((namedHome(undefined, env, cwd) ?? nearestHome(cwd)) === home) return '';
  const path = relative(cwd, home);
  const isBelow = path !== '' && !path.startsWith('..') && !isAbsolute(path);
  return ` --registry ${shellWord(isBelow ? path : home)}`;
}
