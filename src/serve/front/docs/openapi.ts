import { imageBodies, labelAnswer } from './image-schemas.ts';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { ServedVersion } from '../../served.ts';
import type { FrontContext } from '../route.ts';
import { type Address, addressesOf } from './addresses.ts';
import { type BodySchemas, type Schema, schemasOf } from './schemas.ts';

/** What is served now, as OpenAPI 3.1: paths and bodies of each model, from its signature. */
export async function openapiDocument({ models, guard }: FrontContext): Promise<Schema> {
  const addresses = addressesOf(models);
  const keys = keysOf(addresses);
  const paths: Schema[] = addresses.map(({ path, served }) =>
    pathsOf(path, partsOf(keys.get(served) ?? ''), 'plan' in served.images),
  );
  const first = addresses[0]?.served;
  if (first !== undefined) paths.push(invocationsPath(first, partsOf(keys.get(first) ?? '')));
  const schemas: Schema = { Error: errorSchema, Job: jobSchema };
  const examples: Schema = {};
  for (const [served, key] of keys) {
    for (const [name, schema] of Object.entries(schemasOf(served))) schemas[`${key}.${name}`] = schema;
    Object.assign(examples, await examplesOf(served, key));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'mlreg serve',
      version: packageJson.version,
      description:
        'Models of a registry. A model of a stage changes when another version is promoted. An example ' +
        "is a case of a version's golden set.",
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    ...(guard.needsToken ? { security: [{ token: [] }] } : {}),
    paths: Object.assign(serverPaths(), jobPaths(), ...paths.map((path) => prune(path, examples))) as Schema,
    components: {
      schemas,
      examples,
      ...(guard.needsToken ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

const errorSchema = { type: 'object', required: ['error'], properties: { error: { type: 'string' } } };

/** Component names cannot have slashes: `team__digits.1.0.0`, with a number if that is taken. */
function keysOf(addresses: readonly Address[]): Map<ServedVersion, string> {
  const keys = new Map<ServedVersion, string>();
  const taken = new Set<string>();
  for (const { served } of addresses) {
    if (keys.has(served)) continue;
    const plain = `${served.name.replaceAll('/', '__')}.${served.version.replaceAll(/[^\w.-]/g, '_')}`;
    let key = plain;
    for (let number = 2; taken.has(key); number++) key = `${plain}.${number}`;
    taken.add(key);
    keys.set(served, key);
  }
  return keys;
}

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
const ofModels = [400, 401, 404, 413, 415, 429, 500, 503, 504];

/** References to the parts of one version. */
function partsOf(key: string) {
  return {
    schema: (name: keyof BodySchemas): Schema => ({ $ref: `#/components/schemas/${key}.${name}` }),
    example: (name: string): Schema => ({ golden: { $ref: `#/components/examples/${key}.${name}` } }),
  };
}

type Parts = ReturnType<typeof partsOf>;

/** `path`: as `Address.path`. */
function pathsOf(path: string, { schema, example }: Parts, takesImages: boolean): Schema {
  const [tag = ''] = path.split('/versions/', 1);
  const later = { parameters: [preferParameter] };
  const text = { schema: { type: 'string', description: 'A table with its header in the first line' } };
  return {
    [`/predict/${path}`]: {
      post: {
        ...operation({
          id: `predict ${path}`,
          summary: `Predictions of ${path} for rows of a table`,
          tag,
          content: {
            schema: takesImages
              ? { anyOf: [schema('PredictResponse'), labelAnswer] }
              : schema('PredictResponse'),
          },
          failures: ofModels,
          later: true,
        }),
        ...later,
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: schema('PredictRequest'), examples: example('predict') },
            'text/csv': text,
            ...(takesImages ? imageBodies : {}),
          },
        },
      },
    },
    [`/v2/models/${path}/infer`]: {
      post: {
        ...operation({
          id: `infer ${path}`,
          summary: `Outputs of ${path} for tensors`,
          tag,
          content: { schema: schema('InferResponse'), examples: example('answer') },
          failures: ofModels,
          later: true,
        }),
        ...later,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schema('InferRequest'), examples: example('infer') } },
        },
      },
    },
    [`/v2/models/${path}`]: {
      get: operation({
        id: `metadata ${path}`,
        summary: `Inputs and outputs of ${path}`,
        tag,
        failures: [401, 404, 503],
      }),
    },
    [`/v2/models/${path}/ready`]: {
      get: operation({
        id: `ready ${path}`,
        summary: `Whether ${path} takes requests`,
        tag,
        failures: [401, 404, 503],
      }),
    },
  };
}

function invocationsPath({ name }: ServedVersion, { example }: Parts): Schema {
  const post: Schema = operation({
    id: 'invocations',
    summary: `Predictions of ${name}, the first model, as MLflow's scoring server answers`,
    tag: name,
    content: { schema: { type: 'object', required: ['predictions'] } },
    failures: ofModels,
    later: true,
  });
  const content = {
    'application/json': {
      schema: {
        oneOf: ['dataframe_split', 'dataframe_records', 'instances', 'inputs'].map((field) => ({
          type: 'object',
          required: [field],
        })),
      },
      examples: example('invocations'),
    },
    'text/csv': { schema: { type: 'string' } },
  };
  return {
    '/invocations': {
      post: { ...post, parameters: [preferParameter], requestBody: { required: true, content } },
    },
  };
}

const preferParameter: Schema = {
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

const jobSchema: Schema = {
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
function jobPaths(): Schema {
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
function serverPaths(): Schema {
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

function operation({ id, summary, tag, content, failures = [], later }: Operation): Schema {
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

async function examplesOf(served: ServedVersion, key: string): Promise<Schema> {
  const found = await served.example();
  if (found === undefined) return {};
  const { name, version } = served;
  const { inputs, outputs, predict, invocations } = found;
  const values = {
    infer: { inputs },
    answer: outputs.length === 0 ? undefined : { model_name: name, model_version: version, outputs },
    predict,
    invocations,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([way, value]) =>
      value === undefined
        ? []
        : [[`${key}.${way}`, { summary: `A case of the golden set of ${served.ref}`, value }]],
    ),
  );
}

/** Leaves out references to examples that there are not. */
function prune(paths: Schema, examples: Schema): Schema {
  const prefix = '#/components/examples/';
  return JSON.parse(JSON.stringify(paths), (key, value: unknown) => {
    if (key !== 'examples') return value;
    const { golden } = value as { golden?: { $ref?: string } };
    return golden?.$ref?.startsWith(prefix) === true &&
      !Object.hasOwn(examples, golden.$ref.slice(prefix.length))
      ? undefined
      : value;
  }) as Schema;
}
