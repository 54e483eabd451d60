/**
 * Sizes that exporters write as sums of others: `past_sequence_length + sequence_length` (Optimum),
 * `2*s0 - 1`, `floor(height/8)` (torch.export). Whole numbers, names, + - * / // % **, parentheses,
 * floor, ceil, min and max.
 */

/** The size of a name; undefined if it has none. */
export type SizeOf = (name: string) => number | undefined;

const functions = new Map<string, (...values: number[]) => number>([
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['ceiling', Math.ceil],
  ['min', Math.min],
  ['max', Math.max],
]);
const operators: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '**': (a, b) => a ** b,
  '%': (a, b) => ((a % b) + b) % b,
};
/** A name with other characters is recognized only if it is among the known names. */
const plainName = /[\p{L}_][\p{L}\p{N}_.:]*/uy;
const number = /\d{1,15}/y;
const symbol = /\/\/|\*\*|[-+*/%(),]/y;
/** A longer text is not a sum that someone wrote. */
const longest = 500;

type Token = { kind: 'name' | 'number' | 'symbol'; text: string };

/**
 * The value of an expression with at least one operator, in which every name has a size; undefined
 * for any other text, and if the value is not a whole number. `known` lists names that can contain
 * any character.
 */
export function evaluateSize(text: string, known: readonly string[], sizeOf: SizeOf): number | undefined {
  const tokens = text.length > longest ? undefined : tokenize(text, known);
  if (tokens === undefined || !tokens.some(({ kind }) => kind === 'symbol')) return undefined;
  let at = 0;
  const take = (...texts: string[]): string | undefined => {
    const token = tokens[at];
    return token?.kind === 'symbol' && texts.includes(token.text) ? tokens[at++]?.text : undefined;
  };
  const chain = (next: () => number, ...texts: string[]): number => {
    // sympy writes `-s0 + s1`.
    let value = texts.includes('-') && take('-') !== undefined ? -product() : next();
    for (let sign = take(...texts); sign !== undefined; sign = take(...texts))
      value = operators[sign]?.(value, next()) ?? NaN;
    return value;
  };
  const sum = (): number => chain(product, '+', '-');
  const product = (): number => chain(power, '*', '/', '//', '%');
  const power = (): number => chain(factor, '**');
  const list = (): number[] => {
    const values = [sum()];
    while (take(',') !== undefined) values.push(sum());
    return take(')') === undefined ? [NaN] : values;
  };
  // A value that does not fit is NaN, and so is every result computed from it.
  const factor = (): number => {
    if (take('(') !== undefined) {
      const values = list();
      return values.length === 1 ? (values[0] ?? NaN) : NaN;
    }
    const token = tokens[at++];
    if (token?.kind === 'number') return Number(token.text);
    if (token?.kind !== 'name') return NaN;
    const call = functions.get(token.text.toLowerCase());
    if (call !== undefined && take('(') !== undefined) return call(...list());
    return sizeOf(token.text) ?? NaN;
  };
  const value = sum();
  return at === tokens.length && Number.isSafeInteger(value) ? value : undefined;
}

/** The names in an expression; empty if the text is not one. */
export function namesIn(text: string, known: readonly string[]): string[] {
  const names = new Set<string>();
  const value = evaluateSize(text, known, (name) => {
    names.add(name);
    return 1;
  });
  return value === undefined ? [] : [...names];
}

function tokenize(text: string, known: readonly string[]): Token[] | undefined {
  const byLength = known.filter((name) => name !== text).toSorted((a, b) => b.length - a.length);
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const plain = match(plainName);
    const name =
      byLength.find((one) => text.startsWith(one, at) && one.length >= (plain?.length ?? 0)) ?? plain;
    const digits = name === undefined ? match(number) : undefined;
    const found = name ?? digits ?? match(symbol);
    if (found === undefined || found === '') return undefined;
    tokens.push({
      kind: name !== undefined ? 'name' : digits !== undefined ? 'number' : 'symbol',
      text: found,
    });
    at += found.length;
  }
  return tokens;
}
