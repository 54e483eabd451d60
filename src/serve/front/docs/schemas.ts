import { datatypes, describeValue, openShape } from '../../engine/datatypes.ts';
import type { PlannedValue } from '../../engine/plan.ts';
import type { ServedVersion } from '../../served.ts';

/** JSON Schema, or a part of an OpenAPI document. */
export type Schema = Record<string, unknown>;

/** The bodies of a version, from its signature. */
export interface BodySchemas {
  InferRequest: Schema;
  InferResponse: Schema;
  PredictRequest: Schema;
  PredictResponse: Schema;
}

export function schemasOf(served: ServedVersion): BodySchemas {
  const { name, version, inputs, outputs } = served;
  const about = { model_name: { const: name }, model_version: { type: 'string', examples: [version] } };
  return {
    InferRequest: {
      type: 'object',
      required: ['inputs'],
      properties: {
        id: { type: 'string' },
        inputs: {
          type: 'array',
          minItems: inputs.length,
          maxItems: inputs.length,
          items: { oneOf: inputs.map(tensorOf) },
        },
        outputs: {
          type: 'array',
          description: 'Which outputs are wanted; absent: all',
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { enum: outputs.map((output) => output.name) } },
          },
        },
      },
    },
    InferResponse: {
      type: 'object',
      required: ['model_name', 'model_version', 'outputs'],
      properties: {
        ...about,
        id: { type: 'string' },
        outputs: { type: 'array', items: { oneOf: outputs.map(tensorOf) } },
      },
    },
    PredictRequest: { oneOf: rowsOf(inputs) },
    PredictResponse: {
      type: 'object',
      required: ['model_name', 'model_version', 'predictions'],
      properties: {
        ...about,
        predictions: {
          type: 'array',
          items: {
            type: 'object',
            required: outputs.map((output) => output.name),
            properties: Object.fromEntries(
              outputs.map((output) => [output.name, { description: describeValue(output) }]),
            ),
          },
        },
      },
    },
  };
}

/** `{"features": …}`, `{"records": …}`, or the records alone. */
function rowsOf(inputs: ServedVersion['inputs']): Schema[] {
  const [only] = inputs.length === 1 ? inputs : [];
  const member = (name: string, schema: Schema): Schema => ({
    type: 'object',
    required: [name],
    properties: { [name]: schema },
    additionalProperties: false,
  });
  const records: Schema = {
    type: 'array',
    items: { type: 'object', description: 'Values by column name; the columns fill the inputs' },
  };
  if (only === undefined) return [records, member('records', records)];
  const description = `The values of one row, or a list for each row, for ${only.name}: ${describeValue(only)}`;
  return [records, member('records', records), member('features', { type: 'array', description })];
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
      datatype: dtype === null ? { enum: Object.values(datatypes) } : { const: datatypes[dtype] },
      shape: {
        type: 'array',
        items: { type: 'integer', minimum: 0 },
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
      data: { type: 'array', description: 'Elements in row-major order, flat or nested' },
    },
  };
}
