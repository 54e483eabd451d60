import { MlregError } from '../../core/errors.ts';
import {
  type GateResult,
  type GateVerdict,
  sayFailing,
  worstVerdict,
} from '../../core/events/gate-result.ts';
import {
  type StageName,
  type ModelName,
  type Reference,
  formatReference,
} from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import type { Registry } from '../registry.ts';
import { refuseUnfit, requireStage, resolve } from '../resolve.ts';
import { withVerifiedCopies } from '../verified-copies.ts';
import { type GateInput, judgeOf } from './judge-promotion.ts';

export interface CheckPromotionInput extends Omit<GateInput, 'dryRun'> {
  ref: Reference;
  stage: StageName;
}

export interface CheckPromotionResult {
  ref: string;
  name: ModelName;
  version: Version;
  stage: StageName;
  /** The current holder of the stage; null: the stage is empty. */
  holder: Version | null;
  /**
   * `inconclusive`: no gate fails, but at least one could not be decided. Without gates: `pass`.
   */
  verdict: GateVerdict;
  gates: GateResult[];
  /** The command to run next; null if the verdict is `pass`. */
  hint: string | null;
  warnings: string[];
}

/**
 * Judges a version as a promotion would, without changing anything. The current holder of the stage
 * is judged as well.
 */
export async function checkPromotion(
  registry: Registry,
  { ref, stage, ...input }: CheckPromotionInput,
): Promise<CheckPromotionResult> {
  const record = await resolve(registry, ref);
  await requireStage(registry, stage);
  const { name, version } = record;
  const { pointer, gates, hint } = await withVerifiedCopies(registry, 'promote', async (copies) => {
    const judge = await judgeOf(registry, record, stage, { ...input, dryRun: true }, copies);
    await refuseUnfit(registry, record, stage);
    const pointer = await registry.metadata.pointer(name, stage);
    return { pointer, ...(await judge(pointer)) };
  });
  return {
    ref: formatReference(name, version),
    name,
    version,
    stage,
    holder: pointer.version,
    verdict: worstVerdict(gates) ?? 'pass',
    gates,
    hint,
    warnings: gates.length === 0 ? [`${stage} has no promotion requirements`] : [],
  };
}

/** GATE_FAILED unless the verdict is `pass`. */
export function checkFailure({
  ref,
  stage,
  verdict,
  gates,
  hint,
}: CheckPromotionResult): MlregError | undefined {
  if (verdict === 'pass') return undefined;
  const failing = gates.filter((gate) => gate.verdict !== 'pass');
  return new MlregError(
    'GATE_FAILED',
    `${ref} does not meet the requirements of ${stage}: ${sayFailing(failing)}`,
    {
      hint: hint ?? `see the requirements: mlreg policy show ${stage}`,
      details: { ref, stage, gates: failing },
    },
  );
}
