import { MlregError } from '../core/errors.ts';
import type { Reference } from '../core/versions/reference.ts';

/**
 * USAGE for a range or `latest`, where a version must be named, not found: what is deleted is gone for good, and they pass by
 * what is yanked.
 */
export function requireOne({ name, selector }: Required<Reference>, verb: 'delete' | 'unyank'): void {
  if (selector.kind !== 'range' && selector.kind !== 'latest') return;
  const [why, flags, list] =
    verb === 'delete'
      ? ['does not name exactly one version', ' --yes', '']
      : ['skips yanked versions', '', ' --all'];
  throw new MlregError('USAGE', `a range or latest ${why}`, {
    hint: `name one version: mlreg ${verb} ${name}@1.0.0${flags} (mlreg list ${name}${list} lists them)`,
  });
}
