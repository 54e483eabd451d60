import * as z from 'zod';
import { parseShapes } from '../../../onnx/feeds/given-sizes.ts';
import { parseRanges } from '../../../onnx/feeds/synthesize.ts';
import { addGolden } from '../../../registry/golden/add-golden.ts';
import { makeGolden, type MakeGoldenInput } from '../../../registry/golden/make-golden.ts';
import type { AddGoldenResult as Added } from '../../../registry/golden/golden-result.ts';
import { count, digest, modelName, reference, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { addGolden, makeGolden, parseRanges, parseShapes };

export type GoldenResult = Plain<Added>;

export interface AddGoldenOptions extends ChangeOptions {
  /** Add the set even if the version does not pass it. Then `message` is required. */
  force?: boolean;
}

export interface MakeGoldenOptions extends ChangeOptions {
  /** How many cases to generate. Default: 5. */
  cases?: number;
  /** Seed of the generated inputs. Default: 1. */
  seed?: number;
  /** Size of the first dimension of the inputs. */
  batch?: number;
  /** Sizes of named dimensions (`{ batch: 8 }`), or of inputs (`{ image: [1, 3, 224, 224] }`). */
  shapes?: Record<string, number | number[]>;
  /** Lowest and highest value by input. Default: 0 and 1. */
  ranges?: Record<string, [low: number, high: number]>;
  /** A file or folder of inputs, in the form of a golden set, instead of generated ones. */
  input?: string;
}

const output = () =>
  changing('golden', {
    ref: reference,
    name: modelName,
    version,
    golden: z
      .strictObject({
        digest,
        files: count,
        cases: count,
        self: z.boolean().describe("True: made from the version's own outputs"),
      })
      .describe('The golden set'),
    sets: count.describe('Number of golden sets that the version has now'),
    trial: z
      .strictObject({
        verdict: z
          .enum(['pass', 'fail', 'inconclusive'])
          .nullable()
          .describe('null: not tried, because ONNX Runtime is not installed'),
        reason: z.string(),
      })
      .nullable()
      .describe('Result of running the version on it; null: it was there before'),
  });

/** @internal */
export const goldenAddVerb = /* @__PURE__ */ defineVerb({
  name: 'golden.add',
  input: () =>
    z.strictObject({
      ref: given.explicitReference,
      path: given.path,
      force: given.flag,
      message: given.message,
    }),
  output,
  run: addGolden,
});

/** The schema of a range of values. */
const range = () => {
  const low = 'two numbers, the lower one first';
  return z
    .tuple([z.number({ error: low }), z.number({ error: low })], { error: low })
    .refine(([from, to]) => from <= to, { error: low });
};

/** @internal */
export const goldenMakeVerb = /* @__PURE__ */ defineVerb({
  name: 'golden.make',
  input: () =>
    z
      .strictObject({
        ref: given.explicitReference,
        cases: given.count(1, 1000).optional(),
        seed: given.count(0, 2 ** 32 - 1).optional(),
        batch: given.count(1, 1_000_000).optional(),
        shapes: z.record(z.string(), z.union([given.number, z.array(given.number)])).optional(),
        ranges: z.record(z.string(), range()).optional(),
        input: given.path.optional(),
        message: given.message,
      })
      .transform(({ input: inputFile, shapes, ranges, cases, seed, batch, ...rest }) => {
        const generated = { cases, seed, batch, shapes, ranges };
        const first = Object.entries(generated).find(([, value]) => value !== undefined);
        if (inputFile !== undefined && first !== undefined) throw given.notTogether('input', first[0]);
        return {
          ...rest,
          ...madeWith(generated),
          inputFile,
          shapes: new Map(Object.entries(shapes ?? {}).map(([name, sizes]) => [name, [sizes].flat()])),
          ranges: new Map(Object.entries(ranges ?? {})),
        };
      }),
  output,
  run: makeGolden,
});

/** The settings of generated inputs, with their defaults. @internal */
export function madeWith({
  cases = 5,
  seed = 1,
  batch,
}: Partial<Record<'cases' | 'seed' | 'batch', number | undefined>>): Pick<
  MakeGoldenInput,
  'cases' | 'seed' | 'batch'
> {
  return { cases, seed, batch };
}

export interface GoldenSets {
  /**
   * Adds a golden set to a version. Rejects `GATE_FAILED`, and adds nothing, if the version does
   * not pass it.
   *
   * @example
   * const { changed, sets } = await registry.golden.add('digits@1.1.0', 'golden.json');
   */
  add(ref: string, path: string, options?: AddGoldenOptions): Promise<GoldenResult>;
  /**
   * Makes a golden set of a version's own outputs, marked `self`. A golden gate does not pass on
   * such sets alone, unless the policy says so.
   *
   * @example
   * const { golden } = await registry.golden.make('digits@1.1.0', { cases: 10 });
   */
  make(ref: string, options?: MakeGoldenOptions): Promise<GoldenResult>;
}

export interface GoldenMethods {
  /** Golden sets of registered versions. */
  readonly golden: GoldenSets;
}

/** @internal */
export const goldenMethods = (call: Call): GoldenMethods => ({
  golden: {
    add: (ref, path, options) => call(goldenAddVerb, { ref, path }, options),
    make: (ref, options) => call(goldenMakeVerb, { ref }, options),
  },
});
