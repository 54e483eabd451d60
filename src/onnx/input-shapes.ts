import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { ValueInfo } from '../core/signature.ts';

/** A tensor input that has to be fed. */
export interface TensorInput extends ValueInfo {
  dtype: string;
}

export interface ShapeChoices {
  batch?: number | undefined;
  /** By symbol (one size) or by input name (a whole shape). */
  shapes: ReadonlyMap<string, readonly number[]>;
}

export interface ChosenShapes {
  shapes: Map<string, number[]>;
  warnings: string[];
}

/**
 * Reads `--shape` values. `batch=8,seq=128` gives symbolic dimensions their sizes; `image=1x3x224x224` gives one
 * input its whole shape, for dimensions without a name and inputs of unknown rank. A single size is the dimension of that
 * name or, where there is none, the shape of a vector input. INVALID_INPUT for anything else, or the same name with two values.
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
          `${quote(name)} is given two shapes: ${earlier.join('x')} and ${sizes}`,
          { hint: 'give it once' },
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
    `${quote(part)} is not a shape: it must be NAME=SIZE or NAME=SIZExSIZE…`,
    {
      hint: '--shape batch=8,seq=128 for named dimensions, --shape image=1x3x224x224 for a whole input',
    },
  );
}

/** Decides every dimension of every input. INVALID_INPUT for choices that do not fit the model or each other. */
export function chooseShapes(inputs: readonly TensorInput[], { batch, shapes }: ShapeChoices): ChosenShapes {
  for (const [name, sizes] of shapes) sizes.forEach((size) => requirePositive(name, size));
  if (batch !== undefined) requirePositive('--batch', batch);
  const whole = wholeShapes(inputs, shapes);
  const symbols = bindSymbols(inputs, shapes, whole);
  if (batch !== undefined) bindBatch(inputs, whole, symbols, batch);

  const chosen: ChosenShapes = { shapes: new Map(), warnings: [] };
  const assumed = new Set<string>();
  for (const input of inputs) {
    const given = whole.get(input.name);
    const dimensions = given ?? input.shape;
    if (dimensions === null) {
      throw new MlregError('INVALID_INPUT', `input ${quote(input.name)} has no known rank: give its shape`, {
        hint: `--shape ${input.name}=1x64`,
      });
    }
    const sizes = dimensions.map((dimension, axis) => {
      if (typeof dimension === 'number' && dimension >= 0) {
        if (dimension === 0) {
          throw new MlregError(
            'INVALID_INPUT',
            `input ${quote(input.name)} has a dimension of size 0: there is nothing to run`,
            { hint: 'export the model with a dynamic dimension there' },
          );
        }
        return dimension;
      }
      if (axis === 0 && batch !== undefined) return batch;
      const bound = typeof dimension === 'string' ? symbols.get(dimension) : undefined;
      if (bound === undefined) {
        assumed.add(
          typeof dimension === 'string' ? quote(dimension) : `dimension ${axis} of ${quote(input.name)}`,
        );
      }
      return bound ?? 1;
    });
    chosen.shapes.set(input.name, sizes);
  }
  if (assumed.size > 0) {
    chosen.warnings.push(
      `dynamic dimensions taken as 1: ${[...assumed].join(', ')} (--batch N or --shape NAME=N sets them)`,
    );
  }
  return chosen;
}

/** The shapes given for whole inputs, checked against what the model says of them. */
function wholeShapes(inputs: readonly TensorInput[], shapes: ShapeChoices['shapes']): Map<string, number[]> {
  const symbols = knownSymbols(inputs);
  const whole = new Map<string, number[]>();
  for (const [name, sizes] of shapes) {
    if (sizes.length === 1 && symbols.has(name)) continue;
    const input = inputs.find((one) => one.name === name);
    if (input === undefined) {
      const known = [...symbols].map((symbol) => quote(symbol)).join(', ');
      throw new MlregError(
        'INVALID_INPUT',
        `the model has no ${sizes.length === 1 ? 'dimension or ' : ''}input named ${quote(name)}; its named dimensions: ${known || 'none'}; ` +
          `its inputs: ${inputs.map((one) => quote(one.name)).join(', ')}`,
        { hint: '--shape batch=8,seq=128 for named dimensions, --shape image=1x3x224x224 for a whole input' },
      );
    }
    const fits =
      input.shape === null ||
      (input.shape.length === sizes.length &&
        input.shape.every(
          (dimension, axis) => typeof dimension !== 'number' || dimension < 0 || dimension === sizes[axis],
        ));
    if (!fits) {
      const declared = input.shape?.map((dimension) => dimension ?? '?').join('x') || 'a scalar';
      throw new MlregError(
        'INVALID_INPUT',
        `input ${quote(name)} cannot be ${sizes.join('x')}: the model says ${declared}`,
        { hint: 'give sizes only where the model leaves them open' },
      );
    }
    whole.set(name, [...sizes]);
  }
  return whole;
}

function bindSymbols(
  inputs: readonly TensorInput[],
  shapes: ShapeChoices['shapes'],
  whole: ReadonlyMap<string, number[]>,
): Map<string, number> {
  const symbols = new Map<string, number>();
  for (const name of knownSymbols(inputs)) {
    const sizes = shapes.get(name);
    if (sizes?.length === 1 && sizes[0] !== undefined) symbols.set(name, sizes[0]);
  }
  for (const input of inputs) {
    whole.get(input.name)?.forEach((size, axis) => {
      const symbol = input.shape?.[axis];
      if (typeof symbol === 'string') bind(symbols, symbol, size);
    });
  }
  return symbols;
}

/** The batch is the first dimension of every input that leaves it open. */
function bindBatch(
  inputs: readonly TensorInput[],
  whole: ReadonlyMap<string, number[]>,
  symbols: Map<string, number>,
  batch: number,
): void {
  const firsts = inputs.map((input) => (whole.get(input.name) ?? input.shape)?.[0]);
  const open = firsts.filter((first) => first === null || typeof first === 'string' || (first ?? 0) < 0);
  for (const first of open) if (typeof first === 'string') bind(symbols, first, batch);
  if (open.length > 0 || firsts.includes(batch)) return;
  const fixed = inputs.map(
    ({ name }, at) =>
      `${quote(name)} ${firsts[at] === undefined ? 'is a scalar' : `is fixed at ${firsts[at]}`}`,
  );
  throw new MlregError(
    'INVALID_INPUT',
    `--batch ${batch}: no input has an open first dimension (${fixed.join(', ')})`,
    {
      hint: 'leave --batch out, or export the model with a dynamic batch dimension',
    },
  );
}

function bind(symbols: Map<string, number>, symbol: string, size: number): void {
  const bound = symbols.get(symbol);
  if (bound !== undefined && bound !== size) {
    throw new MlregError(
      'INVALID_INPUT',
      `dimension ${quote(symbol)} is given two sizes: ${bound} and ${size}`,
      { hint: 'dimensions of one name have one size' },
    );
  }
  symbols.set(symbol, size);
}

function knownSymbols(inputs: readonly TensorInput[]): Set<string> {
  return new Set(
    inputs.flatMap(({ shape }) => (shape ?? []).filter((dimension) => typeof dimension === 'string')),
  );
}

function requirePositive(name: string, size: number): void {
  if (Number.isSafeInteger(size) && size > 0) return;
  throw new MlregError('INVALID_INPUT', `the size ${size} of ${quote(name)} is not a whole number above 0`, {
    hint: 'for example --shape batch=8',
  });
}
