import { parseVersion } from '../../core/versions/version.ts';
import type { NumberRequest } from '../../storage/versions.ts';
import { notTogether } from './options.ts';

export interface NumberOptions {
  version?: string;
  bump?: 'auto' | 'major' | 'minor' | 'patch';
}

/** The number that `--version` or `--bump` asks for; undefined without them. USAGE with both. */
export function numberRequest({ version, bump }: NumberOptions): NumberRequest | undefined {
  if (version !== undefined && bump !== undefined) throw notTogether('--version', '--bump');
  if (version !== undefined) return { kind: 'exact', version: parseVersion(version) };
  if (bump === undefined) return undefined;
  return bump === 'auto' ? { kind: 'auto' } : { kind: 'bump', level: bump };
}
