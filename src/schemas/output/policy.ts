import * as z from 'zod';
import { policySchema } from '../../core/policy.ts';
import { event } from '../event.ts';
import { gate } from '../gate.ts';
import { modelName, reference, stageName, version } from '../kinds.ts';
import { changing } from '../result.ts';

/** policy show and apply. */
const inForce = changing('policy', {
  policy: policySchema
    .meta({ id: 'Policy' })
    .nullable()
    .describe('As it was applied; null: none was, or it asks nothing of the stage'),
  event: event.nullable().describe('Applied the policy; null: none was'),
});

const checked = changing('policy', {
  ref: reference,
  name: modelName,
  version,
  stage: stageName,
  holder: version.nullable().describe('Who holds the stage now; null: nobody'),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).describe('Of all gates together'),
  gates: z.array(gate),
});

export const policy = z.union([inForce, checked]);
