import * as z from 'zod';
import { isMlregError } from '../../../core/errors.ts';
import { lookAround, show, type ShowResult as Shown } from '../../../registry/inspect/show.ts';
import { artifactFile, onnxModel, signature, storedVersion } from '../../../schemas/artifact.ts';
import { benched, benchReport } from '../../../schemas/bench-report.ts';
import { evaluationReport } from '../../../schemas/evaluation-report.ts';
import { gate } from '../../../schemas/gate.ts';
import { digest, reference, stageName, texts, time, uuid } from '../../../schemas/kinds.ts';
import { metadata } from '../../../schemas/metadata.ts';
import { modelFacts } from '../../../schemas/model-facts.ts';
import { metricAmendment } from '../../../schemas/metric-amendment.ts';
import { profileSummary } from '../../../schemas/profile.ts';
import { numbering, source } from '../../../schemas/registration.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { lookAround, show };

export type ShowResult = Plain<Shown>;

const output = () => {
  const yank = z.strictObject({ at: time, actor: z.string(), reason: z.string() });

  const amended = z.strictObject({
    description: z.string().optional(),
    metrics: z.record(z.string(), z.number()).optional(),
  });

  const bench = z
    .strictObject({
      id: uuid,
      at: time,
      fingerprint: z.string().describe('Fingerprint of the machine: compare only equal ones'),
      baseline: benched.nullable().optional(),
      ...benchReport.shape,
    })
    .meta({ id: 'StoredBench', description: 'A stored benchmark' });

  const evaluation = z
    .strictObject({
      id: uuid,
      at: time.describe('Time at which it was saved'),
      fingerprint: z.string().describe('Of data, target and task: compare only equal ones'),
      ...evaluationReport.shape,
    })
    .meta({ id: 'StoredEvaluation', description: 'A saved evaluation' });

  const profile = z
    .strictObject({ id: uuid, at: time.describe('Time at which it was stored'), ...profileSummary })
    .meta({ id: 'StoredProfile', description: 'What its data looked like' });

  const promotionGate = z
    .strictObject({
      ...gate.shape,
      stage: stageName,
      at: time,
      action: z.enum(['promote', 'blocked']).describe('blocked: the gates blocked the promotion'),
      event: z.int().positive().describe('Number of the event'),
    })
    .meta({ id: 'PromotionGate', description: 'Gate result of a promotion' });

  return reading('show', {
    ...storedVersion,
    entry: z.string().nullable().describe('The ONNX file among the files; null: none'),
    stages: z.array(stageName).describe('Stages that point at it'),
    since: z.record(stageName, time).describe('Time since which each stage points at it'),
    yanked: z.union([z.literal(false), yank]),
    model: z.strictObject(modelFacts()).describe('What is said about the model as a whole'),
    tags: texts.describe('Current tags; metadata.tags are those of the registration'),
    metadata: metadata.describe('Current value'),
    amended: amended.nullable().describe('Changes by describe since the registration; null: none'),
    amendments: z
      .array(metricAmendment)
      .describe('Last change of each metric since the registration, in the order of the events'),
    golden: z
      .strictObject({ digest, files: z.array(artifactFile) })
      .nullable()
      .describe('Golden set of its registration; null: none'),
    goldenSets: z
      .array(
        z.strictObject({
          digest,
          files: z.array(artifactFile),
          source: z.enum(['registered', 'added']),
          self: z.boolean().describe("True: made from the version's own outputs"),
          at: time,
          actor: z.string(),
        }),
      )
      .describe('All golden sets: that of the registration, then those added later'),
    signature: signature.nullable(),
    onnx: onnxModel.nullable(),
    files: z.array(artifactFile),
    executable: z
      .array(z.string())
      .nullable()
      .describe('Paths of files with the executable bit, which pull restores; null: none, or not recorded'),
    source,
    ...numbering,
    createdAt: time,
    actor: z.string().describe('Actor who registered it'),
    imported: z
      .strictObject({ at: time, actor: z.string(), registry: uuid })
      .nullable()
      .describe('Time and actor of the import, and id of the source registry; null: registered here'),
    benches: z.array(bench).describe('Latest first'),
    evaluations: z.array(evaluation).describe('Saved evaluations, latest first'),
    profile: profile.nullable().describe('Latest stored profile of its data; null: none'),
    gates: z
      .array(promotionGate)
      .describe('Gate results of its promotions, latest first, including blocked ones'),
    parents: z.array(reference),
    children: z.array(reference).describe('Versions derived from this one'),
  });
};

/** @internal */
export const showVerb = /* @__PURE__ */ defineVerb({
  name: 'show',
  input: () => z.strictObject({ ref: given.reference }),
  output,
  run: (registry, { ref }) => show(registry, ref),
});

export interface ShowMethods {
  /**
   * A version with its current metadata, the stages that point at it and its benchmarks. A bare
   * name means `latest`.
   *
   * @example
   * const { record, metadata } = await registry.show('digits@production');
   * console.log(record.version, metadata.metrics);
   */
  show(ref: string): Promise<ShowResult>;
  /**
   * Like `show`, but resolves with undefined if there is no such model, version or holder.
   *
   * @example
   * const production = await registry.find('digits@production');
   * const accuracy = production?.metadata.metrics?.['accuracy'] ?? 0;
   */
  find(ref: string): Promise<ShowResult | undefined>;
}

/** @internal */
export const showMethods = (call: Call): ShowMethods => ({
  show: (ref) => call(showVerb, { ref }, {}),
  find: async (ref) => {
    try {
      return await call(showVerb, { ref }, {});
    } catch (error) {
      if (isMlregError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  },
});
