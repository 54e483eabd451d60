import * as z from 'zod';
import { modelName, reference, stageName, version } from './kinds.ts';

/** yank and unyank. */
export const yankFields = {
  ref: reference,
  name: modelName,
  version,
  yanked: z.boolean().describe('Current value'),
  stages: z.array(stageName).describe('Stages that point at the version (a yank does not move them)'),
};
