import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

/**
 * Parses `--shape` values. `batch=8,seq=128` sets symbolic dimensions; `image=1x3x224x224` sets the
 * whole shape of an input, for dimensions without a name and inputs of unknown rank. A single size
 * sets the dimension of that name or, if there is none, the shape of a vector input. INVALID_INPUT
 * for anything else, or two values for one name.
 */
export function parseShapes(texts: Iterable<string>): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const text of texts) {
    for (const part of text.split(',')) {
      const [, name, sizes] = /^([^=]+)=(\d{1,10}(?:x\d{1,10})*)$/.exec(part.trim()) ?? [];
      if (name === undefined || sizes === undefined) throw badShape(part);
      const parsed = sizes.split('x').map(Number);
      const earlier = shapes.get(name);
      if (earlier !== undefined && earlier.join('x') !== parsed.join('x')) {
        throw new MlregError(
          'INVALID_INPUT',
          `${quote(name)} has two shapes: ${earlier.join('x')} and ${sizes}`,
          { hint: 'use --shape once for each name' },
        );
      }
      shapes.set(name, parsed);
    }
  }
  return shapes;
}

function badShape(part: string): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `invalid shape ${quote(part)}: expected NAME=SIZE or NAME=SIZExSIZE…`,
    {
      hint: '--shape batch=8,seq=128 for named dimensions, --shape image=1x3x224x224 for an input',
    },
  );
}
