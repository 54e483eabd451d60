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
export type { ApproveResult } from './api/verbs/stages/approve.ts';
export type { AttestOptions, Attestation } from './api/verbs/exchange/attest.ts';
export type { BackupResult } from './api/verbs/maintain/backup.ts';
export type {
  BenchList,
  BenchOptions,
  BenchResult,
  MatrixOptions,
  MatrixResult,
  RecheckOptions,
  StoredBench,
} from './api/verbs/run/bench.ts';
export type { CompareOnDataOptions, CompareOnDataResult } from './api/verbs/run/compare-on-data.ts';
export type { CompareResult } from './api/verbs/inspect/compare.ts';
export type { DeleteModelResult, DeleteResult } from './api/verbs/versions/delete.ts';
export type { DemoteOptions } from './api/verbs/stages/demote.ts';
export type {
  DescribeModelOptions,
  DescribeModelResult,
  DescribeOptions,
  DescribeResult,
} from './api/verbs/versions/describe.ts';
export type { DriftOptions, DriftResult } from './api/verbs/run/drift.ts';
export type { EvaluateOptions, EvaluateResult } from './api/verbs/run/evaluate.ts';
export type { FeedbackOptions, FeedbackResult } from './api/verbs/run/feedback.ts';
export type { ProfileOptions, ProfileResult } from './api/verbs/run/profile.ts';
export type { ScoreOptions } from './api/score.ts';
export type { ExportOptions, ExportResult } from './api/verbs/exchange/export.ts';
export type { CollectOptions, CollectResult } from './api/verbs/maintain/gc.ts';
export type {
  AddGoldenOptions,
  GoldenResult,
  GoldenSets,
  MakeGoldenOptions,
} from './api/verbs/versions/golden.ts';
export type { HistoryOptions, HistoryResult } from './api/verbs/inspect/history.ts';
export type { ImportOptions, ImportResult } from './api/verbs/exchange/import.ts';
export type { Lineage } from './api/verbs/inspect/lineage.ts';
export type {
  ListOptions,
  ModelList,
  ModelListOptions,
  VersionList,
  VersionListOptions,
} from './api/verbs/inspect/list.ts';
export type { MonitorOptions, MonitorResult } from './api/verbs/stages/monitor.ts';
export type { CheckOptions, PolicyCheck, PolicyRemoval, PolicyResult } from './api/verbs/stages/policy.ts';
export type { PredictOptions, PredictResult } from './api/verbs/run/predict.ts';
export type { TableOptions } from './api/table.ts';
export type { MoveResult, PromoteOptions } from './api/verbs/stages/promote.ts';
export type { PullOptions, PullResult } from './api/verbs/exchange/pull.ts';
export type { RegisterOptions, RegisterResult } from './api/verbs/versions/register.ts';
export type { RollbackOptions } from './api/verbs/stages/rollback.ts';
export type { RunningServer, ServeOptions } from './api/verbs/run/serve.ts';
export type { SelfTestOptions, SelfTestReport } from './api/verbs/run/serve-selftest.ts';
export type { ShowResult } from './api/verbs/inspect/show.ts';
export type { DeclaredStages, StagesResult } from './api/verbs/stages/stage.ts';
export type { TagResult } from './api/verbs/versions/tag.ts';
export type { TestOptions, TestResult } from './api/verbs/run/test.ts';
export type { Trend, TrendOptions } from './api/verbs/inspect/trend.ts';
export type { Checkpoint, VerifyOptions, VerifyResult } from './api/verbs/maintain/verify.ts';
export type { StageMove, WatchOptions } from './api/verbs/stages/watch.ts';
export type { YankResult } from './api/verbs/versions/yank.ts';
