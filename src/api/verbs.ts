import type { Call } from './call.ts';
import { approveMethods, approveVerb, type ApproveMethods } from './verbs/stages/approve.ts';
import { attestMethods, attestVerb, type AttestMethods } from './verbs/exchange/attest.ts';
import { backupMethods, backupVerb, type BackupMethods } from './verbs/maintain/backup.ts';
import {
  benchMatrixVerb,
  benchMethods,
  benchVerb,
  benchesVerb,
  recheckBenchVerb,
  storedBenchVerb,
  type BenchMethods,
} from './verbs/run/bench.ts';
import { cardOutput } from './verbs/inspect/card.ts';
import { compareMethods, compareVerb, type CompareMethods } from './verbs/inspect/compare.ts';
import {
  compareOnDataMethods,
  compareOnDataVerb,
  type CompareOnDataMethods,
} from './verbs/run/compare-on-data.ts';
import { completionOutput } from './verbs/maintain/completion.ts';
import { versionOutput } from './verbs/maintain/version.ts';
import { deleteMethods, deleteModelVerb, deleteVerb, type DeleteMethods } from './verbs/versions/delete.ts';
import { demoteMethods, demoteVerb, type DemoteMethods } from './verbs/stages/demote.ts';
import {
  describeMethods,
  describeModelVerb,
  describeVerb,
  type DescribeMethods,
} from './verbs/versions/describe.ts';
import { doctorOutput } from './verbs/maintain/doctor.ts';
import { driftMethodsOf, driftVerb, type DriftMethods } from './verbs/run/drift.ts';
import { evaluateMethods, evaluateVerb, type EvaluateMethods } from './verbs/run/evaluate.ts';
import { exportMethods, exportVerb, type ExportMethods } from './verbs/exchange/export.ts';
import { feedbackMethods, feedbackVerb, type FeedbackMethods } from './verbs/run/feedback.ts';
import { gcMethods, gcVerb, type GcMethods } from './verbs/maintain/gc.ts';
import { goldenAddVerb, goldenMakeVerb, goldenMethods, type GoldenMethods } from './verbs/versions/golden.ts';
import { checkpointVerb, historyMethods, historyVerb, type HistoryMethods } from './verbs/inspect/history.ts';
import { importMethods, importVerb, type ImportMethods } from './verbs/exchange/import.ts';
import { initOutput } from './verbs/maintain/init.ts';
import { lineageMethods, lineageVerb, type LineageMethods } from './verbs/inspect/lineage.ts';
import { listMethods, listModelsVerb, listVersionsVerb, type ListMethods } from './verbs/inspect/list.ts';
import { monitorMethods, monitorVerb, type MonitorMethods } from './verbs/stages/monitor.ts';
import {
  policyApplyVerb,
  policyCheckVerb,
  policyRemoveVerb,
  policyMethods,
  policyShowVerb,
  type PolicyMethods,
} from './verbs/stages/policy.ts';
import { predictMethods, predictVerb, type PredictMethods } from './verbs/run/predict.ts';
import { profileMethods, profileVerb, type ProfileMethods } from './verbs/run/profile.ts';
import { promoteMethods, promoteVerb, type PromoteMethods } from './verbs/stages/promote.ts';
import { pullMethods, pullVerb, type PullMethods } from './verbs/exchange/pull.ts';
import { registerMethods, registerVerb, type RegisterMethods } from './verbs/versions/register.ts';
import { rollbackMethods, rollbackVerb, type RollbackMethods } from './verbs/stages/rollback.ts';
import { showMethods, showVerb, type ShowMethods } from './verbs/inspect/show.ts';
import { serveMethods, serveVerb, type ServeMethods } from './verbs/run/serve.ts';
import { selfTestMethods, selfTestVerb, type SelfTestMethods } from './verbs/run/serve-selftest.ts';
import { serveStatusOutput } from './verbs/run/serve-status.ts';
import {
  stageAddVerb,
  stageListVerb,
  stageMethods,
  stageRemoveVerb,
  type StageMethods,
} from './verbs/stages/stage.ts';
import { tagMethods, tagVerb, type TagMethods } from './verbs/versions/tag.ts';
import { testMethods, testVerb, type TestMethods } from './verbs/run/test.ts';
import { trendMethods, trendVerb, type TrendMethods } from './verbs/inspect/trend.ts';
import { verifyMethods, verifyVerb, type VerifyMethods } from './verbs/maintain/verify.ts';
import { watchMethods, watchVerb, type WatchMethods } from './verbs/stages/watch.ts';
import { unyankVerb, yankMethods, yankVerb, type YankMethods } from './verbs/versions/yank.ts';

