import packageJson from '../../../../package.json' with { type: 'json' };
import { datatypes, describeValue, openShape } from '../../engine/datatypes.ts';
import type { PlannedValue } from '../../engine/plan.ts';
import type { ServedVersion } from '../../served.ts';
import { answerJson } from '../answer.ts';
import type { Call, Route } from '../route.ts';

type Schema = Record<string, unknown>;

/** What is served now, as OpenAPI 3.1: paths and bodies of each model, from its signature. */
function openapi({ response, front }: Call): void {
  const served = front.models.names().flatMap((name) => front.models.find(name) ?? []);
  answerJson(response, 200, {
    openapi: '3.1.0',
    info: {
      title: 'mlreg serve',
      version: packageJson.version,
      description: 'Models of a registry. A model of a stage changes when another version is promoted.',
    },
    paths: Object.assign(
      {
        '/v2/health/ready': { get: operation('ready', 'Whether requests are taken', [], yes, [503]) },
      },
      ...served.map(pathsOf),
    ) as Schema,
    components: {
      schemas: {
        Error: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
      },
    },
  });
}

const yes: Schema = { type: 'object' };
const refusals: Readonly<Record<number, string>> = {
  400: 'The request does not fit the model: name, type, shape or value, what was expected and what came',
  413: 'The body is too large',
  415: 'The type or encoding of the body is not known',
  429: 'Too many requests wait: see Retry-After',
  500: 'The model failed',
  503: 'Not ready, or stopping: see Retry-After',
  504: 'No answer within the deadline',
};
const ofModels = [400, 413, 415, 429, 500, 503, 504];

function pathsOf({ name, inputs, outputs }: ServedVersion): Schema {
  const tensors: Schema = {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: { type: 'string' },
      inputs: { type: 'array', minItems: inputs.length, items: { oneOf: inputs.map(tensorOf) } },
    },
  };
  const answer: Schema = {
    type: 'object',
    properties: {
      model_name: { const: name },
      model_version: { type: 'string' },
      outputs: { type: 'array', items: { oneOf: outputs.map(tensorOf) } },
    },
  };
  const [only] = inputs.length === 1 ? inputs : [];
  const records: Schema = {
    type: 'array',
    items: { type: 'object', description: 'Values by column name; the columns fill the inputs' },
  };
  const rows: Schema[] = [
    records,
    { type: 'object', required: ['records'], properties: { records }, additionalProperties: false },
  ];
  if (only !== undefined) {
    const features = {
      type: 'array',
      description: `The values of one row, or a list for each row, for ${only.name}: ${describeValue(only)}`,
    };
    rows.push({
      type: 'object',
      required: ['features'],
      properties: { features },
      additionalProperties: false,
    });
  }
  const predictions: Schema = {
    type: 'object',
    properties: {
      model_name: { const: name },
      model_version: { type: 'string' },
      predictions: {
        type: 'array',
        items: { type: 'object', required: outputs.map((output) => output.name) },
      },
    },
  };
  const text = { schema: { type: 'string', description: 'A table with its header in the first line' } };
  return {
    [`/predict/${name}`]: {
      post: {
        ...operation(
          `predict ${name}`,
          `Predictions of ${name} for rows of a table`,
          [name],
          predictions,
          ofModels,
        ),
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { oneOf: rows } }, 'text/csv': text },
        },
      },
    },
    [`/v2/models/${name}/infer`]: {
      post: {
        ...operation(`infer ${name}`, `Outputs of ${name} for tensors`, [name], answer, ofModels),
        requestBody: { required: true, content: { 'application/json': { schema: tensors } } },
      },
    },
    [`/v2/models/${name}`]: {
      get: operation(`metadata ${name}`, `Inputs and outputs of ${name}`, [name], yes, [503]),
    },
  };
}

function tensorOf(value: PlannedValue): Schema {
  const { name, dtype, shape } = value;
  const sizes = openShape(shape);
  return {
    type: 'object',
    required: ['name', 'datatype', 'shape'],
    description: describeValue(value),
    properties: {
      name: { const: name },
      ...(dtype === null ? {} : { datatype: { const: datatypes[dtype] } }),
      shape: {
        type: 'array',
        ...(sizes.length === 0
          ? {}
          : {
              prefixItems: sizes.map((size) =>
                size < 0 ? { type: 'integer', minimum: 0 } : { const: size },
              ),
              minItems: sizes.length,
              maxItems: sizes.length,
            }),
      },
      data: { type: 'array' },
    },
  };
}

function operation(
  operationId: string,
  summary: string,
  tags: readonly string[],
  schema: Schema,
  failures: readonly number[],
): Schema {
  const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return {
    operationId,
    summary,
    tags,
    responses: {
      200: { description: 'The answer', content: { 'application/json': { schema } } },
      ...Object.fromEntries(
        failures.map((status) => [status, { description: refusals[status], content: error }]),
      ),
    },
  };
}

/** What tools that make clients read. */
export const openapiRoutes: readonly Route[] = [{ method: 'GET', path: '/openapi.json', handle: openapi }];
