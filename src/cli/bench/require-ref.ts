import { MlregError } from '../../core/errors.ts';

/** The reference of a bench, which only some of its forms do without. */
export function requireRef(text: string | undefined): string {
  if (text !== undefined) return text;
  throw new MlregError('USAGE', "missing required argument 'ref'", { hint: 'mlreg bench --help' });
}
