import type { Compilable, Kysely } from 'kysely';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

/**
 * A query whose text is the same whatever its parameters are, so that it is built once: see
 * `fixed-queries.ts`.
 */
export interface FixedQuery<Parameters, Row> {
  build(db: Db, parameters: Parameters): Compilable<Row>;
  /** What the build made of it, by the names of dialects. */
  compiled?: Record<string, Statement>;
}

/** The text of a query in one dialect of SQL, and where each of its values comes from. */
export interface Statement {
  text: string;
  values: readonly ({ parameter: string } | { constant: unknown })[];
}

/** Returns all rows. */
export type Rows = <Parameters extends object, Row>(
  query: FixedQuery<Parameters, Row>,
  parameters: Parameters,
) => Promise<Row[]>;

export function fixedQuery<Parameters extends object, Row>(
  build: (db: Db, parameters: Parameters) => Compilable<Row>,
): FixedQuery<Parameters, Row> {
  return { build };
}

/** Stands for a parameter while a query is built. A query that looks into it is not fixed. */
class Mark {
  readonly parameter: string;

  constructor(parameter: string) {
    this.parameter = parameter;
  }

  [Symbol.toPrimitive](): never {
    throw new Error(`the text of a fixed query may not depend on ${this.parameter}`);
  }
}

/** In the dialect of `db`. */
export function compileFixed<Parameters extends object>(
  db: Db,
  query: FixedQuery<Parameters, unknown>,
): Statement {
  const marks = new Proxy({} as Parameters, {
    get: (_, name) => new Mark(String(name)),
    ownKeys: () => {
      throw new Error('a fixed query has to name each of its parameters');
    },
  });
  const { sql, parameters } = query.build(db, marks).compile();
  const values = parameters.map((value) =>
    value instanceof Mark ? { parameter: value.parameter } : { constant: value },
  );
  return { text: sql, values };
}

/** What an adapter gives for fixed queries. */
export interface FixedQueryMeans {
  /** The name of its dialect, by which the build compiles queries. */
  readonly dialect: string;
  /** Kysely, made when it is first asked for: see `fixed-queries.ts`. */
  readonly db: Db;
  /** Runs one statement outside of any transaction, and returns its rows. */
  run: (text: string, values: readonly unknown[]) => Promise<unknown[]>;
}

export function openRows(means: FixedQueryMeans): Rows {
  const built = new Map<object, Statement>();
  const statementOf = <Parameters extends object>(query: FixedQuery<Parameters, unknown>): Statement => {
    const known = query.compiled?.[means.dialect] ?? built.get(query);
    if (known !== undefined) return known;
    const statement = compileFixed(means.db, query);
    built.set(query, statement);
    return statement;
  };
  return async <Parameters extends object, Row>(
    query: FixedQuery<Parameters, Row>,
    parameters: Parameters,
  ) => {
    const { text, values } = statementOf(query);
    const given = parameters as Record<string, unknown>;
    const rows = await means.run(
      text,
      values.map((value) => ('parameter' in value ? given[value.parameter] : value.constant)),
    );
    return rows as Row[];
  };
}
