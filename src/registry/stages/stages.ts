import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { StageName } from '../../core/versions/reference.ts';
import { authorship, type Registry } from '../registry.ts';

export interface StagesResult {
  /** In order: the path of a version. */
  stages: StageName[];
  changed: boolean;
  warnings: string[];
}

/** The stages that the registry declares. */
export async function listStages(registry: Registry): Promise<StagesResult> {
  return { stages: await registry.metadata.stages(), changed: false, warnings: [] };
}

/**
 * Declares a stage after `after`, or at the end. A stage that is already declared keeps its place;
 * a warning says if that is not after `after`.
 */
export async function addStage(
  registry: Registry,
  { stage, after, message }: { stage: StageName; after?: StageName; message?: string },
): Promise<StagesResult> {
  const { outcome, stages } = await registry.metadata.addStage({
    stage,
    ...(after === undefined ? {} : { after }),
    ...authorship(registry, message),
  });
  if (after !== undefined && !stages.includes(after)) {
    throw new MlregError('NOT_FOUND', `unknown stage ${quote(after)}`, {
      hint: `declared stages: ${stages.join(', ')}`,
    });
  }
  const elsewhere =
    outcome === 'exists' && after !== undefined && stages.indexOf(after) !== stages.indexOf(stage) - 1;
  const warnings = elsewhere
    ? [`${stage} is already declared and was not moved (order: ${stages.join(', ')})`]
    : [];
  return { stages, changed: outcome === 'added', warnings };
}

/**
 * Removes a stage from the declared ones. CONFLICT while a version of any model holds it; its
 * history stays.
 */
export async function removeStage(
  registry: Registry,
  { stage, message }: { stage: StageName; message?: string },
): Promise<StagesResult> {
  const answer = await registry.metadata.removeStage({ stage, ...authorship(registry, message) });
  if (answer.outcome === 'held') {
    const [first = ''] = answer.models;
    throw new MlregError(
      'CONFLICT',
      `${stage} is not empty: versions of ${answer.models.join(', ')} hold it`,
      {
        hint: `empty it first: mlreg demote ${first} --stage ${stage}`,
        details: { stage, models: answer.models },
      },
    );
  }
  if (answer.outcome === 'unknown') {
    throw new MlregError('NOT_FOUND', `unknown stage ${quote(stage)}`, {
      hint: `declared stages: ${answer.stages.join(', ')}`,
    });
  }
  return { stages: answer.stages, changed: true, warnings: [] };
}
