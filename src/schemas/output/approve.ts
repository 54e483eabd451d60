import * as z from 'zod';
import { event } from '../event.ts';
import { modelName, reference, stageName, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const approve = changing('approve', {
  ref: reference,
  name: modelName,
  version,
  stage: stageName,
  approvals: z.array(z.string()).describe('Actors whose approvals count, in order'),
  event: event.describe('Event of the approval (this one or an earlier one)'),
});
