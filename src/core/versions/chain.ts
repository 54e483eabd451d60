import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';
import { type ModelName, parseModelName, parseReference, type Reference } from './reference.ts';

/** Versions that answer one after the other, under a name. */
export interface ChainChoice {
  name: ModelName;
  refs: Reference[];
}

/** Each part is one more process that a request waits for. */
const mostParts = 8;

/**
 * Parses `[NAME=]REF,REF…`; the name is by default that of the last model. USAGE for fewer than two
 * references or more than eight; INVALID_INPUT as `parseReference` and `parseModelName`.
 */
export function parseChain(text: string): ChainChoice {
  const [, name, list] = /^(?:([^=@,]*)=)?(.*)$/s.exec(text) ?? [];
  const refs = (list ?? '').split(',').map((one) => parseReference(one.trim()));
  const last = refs.at(-1);
  if (last === undefined || refs.length < 2 || refs.length > mostParts)
    throw new MlregError(
      'USAGE',
      `a chain has 2 to ${mostParts} versions, separated by commas, but ${quote(text)} has ${refs.length}`,
      { hint: '--chain pre@production,net@production, or --chain NAME=pre@production,net@production' },
    );
  return { name: name === undefined ? last.name : parseModelName(name), refs };
}
