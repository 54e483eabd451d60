import * as z from 'zod';
import { policySchema } from '../../core/events/policy.ts';
import { event } from '../event.ts';
import { gate } from '../gate.ts';
import { modelName, reference, stageName, version } from '../kinds.ts';
import { changing } from '../result.ts';

/** policy show and apply. */
const inForce = changing('policy', {
  policy: policySchema
    .meta({ id: 'Policy' })
    .nullable()
    .describe('The policy as applied; null: none, or no requirements for the stage'),
  event: event.nullable().describe('Event that applied the policy; null: none'),
});

const checked = changing('policy', {
  ref: reference,
  name: modelName,
  version,
  stage: stageName,
  holder: version.nullable().describe('Current holder; null: the stage is empty'),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).describe('Combined verdict of the gates'),
  gates: z.array(gate),
});

export const policy = z.union([inForce, checked]);
