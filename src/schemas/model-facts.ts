import * as z from 'zod';

/** What `mlreg describe NAME` says about a model. */
export const modelFacts = () => ({
  description: z.string().nullable().describe('Of the model; null: none'),
  owner: z.string().nullable().describe('Of the model; null: none'),
});
