import * as z from 'zod';
import { predicates, type PredicateKind } from '../../../core/versions/statement.ts';
import { attest, type Attestation as Attested } from '../../../registry/exchange/attest.ts';
import { gate } from '../../../schemas/gate.ts';
import { count, hexDigest, reference, stageName, time, uuid, version } from '../../../schemas/kinds.ts';
import { metricAmendment } from '../../../schemas/metric-amendment.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { attest };

export type Attestation = Plain<Attested>;

export interface AttestOptions {
  /** Only promotions to this stage. */
  stage?: string;
  /** Only statements of this kind. */
  predicate?: PredicateKind;
  /** All attempts, not only the last one for each stage. */
  all?: boolean;
}

const output = () => {
  const digestSet = z.strictObject({ sha256: hexDigest });

  const policy = z.strictObject({
    name: z.literal('policy'),
    digest: digestSet.describe('SHA-256 of the canonical JSON of the policy at that time'),
    mediaType: z.literal('application/json'),
    annotations: z.strictObject({ event: count.describe('Number of the event that applied it') }),
  });

  const attempt = z
    .strictObject({
      registry: uuid,
      ref: reference,
      stage: stageName,
      outcome: z.enum(['promoted', 'blocked']),
      from: version.nullable().describe('Previous holder; null: the stage was empty'),
      to: version.nullable().describe('New holder; null: the stage is empty'),
      generation: count.optional().describe('For a promotion: number of moves of the stage at that time'),
      overridden: z.array(z.string()).describe('Gates that did not pass and were overridden'),
      actor: z.string().describe('Actor name (not authenticated)'),
      message: z.string().nullable(),
      at: time,
      event: z
        .strictObject({ seq: z.int().positive(), hash: hexDigest })
        .describe("Of the registry's hash chain, whose head history --checkpoint gives"),
      gates: z.array(gate),
      amended: z
        .array(z.strictObject({ ...metricAmendment.shape, text: z.string().describe('The same as text') }))
        .optional()
        .describe('Metrics changed between the registration and the attempt'),
    })
    .meta({ id: 'JudgedAttempt', description: "mlreg's additions to the predicates" });

  const statement = {
    _type: z.literal('https://in-toto.io/Statement/v1'),
    subject: z
      .array(z.strictObject({ name: z.string(), digest: digestSet }))
      .describe('The manifest (its digest is that of the version), then the files'),
  };

  const testResult = z.strictObject({
    ...statement,
    predicateType: z.literal('https://in-toto.io/attestation/test-result/v0.1'),
    predicate: z.strictObject({
      result: z.enum(['PASSED', 'WARNED', 'FAILED']),
      configuration: z.array(policy).describe('Policy at that time; empty: none'),
      passedTests: z.array(z.string()).describe('Gates'),
      warnedTests: z.array(z.string()),
      failedTests: z.array(z.string()).describe('Gates that failed or were inconclusive'),
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

  return reading('attest', {
    ref: reference,
    file: z.string().nullable().describe('Output file, one statement per line; null: printed'),
    statements: z.array(z.union([testResult, promotion])).describe('in-toto statements, oldest first'),
  });
};

/** @internal */
export const attestVerb = /* @__PURE__ */ defineVerb({
  name: 'attest',
  input: () =>
    z.strictObject({
      ref: given.reference,
      stage: given.stageName.optional(),
      predicate: given.oneOf(predicates).optional(),
      all: given.flag,
    }),
  output,
  run: attest,
});

export interface AttestMethods {
  /**
   * Gate results of a version's promotions as unsigned in-toto statements. Rejects `NOT_FOUND` if
   * there are none.
   *
   * @example
   * const { statements } = await registry.attest('digits@production', { stage: 'production', predicate: 'promotion' });
   */
  attest(ref: string, options?: AttestOptions): Promise<Attestation>;
}

/** @internal */
export const attestMethods = (call: Call): AttestMethods => ({
  attest: (ref, options) => call(attestVerb, { ref }, options),
});
