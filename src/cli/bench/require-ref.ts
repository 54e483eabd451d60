import { MlregError } from '../../core/errors.ts';

/** The reference of a bench form that requires one. */
export function requireRef(text: string | undefined): string {
  if (text !== undefined) return text;
  throw new MlregError('USAGE', "missing required argument 'ref'", { hint: 'mlreg bench --help' });
}