/** Every verb, and what else prints JSON, in the order of the published schema. @internal */
export const verbs = [
  initOutput,
  registerVerb,
  listModelsVerb,
  listVersionsVerb,
  showVerb,
  compareVerb,
  compareOnDataVerb,
  trendVerb,
  lineageVerb,
  cardOutput,
  attestVerb,
  promoteVerb,
  rollbackVerb,
  demoteVerb,
  historyVerb,
  checkpointVerb,
  watchVerb,
  monitorVerb,
  predictVerb,
  driftVerb,
  evaluateVerb,
  feedbackVerb,
  profileVerb,
  benchVerb,
  benchMatrixVerb,
  benchesVerb,
  storedBenchVerb,
  recheckBenchVerb,
  testVerb,
  serveVerb,
  selfTestVerb,
  serveStatusOutput,
  goldenAddVerb,
  goldenMakeVerb,
  pullVerb,
  exportVerb,
  importVerb,
  verifyVerb,
  gcVerb,
  backupVerb,
  tagVerb,
  describeVerb,
  describeModelVerb,
  yankVerb,
  unyankVerb,
  deleteVerb,
  deleteModelVerb,
  stageListVerb,
  stageAddVerb,
  stageRemoveVerb,
  policyShowVerb,
  policyApplyVerb,
  policyCheckVerb,
  policyRemoveVerb,
  approveVerb,
  doctorOutput,
  completionOutput,
  versionOutput,
] as const;

/** The methods of an open registry. */
export interface VerbMethods
  extends
    RegisterMethods,
    ListMethods,
    ShowMethods,
    CompareMethods,
    CompareOnDataMethods,
    DriftMethods,
    EvaluateMethods,
    FeedbackMethods,
    ProfileMethods,
    TrendMethods,
    LineageMethods,
    AttestMethods,
    PromoteMethods,
    RollbackMethods,
    DemoteMethods,
    HistoryMethods,
    WatchMethods,
    MonitorMethods,
    PredictMethods,
    BenchMethods,
    TestMethods,
    ServeMethods,
    SelfTestMethods,
    GoldenMethods,
    PullMethods,
    ExportMethods,
    ImportMethods,
    VerifyMethods,
    GcMethods,
    BackupMethods,
    TagMethods,
    DescribeMethods,
    YankMethods,
    DeleteMethods,
    StageMethods,
    PolicyMethods,
    ApproveMethods {}

/** @internal */
export function verbMethods(call: Call): VerbMethods {
  return {
    ...registerMethods(call),
    ...listMethods(call),
    ...showMethods(call),
    ...compareMethods(call),
    ...compareOnDataMethods(call),
    ...driftMethodsOf(call),
    ...evaluateMethods(call),
    ...feedbackMethods(call),
    ...profileMethods(call),
    ...trendMethods(call),
    ...lineageMethods(call),
    ...attestMethods(call),
    ...promoteMethods(call),
    ...rollbackMethods(call),
    ...demoteMethods(call),
    ...historyMethods(call),
    ...watchMethods(call),
    ...monitorMethods(call),
    ...predictMethods(call),
    ...benchMethods(call),
    ...testMethods(call),
    ...serveMethods(call),
    ...selfTestMethods(call),
    ...goldenMethods(call),
    ...pullMethods(call),
    ...exportMethods(call),
    ...importMethods(call),
    ...verifyMethods(call),
    ...gcMethods(call),
    ...backupMethods(call),
    ...tagMethods(call),
    ...describeMethods(call),
    ...yankMethods(call),
    ...deleteMethods(call),
    ...stageMethods(call),
    ...policyMethods(call),
    ...approveMethods(call),
  };
}
