import * as z from 'zod';
import { event } from '../event.ts';
import { modelName, reference, stageName, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const approve = changing('approve', {
  ref: reference,
  name: modelName,
  version,
  stage: stageName,
  approvals: z.array(z.string()).describe('Who has approved it for the stage and counts, in order'),
  event: event.describe('Records the approval, this one or the one before'),
});
