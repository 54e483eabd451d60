import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metricDirection } from '../../src/core/metric-direction.ts';

const names = (text: string): string[] => text.trim().split(/\s+/);

test('more is better for what measures how good a model is', () => {
  for (const name of names(`
    accuracy acc Accuracy val_acc test/accuracy accuracy/val balanced_accuracy top5_accuracy accuracy_top_5 acc1 acc@1
    auc roc_auc pr_auc AUROC roc_auc_ovr rocAuc val_rocAuc f1 f1_macro f1_score F1Score f1-weighted eval/f1 macro_f1 f2
    precision precision_macro precision@5 precision_at_10 recall recall@k recall_macro r2 R2 r2_score mAP mAP50 mAP50-95 map@100
    ndcg ndcg@10 mrr bleu bleu4 BLEU rouge1 rougeL rouge_l iou mIoU dice dice_score kappa cohen_kappa mcc silhouette
    silhouette_score explained_variance specificity sensitivity spearman spearmanr pearson_r neg_mean_squared_error neg_log_loss
    test_neg_rmse log_likelihood throughput images_per_second tokens_per_s fps exact_match hit_rate@10 pass@1
  `))
    assert.equal(metricDirection(name), 'higher', name);
});

test('less is better for losses, errors, distances, times and sizes', () => {
  for (const name of names(`
    loss val_loss train/loss loss/val log_loss logloss logLoss valLoss rmse RMSE mse mae mape test_rmse error err error_rate word_error_rate
    mean_absolute_error max_error wer cer perplexity brier brier_score fid ece expected_calibration_error hinge hinge_loss kl
    kl_divergence fpr fnr false_positive_rate latency latency_p95 latency_p99_ms p95_latency p95_latency_ms latency.mean inference_ms
    train_seconds fit_time duration_s time_s cpu_us size model_size size_mb model_mb memory_mib peak_memory size_bytes nll negative_log_likelihood
    reconstruction_loss davies_bouldin mae_macro
  `))
    assert.equal(metricDirection(name), 'lower', name);
});

test('a name that tells nothing has no direction', () => {
  for (const name of [
    ...names(`
      epoch epochs support learning_rate loss_weight loss_scale accuracy_std auc_variance train_size test_size batch_size n_params
      score value ks threshold seed mean val test 42 per_second data_mb weights bits accuracy_threshold
    `),
    '',
    '  ',
    '@',
    '精度',
    'constructor',
    '__proto__',
  ])
    assert.equal(metricDirection(name), null, name);
});

test('any text has a direction or none, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      assert.ok([null, 'higher', 'lower'].includes(metricDirection(name)));
    }),
  );
});
