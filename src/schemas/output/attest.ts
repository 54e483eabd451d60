import * as z from 'zod';
import { gate } from '../gate.ts';
import { count, hexDigest, reference, stageName, time, uuid, version } from '../kinds.ts';
import { metricAmendment } from '../metric-amendment.ts';
import { reading } from '../result.ts';

const digestSet = z.strictObject({ sha256: hexDigest });

const policy = z.strictObject({
  name: z.literal('policy'),
  digest: digestSet.describe('Of the canonical JSON of the policy in force then'),
  mediaType: z.literal('application/json'),
  annotations: z.strictObject({ event: count.describe('Number of the event that applied it') }),
});

const attempt = z
  .strictObject({
    registry: uuid,
    ref: reference,
    stage: stageName,
    outcome: z.enum(['promoted', 'blocked']),
    from: version.nullable().describe('The holder before; null: nobody'),
    to: version.nullable().describe('The holder after; null: nobody'),
    generation: count.optional().describe('Of a promotion: how many times the stage had moved then'),
    overridden: z.array(z.string()).describe('Gates that did not pass and were overridden'),
    actor: z.string().describe('A claim, not a proof'),
    message: z.string().nullable(),
    at: time,
    event: z
      .strictObject({ seq: z.int().positive(), hash: hexDigest })
      .describe("Of the registry's hash chain, whose head history --checkpoint gives"),
    gates: z.array(gate),
    amended: z
      .array(z.strictObject({ ...metricAmendment.shape, text: z.string().describe('The same for people') }))
      .optional()
      .describe('Metrics of the version that were changed between its registration and the attempt'),
  })
  .meta({ id: 'JudgedAttempt', description: 'What mlreg adds to the predicates' });

const statement = {
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(z.strictObject({ name: z.string(), digest: digestSet }))
    .describe('The manifest, whose digest is that of the version, then its files'),
};

const testResult = z.strictObject({
  ...statement,
  predicateType: z.literal('https://in-toto.io/attestation/test-result/v0.1'),
  predicate: z.strictObject({
    result: z.enum(['PASSED', 'WARNED', 'FAILED']),
    configuration: z.array(policy).describe('The policy in force then; empty: there was none'),
    passedTests: z.array(z.string()).describe('Gates'),
    warnedTests: z.array(z.string()),
    failedTests: z.array(z.string()).describe('Gates that failed, or that could not be judged'),
    mlreg: attempt,
  }),
});

const promotion = z.strictObject({
  ...statement,
  predicateType: z.literal('https://in-toto.io/attestation/svr/v0.1'),
  predicate: z.strictObject({
    verifier: z.strictObject({
      id: z.string().describe('The registry: urn:uuid: and its id'),
      policy: policy.optional(),
    }),
    timeCreated: time,
    properties: z
      .array(z.string())
      .describe('mlreg:promoted:STAGE, and mlreg:gate: with each gate that passed'),
    mlreg: attempt,
  }),
});

export const attest = reading('attest', {
  ref: reference,
  file: z.string().nullable().describe('Where they were written, one a line; null: they were printed'),
  statements: z.array(z.union([testResult, promotion])).describe('in-toto statements, oldest first'),
});
