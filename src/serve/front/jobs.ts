import { randomBytes } from 'node:crypto';
import { Refusal, shown } from '../engine/refusal.ts';
import type { KeptResponse } from './kept-response.ts';

/** A request that is answered later. */
export interface Job {
  readonly id: string;
  /** The name of the token that it came with; null: none was needed. */
  readonly client: string | null;
  /** What was asked: `/predict/digits`. */
  readonly path: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Null: it waits or runs. */
  finishedAt: number | null;
  readonly response: KeptResponse;
}

export interface JobLimits {
  /** Jobs at a time, finished ones included. */
  mostJobs: number;
  /** Of all answers together. */
  mostBytes: number;
  /** How long an answer is kept. */
  keepMs: number;
}

export const usualJobLimits: JobLimits = { mostJobs: 1000, mostBytes: 256_000_000, keepMs: 600_000 };

/** The jobs of a server. They are in its memory only, and end with it. */
export interface Jobs {
  /** Refused with 429 if there are too many. */
  open: (job: Pick<Job, 'client' | 'path' | 'response'>) => Job;
  /** Keeps its answer for a while; one for which there is no room becomes an error. */
  finish: (job: Job) => void;
  /** Refused with 404 if there is no such job, or if it is another client's. */
  find: (id: string, client: string | null) => Job;
  of: (client: string | null) => Job[];
  /** Forgets it. If it waits, it will not run. */
  drop: (job: Job) => void;
  close: () => void;
}

export function openJobs({ mostJobs, mostBytes, keepMs }: JobLimits = usualJobLimits): Jobs {
  const jobs = new Map<string, { job: Job; timer: NodeJS.Timeout | undefined }>();
  let bytes = 0;
  const drop = (job: Job): void => {
    const found = jobs.get(job.id);
    if (found === undefined) return;
    jobs.delete(job.id);
    clearTimeout(found.timer);
    if (job.finishedAt !== null) bytes -= job.response.body.length;
    job.response.destroyed = true;
  };
  return {
    open(given) {
      if (jobs.size >= mostJobs)
        throw new Refusal(429, `${mostJobs} jobs wait, run or are kept: delete those whose results you have`);
      // Whoever knows the id of a job may ask for it where there are no tokens.
      const id = randomBytes(16).toString('base64url');
      const job: Job = { ...given, id, createdAt: Date.now(), finishedAt: null };
      jobs.set(id, { job, timer: undefined });
      return job;
    },
    finish(job) {
      const found = jobs.get(job.id);
      if (found === undefined) return;
      if (bytes + job.response.body.length > mostBytes)
        job.response.fail(507, 'the answers of other jobs take all the memory that is meant for them');
      bytes += job.response.body.length;
      job.finishedAt = Date.now();
      found.timer = setTimeout(() => drop(job), keepMs).unref();
    },
    find(id, client) {
      const found = jobs.get(id);
      if (found === undefined || found.job.client !== client)
        throw new Refusal(
          404,
          `there is no job ${shown(id)}: it was deleted, or its result was kept for long enough`,
        );
      return found.job;
    },
    of: (client) => [...jobs.values()].flatMap(({ job }) => (job.client === client ? [job] : [])),
    drop,
    close() {
      for (const { job } of jobs.values()) drop(job);
    },
  };
}
