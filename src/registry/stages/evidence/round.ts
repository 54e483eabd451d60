import type { BenchSettings } from '../../../core/events/policy.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Evidence } from '../../../gates/gate-kinds.ts';
import type { Gate } from '../../../gates/gate-kind.ts';
import type { Registry } from '../../registry.ts';
import type { VerifiedCopies } from '../../verified-copies.ts';
import type { EvidenceMemory } from './memory.ts';

/** One judgement of a promotion, as the providers of its evidence see it. */
export interface Round {
  registry: Registry;
  candidate: VersionRecord;
  /** All gates to be judged: one measurement may decide several. */
  gates: readonly Gate<Evidence>[];
  memory: EvidenceMemory;
  settings: BenchSettings;
  /** A dry run: nothing is stored. */
  dryRun: boolean;
  /** Where gates that run a model take it from. */
  copies: VerifiedCopies;
}
