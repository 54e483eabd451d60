/**
 * How long metrics, intervals and comparisons of a million rows take (`npm run bench:metrics`), and
 * what they are next to scikit-learn's if `--peers` names a Python that has it.
 */
import { spawnSync } from 'node:child_process';
import { classificationIntervals, regressionIntervals } from '../../src/evaluate/intervals.ts';
import { classificationMetrics } from '../../src/evaluate/metrics/classification.ts';
import type { ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';
import { regressionMetrics } from '../../src/evaluate/metrics/regression.ts';
import { rocCurves } from '../../src/evaluate/metrics/roc-curve.ts';
import { compareClassification } from '../../src/evaluate/paired/compare-classification.ts';
import { generatedRows } from '../support/evaluated-cases.ts';

const rows = 1_000_000;

async function timed<Result>(what: string, run: () => Result | Promise<Result>): Promise<Result> {
  const start = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(start);
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${((user + system) / 1e6).toFixed(2).padStart(7)} CPU s  ${what} (peak ${megabytes} MB)`);
  return result;
}

async function measure(given: ClassifiedRows): Promise<void> {
  const { labels } = given;
  const metrics = await timed(`metrics of ${labels.length} classes`, () => classificationMetrics(given));
  await timed('  their intervals', () => classificationIntervals(given, metrics));
  await timed('  a ROC curve', () => rocCurves(given, [1]));
  const side = { rows: given, metrics: metrics.metrics };
  await timed('  a comparison', () => compareClassification(side, side));
}

console.log(`${rows} rows`);
for (const classes of [2, 10])
  await measure(
    generatedRows(
      Array.from({ length: classes }, (_, at) => `class ${at}`),
      rows,
      classes,
    ),
  );
const target = Float64Array.from({ length: rows }, (_, row) => Math.sin(row) * 10);
const numbers = { target, predicted: target.map((value, row) => value + Math.cos(row * 7)) };
const ofNumbers = await timed('metrics of numbers', () => regressionMetrics(numbers));
await timed('  their intervals', () => regressionIntervals(numbers, ofNumbers));

const peers = process.argv.indexOf('--peers');
if (peers >= 0) {
  const script = `
import time, numpy as np, sklearn.metrics as sk
for k in (2, 10):
    rng = np.random.default_rng(k); y = rng.integers(k, size=${rows}); p = rng.random((${rows}, k)); p /= p.sum(1, keepdims=True); a = p.argmax(1)
    start = time.process_time()
    sk.confusion_matrix(y, a); sk.accuracy_score(y, a); sk.balanced_accuracy_score(y, a); sk.matthews_corrcoef(y, a)
    for average in ("macro", "micro", "weighted"): sk.precision_recall_fscore_support(y, a, average=average)
    sk.log_loss(y, p); sk.brier_score_loss(y, p if k > 2 else p[:, 1])
    hot = (y[:, None] == np.arange(k)).astype(int)
    for c in range(k): sk.roc_auc_score(hot[:, c], p[:, c]); sk.average_precision_score(hot[:, c], p[:, c])
    if k > 2:
        sk.roc_auc_score(y, p, multi_class="ovo")
        for top in (2, 3, 5): sk.top_k_accuracy_score(y, p, k=top)
    print(f"{time.process_time() - start:7.2f} CPU s  scikit-learn's metrics of {k} classes")
`;
  spawnSync(process.argv[peers + 1] ?? 'python3', ['-c', script], { stdio: 'inherit' });
}
