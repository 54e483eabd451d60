import { MlregError } from '../core/errors.ts';
import type { Reference } from '../core/reference.ts';

/**
 * USAGE for a range or `latest`, where a version must be named, not found: what is deleted is gone for good, and they pass by
 * what is yanked.
 */
export function requireOne({ name, selector }: Required<Reference>, verb: 'delete' | 'unyank'): void {
  if (selector.kind !== 'range' && selector.kind !== 'latest') return;
  const [why, flags, list] =
    verb === 'delete'
      ? ['does not say exactly which version to delete', ' --yes', '']
      : ['passes by every yanked version', '', ' --all'];
  throw new MlregError('USAGE', `a range, or latest, ${why}`, {
    hint: `name it: mlreg ${verb} ${name}@1.0.0${flags} (see them with: mlreg list ${name}${list})`,
  });
}
