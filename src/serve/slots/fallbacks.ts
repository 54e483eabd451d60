import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { ServedVersion } from '../served.ts';

/** Versions that answer for others while those are broken, one for each model. */
export interface Fallbacks {
  /**
   * INVALID_INPUT for a version that could not answer the same requests. `served`: what answers for
   * the model usually.
   */
  add: (fallback: ServedVersion, served: ServedVersion | undefined) => void;
  find: (model: string) => ServedVersion | undefined;
}

export function openFallbacks(): Fallbacks {
  const byModel = new Map<string, ServedVersion>();
  return {
    add(fallback, served) {
      const { name, ref, inputs } = fallback;
      const refused = (why: string): MlregError =>
        new MlregError('INVALID_INPUT', `${ref} cannot be a fallback: ${why}`, {
          hint: 'name an earlier or smaller version, with the same inputs, of a model that is served',
        });
      if (served === undefined) throw refused(`no version of ${name} is served here`);
      if (byModel.has(name)) throw refused(`${name} has one already`);
      for (const { name: input, dtype } of served.inputs)
        if (!inputs.some((one) => one.name === input && one.dtype === dtype))
          throw refused(`it has no input ${quote(input)} of ${dtype}, which ${served.ref} has`);
      byModel.set(name, fallback);
    },
    find: (model) => byModel.get(model),
  };
}
