import type { Call } from './call.ts';
import { approveMethods, approveVerb, type ApproveMethods } from './verbs/approve.ts';
import { attestMethods, attestVerb, type AttestMethods } from './verbs/attest.ts';
import { backupMethods, backupVerb, type BackupMethods } from './verbs/backup.ts';
import {
  benchMatrixVerb,
  benchMethods,
  benchVerb,
  benchesVerb,
  recheckBenchVerb,
  storedBenchVerb,
  type BenchMethods,
} from './verbs/bench.ts';
import { cardOutput } from './verbs/card.ts';
import { compareMethods, compareVerb, type CompareMethods } from './verbs/compare.ts';
import { completionOutput } from './verbs/completion.ts';
import { versionOutput } from './verbs/version.ts';
import { deleteMethods, deleteModelVerb, deleteVerb, type DeleteMethods } from './verbs/delete.ts';
import { demoteMethods, demoteVerb, type DemoteMethods } from './verbs/demote.ts';
import { describeMethods, describeModelVerb, describeVerb, type DescribeMethods } from './verbs/describe.ts';
import { doctorOutput } from './verbs/doctor.ts';
import { exportMethods, exportVerb, type ExportMethods } from './verbs/export.ts';
import { gcMethods, gcVerb, type GcMethods } from './verbs/gc.ts';
import { goldenAddVerb, goldenMakeVerb, goldenMethods, type GoldenMethods } from './verbs/golden.ts';
import { checkpointVerb, historyMethods, historyVerb, type HistoryMethods } from './verbs/history.ts';
import { importMethods, importVerb, type ImportMethods } from './verbs/import.ts';
import { initOutput } from './verbs/init.ts';
import { lineageMethods, lineageVerb, type LineageMethods } from './verbs/lineage.ts';
import { listMethods, listModelsVerb, listVersionsVerb, type ListMethods } from './verbs/list.ts';
import {
  policyApplyVerb,
  policyCheckVerb,
  policyRemoveVerb,
  policyMethods,
  policyShowVerb,
  type PolicyMethods,
} from './verbs/policy.ts';
import { promoteMethods, promoteVerb, type PromoteMethods } from './verbs/promote.ts';
import { pullMethods, pullVerb, type PullMethods } from './verbs/pull.ts';
import { registerMethods, registerVerb, type RegisterMethods } from './verbs/register.ts';
import { rollbackMethods, rollbackVerb, type RollbackMethods } from './verbs/rollback.ts';
import { showMethods, showVerb, type ShowMethods } from './verbs/show.ts';
import {
  stageAddVerb,
  stageListVerb,
  stageMethods,
  stageRemoveVerb,
  type StageMethods,
} from './verbs/stage.ts';
import { tagMethods, tagVerb, type TagMethods } from './verbs/tag.ts';
import { testMethods, testVerb, type TestMethods } from './verbs/test.ts';
import { trendMethods, trendVerb, type TrendMethods } from './verbs/trend.ts';
import { verifyMethods, verifyVerb, type VerifyMethods } from './verbs/verify.ts';
import { watchMethods, watchVerb, type WatchMethods } from './verbs/watch.ts';
import { unyankVerb, yankMethods, yankVerb, type YankMethods } from './verbs/yank.ts';

/** Every verb, and what else prints JSON, in the order of the published schema. @internal */
export const verbs = [
  initOutput,
  registerVerb,
  listModelsVerb,
  listVersionsVerb,
  showVerb,
  compareVerb,
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
  benchVerb,
  benchMatrixVerb,
  benchesVerb,
  storedBenchVerb,
  recheckBenchVerb,
  testVerb,
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
    TrendMethods,
    LineageMethods,
    AttestMethods,
    PromoteMethods,
    RollbackMethods,
    DemoteMethods,
    HistoryMethods,
    WatchMethods,
    BenchMethods,
    TestMethods,
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
    ...trendMethods(call),
    ...lineageMethods(call),
    ...attestMethods(call),
    ...promoteMethods(call),
    ...rollbackMethods(call),
    ...demoteMethods(call),
    ...historyMethods(call),
    ...watchMethods(call),
    ...benchMethods(call),
    ...testMethods(call),
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
