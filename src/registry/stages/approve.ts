import {
  formatReference,
  type Reference,
  type ModelName,
  type StageName,
} from '../../core/versions/reference.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import type { Version } from '../../core/versions/version.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { isIntact } from '../../storage/hash-chain.ts';
import type { Approvals } from '../../gates/kinds/approvals.ts';
import { amendmentsOf } from '../versions/amendments.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireStage, resolve } from '../resolve.ts';

export interface ApproveInput {
  ref: Required<Reference>;
  stage: StageName;
  message?: string | undefined;
}

export interface ApproveResult {
  ref: string;
  name: ModelName;
  version: Version;
  stage: StageName;
  changed: boolean;
  /** The approvers that count for the stage, in order. */
  approvals: string[];
  event: RegistryEvent;
  warnings: string[];
}

/** Records that the actor approves a version for a stage: what `approvals>=N` counts. */
export async function approve(
  registry: Registry,
  { ref, stage, message }: ApproveInput,
): Promise<ApproveResult> {
  const record = await resolve(registry, ref);
  await requireStage(registry, stage);
  const { name, version } = record;
  const by = authorship(registry, message);
  const { changed, event } = await registry.metadata.approve({ name, version, stage, ...by });
  const warnings = [
    ...(by.actor === record.actor
      ? [`${by.actor} registered the version, so this approval does not count`]
      : []),
    ...(record.yanked === null
      ? []
      : [`the version is yanked and cannot be promoted: ${record.yanked.reason}`]),
  ];
  const { actors: approvals } = await approvalsOf(registry, record, stage);
  return { ref: formatReference(name, version), name, version, stage, changed, approvals, event, warnings };
}

/** More than any gate can require. */
const most = 10_000;

/**
 * Distinct actors who approved the version, without the one who registered it, in the order of
 * their approvals. An actor is a claim, not a proof. An event that was tampered with does not
 * count, nor does an approval from before the last change of a metric.
 */
export async function approvalsOf(
  registry: Registry,
  record: VersionRecord,
  stage: StageName,
): Promise<Approvals> {
  const { name, version, actor } = record;
  const query = { model: name, version, stage, actions: ['approve'] as const, limit: most };
  const events = (await registry.metadata.events(query)).filter(isIntact).toReversed();
  const amended = await amendmentsOf(registry, record);
  const last = amended.findLast(({ registry: elsewhere }) => elsewhere === null);
  const others = events.filter((event) => event.actor !== actor);
  const counts = others.filter(({ seq }) => last === undefined || seq > last.event);
  const actors = new Set(counts.map((event) => event.actor));
  const outdated = new Map(others.filter((one) => !actors.has(one.actor)).map((one) => [one.actor, one.seq]));
  return {
    actors: [...actors],
    outdated: [...outdated].map(([by, event]) => ({ actor: by, event })),
    amended: last ?? null,
  };
}
