import { Refusal } from '../../engine/refusal.ts';
import { answerBytes, answerJson, answerNothing } from '../answer.ts';
import type { Job } from '../jobs.ts';
import type { Call, Route } from '../route.ts';
import { describeJob } from '../run-job.ts';

function jobOf({ id = '', front, response }: Call): Job {
  return front.jobs.find(id, response.exchange?.client ?? null);
}

function list({ front, response }: Call): void {
  answerJson(response, 200, { jobs: front.jobs.of(response.exchange?.client ?? null).map(describeJob) });
}

function state(call: Call): void {
  answerJson(call.response, 200, describeJob(jobOf(call)));
}

/** As it would have been answered at once. */
function result(call: Call): void {
  const { finishedAt, response } = jobOf(call);
  if (finishedAt === null) {
    call.response.setHeader('Retry-After', '1');
    throw new Refusal(409, 'the job is still running: ask again');
  }
  const { status, body, type, headers } = response;
  answerBytes(call.response, status, body, type, headers);
}

function remove(call: Call): void {
  call.front.jobs.drop(jobOf(call));
  answerNothing(call.response);
}

/** Requests that were sent with `Prefer: respond-async`. */
export const jobRoutes: readonly Route[] = [
  { method: 'GET', path: '/jobs', handle: list },
  { method: 'GET', path: '/jobs/{id}', handle: state },
  { method: 'DELETE', path: '/jobs/{id}', handle: remove },
  { method: 'GET', path: '/jobs/{id}/result', handle: result },
];
