import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import {
  bindBatch,
  bindWhole,
  isName,
  type ShapeChoices,
  sortOut,
  symbolsOf,
  type TensorInput,
} from './given-sizes.ts';
import { evaluateSize } from './size-expression.ts';

export interface ChosenShapes {
  shapes: Map<string, number[]>;
  warnings: string[];
}

/**
 * Decides every dimension of every input. A whole shape applies to its input, whatever its symbols
 * are elsewhere. The size of a symbol is the first of these that exists: the given size; the batch,
 * if it is a first dimension; the size in whole shapes; the value of the symbol as an expression;
 * 1. INVALID_INPUT for choices that do not fit the model or each other.
 */
export function chooseShapes(inputs: readonly TensorInput[], { batch, shapes }: ShapeChoices): ChosenShapes {
  const symbols = symbolsOf(inputs);
  const { whole, sizes } = sortOut(inputs, symbols, shapes);
  if (batch !== undefined) bindBatch(inputs, symbols, { whole, sizes }, batch);
  bindWhole(inputs, { whole, sizes });

  const assumed = new Set<string>();
  const sizeOf = (symbol: string): number => {
    const size = sizes.get(symbol) ?? evaluateSize(symbol, symbols, (name) => knownSize(name));
    if (size === undefined) assumed.add(quote(symbol));
    else if (size < 0) throw negative(symbol, size);
    return size ?? 1;
  };
  const knownSize = (name: string): number | undefined =>
    sizes.has(name) || symbols.includes(name) ? sizeOf(name) : undefined;
  const chosen = new Map<string, number[]>();
  for (const input of inputs) {
    const given = whole.get(input.name);
    if (given === undefined) refuseOpenRank(input);
    const dimensions = given ?? input.shape ?? [];
    const decided = dimensions.map((dimension, axis) => {
      if (typeof dimension === 'number' && dimension >= 0) return dimension;
      if (typeof dimension === 'string' && (sizes.has(dimension) || isName(dimension)))
        return sizeOf(dimension);
      if (axis === 0 && batch !== undefined) return batch;
      assumed.add(`dimension ${axis} of ${quote(input.name)}`);
      return 1;
    });
    chosen.set(input.name, decided);
  }
  const isAskedFor = [...shapes.values()].some((sizes) => sizes.includes(0));
  if (isEmpty(chosen) && !isAskedFor) throw nothingToRun(chosen);
  return { shapes: chosen, warnings: warningsOf(chosen, assumed) };
}

/**
 * One empty input among others is normal: the past of a decoder, or an input that only gives its
 * type.
 */
function isEmpty(chosen: ReadonlyMap<string, readonly number[]>): boolean {
  return chosen.size > 0 && [...chosen.values()].every((sizes) => sizes.includes(0));
}

function nothingToRun(chosen: ReadonlyMap<string, readonly number[]>): MlregError {
  const [[name, sizes] = ['', []]] = chosen;
  const what =
    chosen.size === 1
      ? `input ${quote(name)} has a dimension of size 0`
      : `all inputs have a dimension of size 0`;
  return new MlregError('INVALID_INPUT', `${what}: nothing to run`, {
    hint: `export the model with a dynamic dimension, or use an empty input: --shape ${name}=${sizes.join('x')}`,
  });
}

function warningsOf(chosen: ReadonlyMap<string, readonly number[]>, assumed: ReadonlySet<string>): string[] {
  const warnings: string[] = [];
  if (assumed.size > 0)
    warnings.push(
      `using 1 for dynamic dimensions: ${[...assumed].join(', ')} (set them with --batch N or --shape NAME=N)`,
    );
  if (isEmpty(chosen)) warnings.push('all inputs are empty: the runs compute nothing');
  return warnings;
}

function refuseOpenRank({ name, shape }: TensorInput): void {
  if (shape === null) {
    throw new MlregError('INVALID_INPUT', `the rank of input ${quote(name)} is unknown: set its shape`, {
      hint: `--shape ${name}=1x64`,
    });
  }
}

function negative(symbol: string, size: number): MlregError {
  return new MlregError('INVALID_INPUT', `dimension ${quote(symbol)} would be ${size}`, {
    hint: `use larger sizes, or set it: --shape '${symbol}=1'`,
  });
}
