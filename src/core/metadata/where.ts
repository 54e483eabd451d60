import { compareDecimals, decimal, isRoundedInteger } from '../text/numbers.ts';
import { MlregError } from '../errors.ts';
import { parseParamValue } from './metadata-words.ts';
import type { Metadata } from './metadata.ts';
import { quote } from '../text/quote.ts';

type Section = 'metrics' | 'params' | 'tags';

const operators = ['>=', '<=', '!=', '==', '=', '>', '<'] as const;
type Operator = (typeof operators)[number];

/** One condition on a version's metadata. */
export interface Condition {
  section: Section;
  key: string;
  operator: Operator;
  /** The condition's text as written. */
  text: string;
  /** The parsed value; for a param, parsed as `--param` does. */
  value: string | number | boolean;
}

const example = "--where 'auc>=0.9 and params.solver=lbfgs'";

/**
 * Parses `auc>=0.9`, `metrics.auc>=0.9 and params.solver='lbfgs' and tags.team!=vision`: conditions
 * joined by `and`, all of which must hold. A bare key is a metric. Keys and values may have double
 * or single quotes. INVALID_INPUT names the place.
 */
export function parseWhere(text: string): Condition[] {
  const tokens = tokenize(text);
  const conditions: Condition[] = [];
  for (let at = 0; at < tokens.length || at === 0; at += 4) {
    const [key, operator, value, and] = tokens.slice(at, at + 4);
    if (key === undefined || key.kind === 'operator') throw unreadable(text, key, 'a metric');
    if (operator?.kind !== 'operator')
      throw unreadable(text, operator, `an operator (${operators.join(' ')})`);
    if (value === undefined || value.kind === 'operator') throw unreadable(text, value, 'a value');
    conditions.push(toCondition(text, key, operator.text as Operator, value));
    if (and === undefined) break;
    if (and.kind !== 'word' || and.text.toLowerCase() !== 'and')
      throw unreadable(text, and, '"and" or the end');
    if (at + 4 >= tokens.length) throw unreadable(text, undefined, 'a condition');
  }
  return conditions;
}

interface Token {
  kind: 'word' | 'quoted' | 'operator';
  text: string;
  /** From 0. */
  at: number;
}

function tokenize(text: string): Token[] {
  const pattern = /\s*(?:(>=|<=|!=|==|[=<>])|"([^"]*)"|'([^']*)'|([^\s<>=!"']+))\s*/y;
  const tokens: Token[] = [];
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null) throw unreadable(text, { kind: 'word', text: text[at] ?? '', at }, 'a condition');
    const [, operator, double, single, word] = found;
    if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
    else tokens.push({ kind: 'quoted', text: double ?? single ?? '', at });
  }
  return tokens;
}

function toCondition(text: string, key: Token, operator: Operator, value: Token): Condition {
  const [, section, rest] =
    (key.kind === 'word' ? /^(metrics?|params?|tags?)\.(.+)$/s.exec(key.text) : null) ?? [];
  const named: Record<string, Section> = { m: 'metrics', p: 'params', t: 'tags' };
  const where = section === undefined ? 'metrics' : (named[section[0] ?? ''] ?? 'metrics');
  const numeric = value.kind === 'word' && decimal.test(value.text) && where !== 'tags';
  if (where === 'metrics' && !numeric) throw unreadable(text, value, 'a number');
  if (!numeric && operator !== '=' && operator !== '==' && operator !== '!=') {
    const why =
      where === 'tags'
        ? `${operator} does not work on tags: tags are text`
        : `${operator} needs a number, not ${quote(value.text)}`;
    throw new MlregError('INVALID_INPUT', `--where ${quote(text)}: ${why}`, {
      hint: `use = or !=, for example ${example}`,
    });
  }
  return {
    section: where,
    key: rest ?? key.text,
    operator,
    text: value.text,
    value: where === 'metrics' ? Number(value.text) : readWord(where, value),
  };
}

function readWord(section: Section, { kind, text }: Token): string | number | boolean {
  return section === 'params' && kind === 'word' ? parseParamValue(text) : text;
}

function unreadable(text: string, token: Token | undefined, expected: string): MlregError {
  const where =
    token === undefined ? 'at the end' : `at character ${token.at + 1}, found ${quote(token.text)}`;
  return new MlregError('INVALID_INPUT', `--where ${quote(text)}: expected ${expected} ${where}`, {
    hint: `use for example ${example}`,
  });
}

/** Whether metadata meets every condition. A missing value meets no condition. */
export function meets(metadata: Metadata, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => {
    const values: Record<string, unknown> = metadata[condition.section] ?? {};
    const found = Object.hasOwn(values, condition.key) ? values[condition.key] : undefined;
    return isScalar(found) && compare(found, condition);
  });
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
}

function compare(found: Scalar, condition: Condition): boolean {
  switch (condition.operator) {
    case '=':
    case '==':
      return isEqual(found, condition);
    case '!=':
      return !isEqual(found, condition);
    case '>=':
      return isOrdered(found, condition, (order) => order >= 0);
    case '<=':
      return isOrdered(found, condition, (order) => order <= 0);
    case '>':
      return isOrdered(found, condition, (order) => order > 0);
    case '<':
      return isOrdered(found, condition, (order) => order < 0);
  }
}

function isEqual(found: Scalar, { section, text, value }: Condition): boolean {
  if (section === 'metrics') return typeof found === 'number' && compareDecimals(found, text) === 0;
  return typeof value === 'number' ? found === value : String(found) === String(value);
}

/**
 * Numbers have an order, and so do integers that are stored as text because no double can represent
 * them; other texts have none.
 */
function isOrdered(found: Scalar, { text }: Condition, holds: (order: number) => boolean): boolean {
  if (typeof found === 'boolean') return false;
  if (typeof found === 'string' && !(decimal.test(found) && isRoundedInteger(found))) return false;
  return holds(compareDecimals(found, text));
}
