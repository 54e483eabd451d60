/**
 * The schema of what each command prints with --json, under the command's name. Those of verbs that are declared in api/verbs/
 * are there. The objects are strict, so that no field stays undocumented; what is published lets others pass: see published.ts.
 */
export { init } from './output/init.ts';
export { register } from './output/register.ts';
export { list } from './output/list.ts';
export { show } from './output/show.ts';
export { compare } from './output/compare.ts';
export { trend } from './output/trend.ts';
export { lineage } from './output/lineage.ts';
export { card } from './output/card.ts';
export { attest } from './output/attest.ts';
export { promote } from './output/promote.ts';
export { rollback } from './output/rollback.ts';
export { demote } from './output/demote.ts';
export { history } from './output/history.ts';
export { watch } from './output/watch.ts';
export { bench } from './output/bench.ts';
export { test } from './output/test.ts';
export { pull } from './output/pull.ts';
export { exportation as export } from './output/export.ts';
export { importation as import } from './output/import.ts';
export { verify } from './output/verify.ts';
export { gc } from './output/gc.ts';
export { backup } from './output/backup.ts';
export { stage } from './output/stage.ts';
export { policy } from './output/policy.ts';
export { approve } from './output/approve.ts';
export { doctor } from './output/doctor.ts';
export { completion } from './output/completion.ts';
