import * as z from 'zod';
import { count } from './kinds.ts';

export const jsonNumber = z.union([z.number(), z.string()]).meta({
  id: 'JsonNumber',
  description: 'NaN, infinities and integers that do not fit a double are strings',
});

const element = z.union([z.number(), z.string(), z.boolean()]);

export const tolerance = { atol: z.number(), rtol: z.number() };

export const worst = z.strictObject({
  index: z.array(count).nullable().describe('null: type or shape differs'),
  expected: element,
  actual: element,
  abs: jsonNumber.nullable(),
  rel: jsonNumber.nullable(),
});

export const worstOfCase = z.strictObject({
  ...worst.shape,
  output: z.string(),
  dtype: z.string(),
  ...tolerance,
});
