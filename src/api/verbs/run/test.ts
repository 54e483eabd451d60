import * as z from 'zod';
import { testFailure } from '../../../registry/inspect/test-failure.ts';
import type { TestResult as Tested } from '../../../registry/inspect/test-result.ts';
import { testVersion } from '../../../registry/inspect/test-version.ts';
import { count, digest, exactVersion } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import { jsonNumber, tolerance, worst, worstOfCase } from '../../../schemas/worst-element.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ByteSize, Duration } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { testFailure, testVersion };

export type TestResult = Plain<Tested>;

export interface TestOptions {
  /** A golden set on disk, instead of the stored ones. */
  against?: string;
  /** Absolute and relative tolerance, overriding those of the golden set. */
  atol?: number;
  rtol?: number;
  /** Give up after this long. Default: a minute for each case. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
}

const output = () => {
  const output = z.strictObject({
    output: z.string(),
    dtype: z.string(),
    match: z.boolean(),
    worst: worst.nullable(),
    elements: count,
    mismatches: count.describe('Number of elements beyond the tolerance'),
    maxAbs: jsonNumber.nullable(),
    maxRel: jsonNumber.nullable(),
    ...tolerance,
  });

  const goldenCase = z.strictObject({
    case: z.string().describe('cases[0] of a JSON file, or the folder of a data set'),
    set: digest.optional().describe('Golden set of the case, if the version has several'),
    match: z.boolean().nullable().describe('null: nothing was compared'),
    worst: worstOfCase.nullable().describe('Element with the largest error; null: all are equal'),
    outputs: z.array(output),
    skippedOutputs: z.array(z.string()),
    skipped: z.string().optional().describe('Why the case cannot be run'),
    error: z.string().optional().describe('Message of ONNX Runtime'),
  });

  return reading('test', {
    ...exactVersion,
    verdict: z.enum(['pass', 'fail', 'inconclusive']),
    status: z.enum(['ok', 'crash', 'timeout', 'oom', 'error']),
    error: z
      .strictObject({ message: z.string(), stderr: z.string(), case: z.string().nullable() })
      .nullable(),
    golden: z.strictObject({
      source: z.enum(['registered', 'file']).describe('registered: stored with the version'),
      digest: digest.nullable(),
      cases: count,
    }),
    goldenSets: z
      .array(
        z.strictObject({
          source: z.enum(['registered', 'added', 'file']),
          digest: digest.nullable().describe('null: a golden set on disk'),
          self: z.boolean().describe("True: made from the version's own outputs"),
          cases: count,
          verdict: z.enum(['pass', 'fail', 'inconclusive']),
        }),
      )
      .describe('Every golden set that was run; golden is the first. All of them must pass'),
    cases: z.array(goldenCase),
    skippedOutputs: z
      .array(z.strictObject({ name: z.string(), type: z.string() }))
      .describe('Outputs that were not compared in any case'),
    testable: z
      .boolean()
      .describe('False: this model cannot be run on a golden set, or its outputs cannot be compared'),
    onnxruntime: z.string().nullable(),
  });
};

/** @internal */
export const testVerb = /* @__PURE__ */ defineVerb({
  name: 'test',
  input: () =>
    z
      .strictObject({
        ref: given.reference,
        against: given.filledText.optional(),
        ...given.toleranceFields(),
        timeout: given.duration.optional(),
        memoryLimit: given.byteSize.optional(),
      })
      .transform(({ ref, against, timeout, memoryLimit, ...tolerance }) => ({
        ref,
        against,
        tolerance,
        timeoutMs: timeout,
        memoryLimitBytes: memoryLimit,
      })),
  output,
  run: testVersion,
});

export interface TestMethods {
  /**
   * Runs a version on its golden sets, in a child process, and compares the outputs. It resolves
   * with any result; check `verdict`.
   *
   * @example
   * const { verdict } = await registry.test('digits@staging');
   */
  test(ref: string, options?: TestOptions): Promise<TestResult>;
}

/** @internal */
export const testMethods = (call: Call): TestMethods => ({
  test: (ref, options) => call(testVerb, { ref }, options),
});
