import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Dimension, ValueInfo } from '../../core/versions/signature.ts';
import { evaluateSize, namesIn } from './size-expression.ts';

/** A tensor input that needs a value. */
export interface TensorInput extends ValueInfo {
  dtype: string;
}

export interface ShapeChoices {
  batch?: number | undefined;
  /** By symbol (one size) or by input name (a whole shape). */
  shapes: ReadonlyMap<string, readonly number[]>;
}

/** The given sizes, sorted: whole shapes by input, and sizes by symbol. */
export interface GivenSizes {
  whole: Map<string, readonly number[]>;
  sizes: Map<string, number>;
}

/** Exporters write these for an unknown size; two of them can be different sizes. */
const nameless = /^(?:[^\p{L}\p{N}]*|-?\d+|none|null|unk|unknown|undefined|any|dynamic|dyn|\?.*)$/iu;

export function isName(dimension: Dimension | undefined): dimension is string {
  return typeof dimension === 'string' && !nameless.test(dimension);
}

export function symbolsOf(inputs: readonly TensorInput[]): string[] {
  const all = inputs.flatMap(({ shape }) => (shape ?? []).filter((size) => typeof size === 'string'));
  return [...new Set(all)];
}

/** Checks whole shapes against the declared shapes. */
export function sortOut(
  inputs: readonly TensorInput[],
  symbols: readonly string[],
  shapes: ShapeChoices['shapes'],
): GivenSizes {
  const given: GivenSizes = { whole: new Map(), sizes: new Map() };
  // Names that occur only inside sums can be given too.
  const known = new Set([...symbols, ...symbols.flatMap((symbol) => namesIn(symbol, symbols))]);
  for (const [name, sizes] of shapes) {
    for (const size of sizes) requireSize(name, size);
    const [size] = sizes;
    if (sizes.length === 1 && size !== undefined && known.has(name)) {
      given.sizes.set(name, size);
      continue;
    }
    const input = inputs.find((one) => one.name === name);
    if (input === undefined) throw unknownName(name, sizes.length, inputs, symbols);
    if (!mayBeFedAs(input, sizes)) {
      const declared = input.shape?.map((dimension) => dimension ?? '?').join('x');
      throw new MlregError(
        'INVALID_INPUT',
        `input ${quote(name)} cannot be ${sizes.join('x')}: the model declares ${declared}`,
        { hint: 'set only dynamic dimensions' },
      );
    }
    given.whole.set(name, sizes);
  }
  return given;
}

/**
 * The batch is the first dimension of every input that leaves it open, unless other sizes determine
 * it.
 */
export function bindBatch(
  inputs: readonly TensorInput[],
  symbols: readonly string[],
  { whole, sizes }: GivenSizes,
  batch: number,
): void {
  if (!Number.isSafeInteger(batch) || batch <= 0) {
    throw new MlregError('INVALID_INPUT', `invalid batch size ${batch}: not a positive integer`, {
      hint: 'for example --batch 8',
    });
  }
  const firsts = inputs.map((input) => (whole.get(input.name) ?? input.shape)?.[0]);
  const open = firsts.filter((first) => first !== undefined && (typeof first !== 'number' || first < 0));
  const named = open.filter(isName);
  const follows = (symbol: string): boolean =>
    evaluateSize(symbol, symbols, (name) => (sizes.has(name) || symbols.includes(name) ? 1 : undefined)) !==
    undefined;
  const leading = named.filter((symbol) => !follows(symbol));
  for (const symbol of leading.length > 0 ? leading : named) bind(sizes, symbol, batch);
  if (open.length > 0 || firsts.includes(batch)) return;
  const fixed = inputs.map(
    ({ name }, at) =>
      `${quote(name)} ${firsts[at] === undefined ? 'is a scalar' : `is fixed at ${firsts[at]}`}`,
  );
  throw new MlregError(
    'INVALID_INPUT',
    `--batch ${batch}: no input has a dynamic first dimension (${fixed.join(', ')})`,
    {
      hint: 'omit --batch, or export the model with a dynamic batch dimension',
    },
  );
}

function bind(sizes: Map<string, number>, symbol: string, size: number): void {
  const bound = sizes.get(symbol);
  if (bound !== undefined && bound !== size) {
    throw new MlregError(
      'INVALID_INPUT',
      `conflicting sizes for dimension ${quote(symbol)}: ${bound} and ${size}`,
      { hint: 'use the same size everywhere' },
    );
  }
  sizes.set(symbol, size);
}

/**
 * The sizes that whole shapes give to their symbols hold for the other inputs too, where the shapes
 * agree.
 */
export function bindWhole(inputs: readonly TensorInput[], { whole, sizes }: GivenSizes): void {
  const found = new Map<string, Set<number>>();
  for (const input of inputs) {
    whole.get(input.name)?.forEach((size, axis) => {
      const symbol = input.shape?.[axis];
      if (!isName(symbol) || sizes.has(symbol)) return;
      found.set(symbol, (found.get(symbol) ?? new Set()).add(size));
    });
  }
  for (const [symbol, [size, ...others]] of found)
    if (size !== undefined && others.length === 0) sizes.set(symbol, size);
}

function unknownName(
  name: string,
  rank: number,
  inputs: readonly TensorInput[],
  symbols: readonly string[],
): MlregError {
  const known = symbols.map((symbol) => quote(symbol)).join(', ');
  return new MlregError(
    'INVALID_INPUT',
    `the model has no ${rank === 1 ? 'dimension or ' : ''}input named ${quote(name)}; its named dimensions: ${known || 'none'}; ` +
      `its inputs: ${inputs.map((one) => quote(one.name)).join(', ')}`,
    { hint: '--shape batch=8,seq=128 for named dimensions, --shape image=1x3x224x224 for an input' },
  );
}

function requireSize(name: string, size: number): void {
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw new MlregError(
    'INVALID_INPUT',
    `invalid size ${size} for ${quote(name)}: not an integer of at least 0`,
    {
      hint: 'for example --shape batch=8',
    },
  );
}

/** Whether a shape has the declared rank and the declared fixed sizes; a symbol takes any size. */
export function hasDeclaredShape({ shape: declared }: ValueInfo, shape: readonly number[]): boolean {
  if (declared === null) return true;
  return (
    declared.length === shape.length &&
    declared.every((size, axis) => typeof size !== 'number' || size < 0 || size === shape[axis])
  );
}

/**
 * Whether ONNX Runtime accepts a tensor of this shape for an input. It checks the declared shape,
 * except a rank of 0 (InferenceSession::CheckShapes): exporters also write that for an unknown
 * shape.
 */
export function mayBeFedAs(input: ValueInfo, shape: readonly number[]): boolean {
  return input.shape?.length === 0 || hasDeclaredShape(input, shape);
}

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
