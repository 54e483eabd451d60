/// <reference lib="esnext.disposable" preserve="true" />
/**
 * mlreg as a library: `import { openRegistry } from 'mlreg'`. The verbs of the command line as
 * methods of an open registry, with the same rules, on the same files, at the same time as the
 * command if need be.
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
export type { Policy } from './core/events/policy.ts';
export type { ByteSize, ChangeOptions, Duration, PageOptions } from './api/options.ts';
export type { ApproveResult } from './api/verbs/approve.ts';
export type { AttestOptions, Attestation } from './api/verbs/attest.ts';
export type { BackupResult } from './api/verbs/backup.ts';
export type {
  BenchList,
  BenchOptions,
  BenchResult,
  MatrixOptions,
  MatrixResult,
  RecheckOptions,
  StoredBench,
} from './api/verbs/bench.ts';
export type { CompareResult } from './api/verbs/compare.ts';
export type { DeleteModelResult, DeleteResult } from './api/verbs/delete.ts';
export type { DemoteOptions } from './api/verbs/demote.ts';
export type {
  DescribeModelOptions,
  DescribeModelResult,
  DescribeOptions,
  DescribeResult,
} from './api/verbs/describe.ts';
export type { ExportOptions, ExportResult } from './api/verbs/export.ts';
export type { CollectOptions, CollectResult } from './api/verbs/gc.ts';
export type { AddGoldenOptions, GoldenResult, GoldenSets, MakeGoldenOptions } from './api/verbs/golden.ts';
export type { HistoryOptions, HistoryResult } from './api/verbs/history.ts';
export type { ImportOptions, ImportResult } from './api/verbs/import.ts';
export type { Lineage } from './api/verbs/lineage.ts';
export type {
  ListOptions,
  ModelList,
  ModelListOptions,
  VersionList,
  VersionListOptions,
} from './api/verbs/list.ts';
export type { CheckOptions, PolicyCheck, PolicyRemoval, PolicyResult } from './api/verbs/policy.ts';
export type { MoveResult, PromoteOptions } from './api/verbs/promote.ts';
export type { PullOptions, PullResult } from './api/verbs/pull.ts';
export type { RegisterOptions, RegisterResult } from './api/verbs/register.ts';
export type { RollbackOptions } from './api/verbs/rollback.ts';
export type { ShowResult } from './api/verbs/show.ts';
export type { DeclaredStages, StagesResult } from './api/verbs/stage.ts';
export type { TagResult } from './api/verbs/tag.ts';
export type { TestOptions, TestResult } from './api/verbs/test.ts';
export type { Trend, TrendOptions } from './api/verbs/trend.ts';
export type { Checkpoint, VerifyOptions, VerifyResult } from './api/verbs/verify.ts';
export type { StageMove, WatchOptions } from './api/verbs/watch.ts';
export type { YankResult } from './api/verbs/yank.ts';
