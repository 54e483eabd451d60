import { answerBytes, answerError, jsonType } from './answer.ts';
import type { Job } from './jobs.ts';
import { KeptResponse } from './kept-response.ts';
import type { Call, Route } from './route.ts';

/** Whether a client asked for an answer later (RFC 7240, section 4.1). */
export function prefersAsync(prefer: string | string[] | undefined): boolean {
  return prefer !== undefined && /(?:^|,)\s*respond-async\s*(?:[;,]|$)/i.test(String(prefer));
}

export interface JobEvents {
  /** The request is a job from now on. */
  begin: () => void;
  /** The job has its answer, or was given up. */
  ended: (answer: KeptResponse) => void;
}

/**
 * Runs a request as a job: as soon as its body is there, it is answered with 202 and the address of
 * the job. What is refused before that is an answer of its own: then it rejects as the route does.
 */
export function runAsJob(call: Call, route: Route, { begin, ended }: JobEvents): Promise<void> {
  const { request, response, front } = call;
  const { exchange } = response;
  const kept = new KeptResponse(exchange === undefined ? undefined : { ...exchange });
  const accepted = Promise.withResolvers<void>();
  let job: Job | undefined;
  const read = request.readBody.bind(request);
  request.readBody = async (maxBytes) => {
    const body = await read(maxBytes);
    job = front.jobs.open({ client: exchange?.client ?? null, path: exchange?.path ?? '', response: kept });
    begin();
    const location = `/jobs/${job.id}`;
    answerBytes(response, 202, Buffer.from(JSON.stringify(describeJob(job))), jsonType, {
      Location: location,
      'Preference-Applied': 'respond-async',
    });
    accepted.resolve();
    return body;
  };
  const inner: Call = { ...call, response: kept };
  const finish = (error?: unknown): void => {
    // Some routes find out which model it is.
    call.model = inner.model;
    if (job === undefined) return accepted.reject(error);
    if (error !== undefined) answerError(kept, error);
    front.jobs.finish(job);
    ended(kept);
  };
  // At once, as a route without a job: what is awaited before a body is read makes that slower.
  const handle = async (): Promise<void> => route.handle(inner);
  void handle().then(() => finish(), finish);
  return accepted.promise;
}

/** What a client gets to know of a job. */
export function describeJob({ id, path, createdAt, finishedAt, response }: Job) {
  const finished = finishedAt === null ? null : new Date(finishedAt).toISOString();
  return {
    id,
    state: finishedAt === null ? 'running' : response.status < 400 ? 'succeeded' : 'failed',
    path,
    created: new Date(createdAt).toISOString(),
    finished,
    /** The status that its result has. */
    status: finishedAt === null ? null : response.status,
    result: `/jobs/${id}/result`,
  };
}
