import { MlregError } from './errors.ts';
import type { Metadata } from './metadata.ts';
import { quote } from './quote.ts';

type Section = 'metrics' | 'params' | 'tags';

const operators = ['>=', '<=', '!=', '==', '=', '>', '<'] as const;
type Operator = (typeof operators)[number];

/** One condition on a version's metadata. */
export interface Condition {
  section: Section;
  key: string;
  operator: Operator;
  value: string | number;
}

const example = "--where 'auc>=0.9 and params.solver=lbfgs'";
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Parses `auc>=0.9`, `metrics.auc>=0.9 and params.solver='lbfgs' and tags.team!=vision`: conditions joined by `and`, all of which must
 * hold. A bare key is a metric; quotes, double or single, may stand around keys and values. INVALID_INPUT names the place.
 */
export function parseWhere(text: string): Condition[] {
  const tokens = tokenize(text);
  const conditions: Condition[] = [];
  for (let at = 0; at < tokens.length || at === 0; at += 4) {
    const [key, operator, value, and] = tokens.slice(at, at + 4);
    if (key === undefined || key.kind === 'operator') throw unreadable(text, key, 'a metric');
    if (operator?.kind !== 'operator') throw unreadable(text, operator, `one of ${operators.join(' ')}`);
    if (value === undefined || value.kind === 'operator') throw unreadable(text, value, 'a value');
    conditions.push(toCondition(text, key, operator.text as Operator, value));
    if (and === undefined) break;
    if (and.kind !== 'word' || and.text.toLowerCase() !== 'and')
      throw unreadable(text, and, '"and" or the end');
    if (at + 4 >= tokens.length) throw unreadable(text, undefined, 'another condition after "and"');
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
  const numeric = value.kind === 'word' && number.test(value.text) && where !== 'tags';
  if (where === 'metrics' && !numeric) throw unreadable(text, value, 'a number to compare the metric with');
  if (!numeric && operator !== '=' && operator !== '==' && operator !== '!=') {
    const why =
      where === 'tags'
        ? `tags are texts, which have no order, so ${quote(operator)} cannot compare them`
        : `${quote(value.text)} is no number, so ${quote(operator)} cannot compare it: texts have no order`;
    throw new MlregError('INVALID_INPUT', `--where ${quote(text)}: ${why}`, {
      hint: `use = or !=, such as ${example}`,
    });
  }
  return {
    section: where,
    key: rest ?? key.text,
    operator,
    value: numeric ? Number(value.text) : value.text,
  };
}

function unreadable(text: string, token: Token | undefined, expected: string): MlregError {
  const found =
    token === undefined ? 'it ends' : `there is ${quote(token.text)} at character ${token.at + 1}`;
  return new MlregError('INVALID_INPUT', `--where ${quote(text)}: ${found} where ${expected} was expected`, {
    hint: example,
  });
}

/** Whether metadata meets every condition. What a version lacks meets none. */
export function meets(metadata: Metadata, conditions: readonly Condition[]): boolean {
  return conditions.every(({ section, key, operator, value }) => {
    const values: Record<string, unknown> = metadata[section] ?? {};
    const found = Object.hasOwn(values, key) ? values[key] : undefined;
    if (typeof found === 'number' || typeof found === 'boolean' || typeof found === 'string')
      return compare(typeof value === 'number' ? found : String(found), operator, value);
    return false;
  });
}

function compare(found: string | number | boolean, operator: Operator, value: string | number): boolean {
  switch (operator) {
    case '=':
    case '==':
      return found === value;
    case '!=':
      return found !== value;
    case '>=':
      return typeof found === 'number' && found >= Number(value);
    case '<=':
      return typeof found === 'number' && found <= Number(value);
    case '>':
      return typeof found === 'number' && found > Number(value);
    case '<':
      return typeof found === 'number' && found < Number(value);
  }
}
