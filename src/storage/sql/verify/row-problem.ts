/** `subject`: what it is about: a version, a stage, the database. */
export interface RowProblem {
  problem: string;
  subject: string;
}

export type Report = (subject: string, problem: string) => void;
