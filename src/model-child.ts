// Entry of the child process that owns ONNX Runtime. See runtime/start-child.ts for its arguments.
import { answerJob } from './runtime/child/answer-job.ts';

await answerJob({
  probe: () => import('./runtime/child/probe-job.ts'),
  duckdb: () => import('./runtime/child/duckdb-job.ts'),
  golden: () => import('./runtime/child/golden-job.ts'),
  record: () => import('./runtime/child/record-job.ts'),
  bench: () => import('./bench/child/bench-job.ts'),
  pair: () => import('./bench/child/pair-job.ts'),
  profile: () => import('./bench/child/profile-job.ts'),
  table: () => import('./predict/child/table-job.ts'),
  importance: () => import('./evaluate/child/importance-job.ts'),
  load: () => import('./bench/child/load-job.ts'),
});
