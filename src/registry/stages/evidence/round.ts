import type { BenchSettings } from '../../../core/events/policy.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Evidence } from '../../../gates/gate-kinds.ts';
import type { Gate } from '../../../gates/gate-kind.ts';
import type { Registry } from '../../registry.ts';
import type { VerifiedCopies } from '../../verified-copies.ts';
import type { EvidenceMemory } from './memory.ts';

/** One judgement of a promotion, for who provides its evidence. */
export interface Round {
  registry: Registry;
  candidate: VersionRecord;
  /** All that are to be judged: some are found out together. */
  gates: readonly Gate<Evidence>[];
  memory: EvidenceMemory;
  settings: BenchSettings;
  /** Only asked what would happen: nothing is kept. */
  dryRun: boolean;
  /** What the gates that run a model take it from. */
  copies: VerifiedCopies;
}
