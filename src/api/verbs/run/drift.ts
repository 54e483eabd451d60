import { resolve } from 'node:path';
import * as z from 'zod';
import {
  type Correction,
  corrections,
  driftMethods,
  type DriftMethod,
} from '../../../core/measurements/drift.ts';
import type { DriftResult as Drifted } from '../../../drift/drift-report.ts';
import { driftVersion } from '../../../drift/drift-version.ts';
import type { ColumnChoice } from '../../../predict/columns/column-choice.ts';
import { type AskedType, askedTypes } from '../../../profile/column-state.ts';
import { driftReport } from '../../../schemas/drift-report.ts';
import { count, exactVersion, uuid } from '../../../schemas/kinds.ts';
import { programRun } from '../../../schemas/program-run.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { bindingFields, tableKind } from '../../table.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { driftVersion };
/** @internal */
export { driftFailure } from '../../../drift/drift-failure.ts';
/** @internal */
export { describeFailure, failureOf, runWith } from '../../../registry/stages/run-program.ts';
/** @internal */
export { locationText } from '../../../registry/registry.ts';

export type DriftResult = Plain<Drifted>;

export interface DriftOptions {
  /** The file of live data. */
  live: string;
  /** The file that it is compared with. Default: the stored profile of the version. */
  reference?: string;
  /** The format of both files, if their names do not tell: `csv`, `tsv.gz`, `jsonl`, `parquet`. */
  inputFormat?: string;
  /** The column of the right answers, which is no input of the model. */
  target?: string;
  /** Methods by the names of columns; the others are chosen by type and number of rows. */
  methods?: Readonly<Record<string, DriftMethod>>;
  /** The method of all columns that it can judge. */
  method?: DriftMethod;
  /** Thresholds by the names of columns. */
  thresholds?: Readonly<Record<string, number>>;
  /** The threshold of all other columns. Default: 0.05 for p-values, 0.1 for distances. */
  threshold?: number;
  /** Bins of PSI, KL, JS and Hellinger: `sturges` (the default), `deciles`, or how many. */
  bins?: 'sturges' | 'deciles' | number;
  /** Types by the names of columns, instead of guesses. `ignore` leaves a column out. */
  types?: Readonly<Record<string, AskedType>>;
  /** Correct p-values for being many. */
  correction?: Correction;
  /** The data set drifts when this share of its columns does. Default: 0.5. */
  share?: number;
  /** The columns of the model's input, in order. Default: by the names of the inputs, or all. */
  columns?: readonly ColumnChoice[];
  /** The columns of each input, by the input's name. */
  map?: Readonly<Record<string, readonly ColumnChoice[]>>;
  /** Columns that are no inputs. */
  exclude?: readonly ColumnChoice[];
  /** Store the result with the version. */
  save?: boolean;
}

const limit = 'a number of at least 0';

/** @internal */
export const driftVerb = /* @__PURE__ */ defineVerb({
  name: 'drift',
  input: () => {
    const threshold = z.number({ error: limit }).nonnegative({ error: limit });
    const method = given.oneOf(driftMethods);
    return z
      .strictObject({
        ref: given.reference,
        live: given.path,
        reference: given.path.optional(),
        inputFormat: tableKind('inputFormat'),
        target: given.text.optional(),
        methods: z.record(z.string(), method).optional(),
        method: method.optional(),
        thresholds: z.record(z.string(), threshold).optional(),
        threshold: threshold.optional(),
        bins: z.union([z.enum(['sturges', 'deciles']), given.count(2, 10_000)]).optional(),
        types: z.record(z.string(), given.oneOf(askedTypes)).optional(),
        correction: given.oneOf(corrections).optional(),
        share: z.number().gt(0).max(1).optional(),
        ...bindingFields(),
        save: given.flag,
      })
      .transform(({ ref, live, reference, inputFormat: kind, target, share, save, ...rest }) => {
        const { columns, map, exclude, methods, thresholds, types, bins, ...judge } = rest;
        const table = (path: string) => ({ path: resolve(path), kind, kindFlag: 'inputFormat' });
        return {
          ref,
          live: table(live),
          reference: reference === undefined ? null : table(reference),
          target: target ?? null,
          judge: {
            methods: new Map(Object.entries(methods ?? {})),
            method: judge.method ?? null,
            thresholds: new Map(Object.entries(thresholds ?? {})),
            threshold: judge.threshold ?? null,
            types: new Map(Object.entries(types ?? {})),
            bins: bins ?? ('sturges' as const),
            correction: judge.correction ?? null,
          },
          share: share ?? 0.5,
          columns,
          map,
          exclude,
          save: save === true,
        };
      });
  },
  output: () =>
    changing('drift', {
      ...exactVersion,
      ...driftReport,
      saved: z.strictObject({ id: uuid, event: count }).nullable().describe('null: not saved'),
      exec: programRun.nullable().describe('With --exec, and drift: the program that was run'),
    }),
  run: driftVersion,
});

export interface DriftMethods {
  /**
   * Compares live data with what a version was trained on, column by column. `drifted` says whether it
   * has moved.
   *
   * @example
   * const { drifted, columns } = await registry.drift('digits@production', {
   *   reference: 'train.csv',
   *   live: 'today.csv',
   * });
   */
  drift(ref: string, options: DriftOptions): Promise<DriftResult>;
}

/** @internal */
export const driftMethodsOf = (call: Call): DriftMethods => ({
  drift: (ref, options) => call(driftVerb, { ref }, options),
});
