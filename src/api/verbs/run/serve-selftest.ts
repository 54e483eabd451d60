import * as z from 'zod';
import { MlregError } from '../../../core/errors.ts';
import { parseGrpcUrl, parseServerUrl } from '../../../serve/observe/ask-status.ts';
import { selfTest, type SelfTestCase, type SelfTestResult } from '../../../serve/selftest/selftest.ts';
import { digest, modelName, reference, version } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import { worstOfCase } from '../../../schemas/worst-element.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { parseGrpcUrl, parseServerUrl, selfTest };
export type { SelfTestCase, SelfTestResult };

export type SelfTestReport = Plain<SelfTestResult>;

export interface SelfTestOptions {
  /** A server that runs. Default: one is started for the test, and stopped. */
  url?: string;
  /** With `url`: its address for gRPC, such as `grpc://127.0.0.1:8081`. Default: gRPC is not tested. */
  grpcUrl?: string;
  /** For a server that asks for one. */
  token?: string;
}

const output = () =>
  reading('serve', {
    ref: reference,
    name: modelName,
    version,
    digest,
    url: z.string().describe('The server that was asked'),
    started: z.boolean().describe('Whether it was started for the test'),
    verdict: z.enum(['pass', 'fail', 'inconclusive']),
    cases: z.array(
      z
        .strictObject({
          case: z.string(),
          set: digest.optional().describe('Golden set of the case, if the version has several'),
          way: z.enum(['rest-json', 'rest-binary', 'grpc']).describe('How it was asked'),
          match: z.boolean().nullable().describe('null: nothing was compared'),
          worst: worstOfCase.nullable().describe('Element with the largest error; null: all are equal'),
          skipped: z.string().optional().describe('Why it could not be asked in this way'),
          error: z.string().optional().describe('What the server answered instead'),
        })
        .meta({ id: 'SelfTestCase', description: 'A golden case, asked in one way' }),
    ),
  });

/** @internal */
export const selfTestVerb = /* @__PURE__ */ defineVerb({
  name: 'serve.selftest',
  input: () =>
    z
      .strictObject({
        ref: given.reference,
        url: given.filledText.optional(),
        grpcUrl: given.filledText.optional(),
        token: given.filledText.optional(),
      })
      .transform(({ url, grpcUrl, ...rest }) => ({
        ...rest,
        url: url === undefined ? undefined : parseServerUrl(url),
        grpcUrl: grpcUrl === undefined ? undefined : parseGrpcUrl(grpcUrl),
      })),
  output,
  run: selfTest,
});

/** The error to exit with; undefined if everything matches. */
export function selfTestFailure({
  ref,
  verdict,
  cases,
  url,
  started,
}: SelfTestResult): MlregError | undefined {
  if (verdict === 'pass') return undefined;
  const bad = cases.filter(({ match, error }) => match === false || error !== undefined);
  const [first] = bad;
  const where = started ? 'a server of its own' : url;
  const what =
    verdict === 'inconclusive'
      ? `nothing of the golden sets of ${ref} could be compared`
      : `${ref} on ${where} fails ${bad.length} of ${cases.length} requests of its golden sets, first ${first?.case ?? ''} by ${first?.way ?? ''}`;
  return new MlregError('GATE_FAILED', what, {
    hint: `compare with the model alone: mlreg test ${ref}`,
    details: { ref, verdict },
  });
}

export interface SelfTestMethods {
  /**
   * Sends the inputs of a version's golden sets to a server in each way that clients have, and
   * compares the answers. It resolves with any result; check `verdict`.
   *
   * @example
   * const { verdict } = await registry.selfTest('digits@production');
   */
  selfTest(ref: string, options?: SelfTestOptions): Promise<SelfTestReport>;
}

/** @internal */
export const selfTestMethods = (call: Call): SelfTestMethods => ({
  selfTest: (ref, options) => call(selfTestVerb, { ref }, options),
});
