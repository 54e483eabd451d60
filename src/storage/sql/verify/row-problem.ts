import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** `subject`: what it is about: a version, a stage, the database. */
export interface RowProblem {
  problem: string;
  subject: string;
}

export type Report = (subject: string, problem: string) => void;

/** Looks at a part of the database, and reports what is wrong there. */
export type Check = (db: Kysely<Tables>, report: Report) => Promise<void>;
