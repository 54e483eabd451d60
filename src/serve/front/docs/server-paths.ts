import { operation } from './operation.ts';
import type { Schema } from './schemas.ts';

export const jobSchema: Schema = {
  type: 'object',
  required: ['id', 'state', 'path', 'created', 'finished', 'status', 'result'],
  properties: {
    id: { type: 'string' },
    state: { enum: ['running', 'succeeded', 'failed'] },
    path: { type: 'string', description: 'What was asked' },
    created: { type: 'string', format: 'date-time' },
    finished: { type: ['string', 'null'], format: 'date-time' },
    status: { type: ['integer', 'null'], description: 'The status that the result has' },
    result: { type: 'string', description: 'The path of the result' },
  },
};

/** Requests that are answered later. */
export function jobPaths(): Schema {
  const job = { schema: { $ref: '#/components/schemas/Job' } };
  const tag = 'jobs';
  const parameters = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }];
  const jobs = {
    schema: { type: 'object', properties: { jobs: { type: 'array', items: job.schema } } },
  };
  const forget: Schema = operation({
    id: 'delete job',
    summary: 'Cancels and forgets a job',
    tag,
    failures: [401, 404],
  });
  return {
    '/jobs': { get: operation({ id: 'jobs', summary: 'Your jobs', tag, content: jobs, failures: [401] }) },
    '/jobs/{id}': {
      parameters,
      get: operation({ id: 'job', summary: 'The state of a job', tag, content: job, failures: [401, 404] }),
      delete: {
        ...forget,
        responses: { ...(forget['responses'] as Schema), 200: undefined, 204: { description: 'It is gone' } },
      },
    },
    '/jobs/{id}/result': {
      parameters,
      get: operation({
        id: 'result',
        summary: 'What the request would have been answered at once, with its status',
        tag,
        failures: [401, 404, 409],
      }),
    },
  };
}

/** Paths that are about no model. */
export function serverPaths(): Schema {
  const open = { security: [] };
  const text = (id: string, summary: string): Schema => ({
    ...operation({ id, summary, failures: [401] }),
    responses: {
      200: { description: 'The answer', content: { 'text/plain': { schema: { type: 'string' } } } },
    },
  });
  return {
    '/v2': { get: operation({ id: 'server', summary: 'Name, version and extensions', failures: [401] }) },
    '/v2/health/live': {
      get: { ...operation({ id: 'live', summary: 'Whether the process is there' }), ...open },
    },
    '/v2/health/ready': {
      get: { ...operation({ id: 'ready', summary: 'Whether requests are taken', failures: [503] }), ...open },
    },
    '/v2/models/stats': {
      get: operation({ id: 'stats', summary: 'Counts and times of each version', failures: [401] }),
    },
    '/v2/repository/index': {
      post: operation({
        id: 'index',
        summary: 'Every version that is served',
        content: { schema: { type: 'array', items: { type: 'object' } } },
        failures: [401],
      }),
    },
    '/metrics': { get: text('metrics', 'Metrics for Prometheus') },
  };
}
