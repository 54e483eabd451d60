import * as z from 'zod';
import { modelName, reference, stageName, version } from './kinds.ts';

/** yank and unyank. */
export const yankFields = {
  ref: reference,
  name: modelName,
  version,
  yanked: z.boolean().describe('As it is now'),
  stages: z.array(stageName).describe('Those that point at the version: a yank moves none'),
};
