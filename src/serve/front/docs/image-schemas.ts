import type { Schema } from './schemas.ts';

const file: Schema = { type: 'string', format: 'binary' };

/** The bodies of `/predict` that hold pictures, by their types. */
export const imageBodies: Schema = {
  'image/jpeg': { schema: file },
  'image/png': { schema: file },
  'image/webp': { schema: file },
  'multipart/form-data': { schema: { type: 'object', properties: { image: file } } },
};

const score: Schema = {
  label: { type: 'string' },
  confidence: { type: 'number', minimum: 0, maximum: 1 },
};

/** The answer to pictures where labels are known. */
export const labelAnswer: Schema = {
  type: 'object',
  required: ['model_name', 'model_version', 'predictions'],
  properties: {
    model_name: { type: 'string' },
    model_version: { type: 'string' },
    predictions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['label', 'confidence', 'top'],
        properties: {
          file: { type: 'string' },
          ...score,
          top: { type: 'array', items: { type: 'object', properties: score } },
        },
      },
    },
  },
};
