import type { Schema } from './schemas.ts';

const refusals: Readonly<Record<number, string>> = {
  400: 'The request does not fit the model: name, type, shape or value, what was expected and what came',
  401: 'No valid token',
  404: 'No such model or version is served',
  409: 'The job is still running: see Retry-After',
  413: 'The body is too large',
  415: 'The type or encoding of the body is not known',
  429: 'Too many requests wait: see Retry-After',
  500: 'The model failed',
  503: 'Not ready, or stopping: see Retry-After',
  504: 'No answer within the deadline',
};
/** What any inference may be refused with. */
export const ofModels = [400, 401, 404, 413, 415, 429, 500, 503, 504];

export const preferParameter: Schema = {
  name: 'Prefer',
  in: 'header',
  description: 'respond-async: the answer is 202 with the address of a job, which gives the result later',
  schema: { type: 'string' },
};

const acceptedResponse: Schema = {
  description: 'Accepted as a job, with `Prefer: respond-async`',
  headers: { Location: { description: 'The path of the job', schema: { type: 'string' } } },
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Job' } } },
};

/** What is said of one method of a path. */
interface Operation {
  id: string;
  summary: string;
  tag?: string;
  /** Of its answer. */
  content?: Schema;
  failures?: readonly number[];
  /** Whether it can be answered by a job. */
  later?: boolean;
}

/** Its place in the document: see https://spec.openapis.org/oas/v3.1.0#operation-object. */
export function operation({ id, summary, tag, content, failures = [], later }: Operation): Schema {
  const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return {
    operationId: id,
    summary,
    ...(tag === undefined ? {} : { tags: [tag] }),
    responses: {
      200: {
        description: 'The answer',
        content: { 'application/json': content ?? { schema: { type: 'object' } } },
      },
      ...(later === true ? { 202: acceptedResponse } : {}),
      ...Object.fromEntries(
        failures.map((status) => [status, { description: refusals[status], content: error }]),
      ),
    },
  };
}
