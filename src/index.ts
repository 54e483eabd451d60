/// <reference lib="esnext.disposable" preserve="true" />
/**
 * mlreg as a library: `import { openRegistry } from 'mlreg'`. The verbs of the command line as methods of an open registry, with
 * the same rules, on the same files, at the same time as the command if need be.
 */
export {
  createRegistry,
  openRegistry,
  type CreateOptions,
  type ModelRegistry,
  type RegistryOptions,
} from './library/open.ts';
export { isMlregError, MlregError, type ErrorCode, type ErrorDetails } from './core/errors.ts';
export type { DataEntry, Metadata, MetadataInput } from './core/metadata/metadata.ts';
export type {
  BenchList,
  BenchOptions,
  BenchResult,
  MatrixOptions,
  MatrixResult,
  RecheckOptions,
  StoredBench,
} from './library/bench.ts';
export type { ChangeOptions } from './api/options.ts';
export type { DeleteResult } from './api/verbs/delete.ts';
export type { DescribeOptions, DescribeResult } from './api/verbs/describe.ts';
export type { TagResult } from './api/verbs/tag.ts';
export type { YankResult } from './api/verbs/yank.ts';
export type {
  CompareResult,
  Lineage,
  TestOptions,
  TestResult,
  Trend,
  TrendOptions,
} from './library/comparisons.ts';
export type { DeclaredStages, StagesResult } from './library/declared-stages.ts';
export type { ExportOptions, ExportResult, ImportOptions, ImportResult } from './library/exports.ts';
export type { BackupResult, CollectOptions, CollectResult } from './library/maintenance.ts';
export type { Policy } from './core/events/policy.ts';
export type {
  ApproveResult,
  AttestOptions,
  Attestation,
  CheckOptions,
  PolicyCheck,
  PolicyResult,
} from './library/policies.ts';
export type { RegisterOptions, RegisterResult } from './library/register.ts';
export type {
  DemoteOptions,
  HistoryOptions,
  HistoryResult,
  MoveResult,
  PromoteOptions,
  RollbackOptions,
  StageMove,
  WatchOptions,
} from './library/stages.ts';
export type { ByteSize, Duration } from './library/values.ts';
export type {
  ListOptions,
  ModelList,
  PageOptions,
  PullOptions,
  PullResult,
  ShowResult,
  Checkpoint,
  VerifyOptions,
  VerifyResult,
  VersionList,
  VersionListOptions,
} from './library/versions.ts';
