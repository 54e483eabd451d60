import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** `subject`: what the problem is about: a version, a stage, the database. */
export interface RowProblem {
  problem: string;
  subject: string;
}

export type Report = (subject: string, problem: string) => void;

/** Checks a part of the database and reports each problem. */
export type Check = (db: Kysely<Tables>, report: Report) => Promise<void>;
