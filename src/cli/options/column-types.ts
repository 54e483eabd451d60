import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { type AskedType, askedTypes } from '../../profile/column-state.ts';

/** Collects `--type COL=TYPE`; a name may hold equals signs. */
export function parseColumnType(
  text: string,
  before: ReadonlyMap<string, AskedType> = new Map(),
): Map<string, AskedType> {
  const at = text.lastIndexOf('=');
  const name = text.slice(0, Math.max(0, at));
  const type = askedTypes.find((one) => one === text.slice(at + 1));
  if (at < 0 || name === '' || type === undefined)
    throw new MlregError('USAGE', `invalid --type ${quote(text)}`, {
      hint: `use COLUMN=TYPE, with ${askedTypes.join(', ')}: --type zip=categorical`,
    });
  if (before.has(name))
    throw new MlregError('USAGE', `duplicate --type for column ${quote(name)}`, {
      hint: 'remove one of them',
    });
  return new Map([...before, [name, type]]);
}
