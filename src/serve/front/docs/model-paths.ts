import type { ServedVersion } from '../../served.ts';
import { imageBodies, labelAnswer } from './image-schemas.ts';
import { ofModels, operation, preferParameter } from './operation.ts';
import type { BodySchemas, Schema } from './schemas.ts';

/** References to the parts of one version. */
export function partsOf(key: string) {
  return {
    schema: (name: keyof BodySchemas): Schema => ({ $ref: `#/components/schemas/${key}.${name}` }),
    example: (name: string): Schema => ({ golden: { $ref: `#/components/examples/${key}.${name}` } }),
  };
}

type Parts = ReturnType<typeof partsOf>;

/** What a model answers at one of its addresses. `path`: as `Address.path`. */
export function pathsOf(path: string, { schema, example }: Parts, takesImages: boolean): Schema {
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

/** Where MLflow's clients ask, of the first model. */
export function invocationsPath({ name }: ServedVersion, { example }: Parts): Schema {
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
