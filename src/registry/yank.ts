import type { ModelName } from '../core/model-name.ts';
import { formatReference, type Reference } from '../core/reference.ts';
import type { StageName } from '../core/stage.ts';
import type { Version } from '../core/version.ts';
import { authorship, type Registry } from './registry.ts';
import { resolve } from './resolve.ts';

export interface YankResult {
  ref: string;
  name: ModelName;
  version: Version;
  yanked: boolean;
  changed: boolean;
  /** Stages that point at the version; a yank never moves them. */
  stages: StageName[];
  warnings: string[];
}

/** Marks a version unfit for `latest`, ranges and promotion, with a reason; a `null` reason lifts the mark. */
export async function yank(
  registry: Registry,
  { ref, reason, message }: { ref: Required<Reference>; reason: string | null; message?: string },
): Promise<YankResult> {
  const { name, version } = await resolve(registry, ref);
  const { changed, stages } = await registry.metadata.yank({
    name,
    version,
    reason,
    ...authorship(registry, message),
  });
  const warnings =
    reason === null
      ? []
      : stages.map((stage) => `${stage} still points at it: mlreg rollback ${name} --stage ${stage}`);
  return {
    ref: formatReference(name, version),
    name,
    version,
    yanked: reason !== null,
    changed,
    stages,
    warnings,
  };
}
