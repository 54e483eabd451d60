import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metricDirection } from '../../src/core/metadata/metric-direction.ts';

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

test('what scikit-learn, torchmetrics, Spark and evaluations of language models call better when higher', () => {
  for (const name of names(`
    d2_pinball_score d2_absolute_error_score d2_log_loss_score d2_brier_score d2_tweedie_score
    d2_tweedie val_d2_pinball_score log_loss_score hinge_loss_score pinball_score brier_skill_score
    mse_skill_score recall@fpr=0.01 accuracy_at_1pct_fpr tpr@fpr tpr_at_fpr_0.01 precision_at_recall_0.9
    recall@precision>=0.9 tnr@tpr95 specificity_at_sensitivity_90 PrecisionAtFixedRecall
    RecallAtFixedPrecision SensitivityAtSpecificity SpecificityAtSensitivity accuracyAt1pctFpr hits@10
    ndcg@k pass@1 pass_at_k mAP@0.5:0.95 mAP@[.5:.95] qps@p99<10ms recall|fpr<0.01
    throughput_at_p99_10ms accuracy_under_attack accuracy_on_errors recall_for_fpr_0.01 f1:macro
    accuracy{class=cat} accuracy[val] acc,none acc_norm,none exact_match,strict-match
    exact_match,flexible-extract explained_variance r2 matthews_corrcoef neg_max_error
    neg_mean_absolute_error neg_mean_squared_error neg_root_mean_squared_error
    neg_mean_squared_log_error neg_median_absolute_error neg_mean_poisson_deviance
    neg_mean_gamma_deviance neg_mean_absolute_percentage_error accuracy top_k_accuracy roc_auc
    roc_auc_ovr roc_auc_ovo_weighted balanced_accuracy average_precision neg_log_loss neg_brier_score
    positive_likelihood_ratio neg_negative_likelihood_ratio adjusted_rand_score rand_score
    homogeneity_score completeness_score v_measure_score mutual_info_score adjusted_mutual_info_score
    normalized_mutual_info_score fowlkes_mallows_score precision_micro recall_samples f1_weighted
    jaccard_macro cohen_kappa_score dcg_score fbeta_score calinski_harabasz_score silhouette_score
    consensus_score label_ranking_average_precision_score r2_score top_k_accuracy_score
    explained_variance_score CohenKappa ExactMatch F1Score FBetaScore JaccardIndex LogAUC
    MatthewsCorrCoef NegativePredictiveValue ROC PeakSignalNoiseRatio StructuralSimilarityIndexMeasure
    MultiScaleStructuralSimilarityIndexMeasure UniversalImageQualityIndex VisualInformationFidelity
    SpatialCorrelationCoefficient InceptionScore CLIPScore CLIPImageQualityAssessment PanopticQuality
    map_50 map_small mar_1 mar_100 mar_large AP50 AP_small ConcordanceCorrCoef CosineSimilarity
    CriticalSuccessIndex KendallRankCorrCoef PearsonCorrCoef SpearmanCorrCoef HitRate RetrievalMAP
    RetrievalNormalizedDCG RetrievalRPrecision BERTScore BLEUScore CHRFScore ROUGEScore SacreBLEUScore
    WordInfoPreserved DiceScore GeneralizedDiceScore MeanIoU SignalNoiseRatio
    ScaleInvariantSignalDistortionRatio si_sdr areaUnderROC areaUnderPR weightedPrecision
    truePositiveRateByLabel fMeasureByLabel aucpr auc_mu NormalizedGini f0.5 f0_5
    intersection_over_union bert_score_f1 bertscore_precision faithfulness answer_relevancy
    context_precision answer_correctness semantic_similarity win_rate length_controlled_winrate
    prompt_level_strict_acc inst_level_loose_acc mc1 mc2 rouge1_acc tokens_per_second
    eval_samples_per_second tflops_per_s sharpe_ratio episode_return mean_reward loss_reduction
    error_improvement words_per_minute precision_per_class hit_at5 accuracy_after_finetuning
    area_under_the_curve images/sec train/tokens/s steps/second it/s iters/min NDS OKS PRAUC
    rocauc train_acc_epoch val/F1_epoch uptime availability
  `))
    assert.equal(metricDirection(name), 'higher', name);
});

test('what they call better when lower', () => {
  for (const name of names(`
    brier_score_loss brier_score davies_bouldin_score fid_score wer_score hamming_loss hinge_loss
    zero_one_loss log_loss mean_gamma_deviance mean_pinball_loss mean_poisson_deviance
    root_mean_squared_log_error coverage_error label_ranking_loss max_error CalibrationError
    CoverageError HammingDistance HingeLoss SpectralAngleMapper SpectralDistortionIndex
    FrechetInceptionDistance KernelInceptionDistance LearnedPerceptualImagePatchSimilarity
    PerceptualPathLength KLDivergence LogCoshError MinkowskiDistance TweedieDevianceScore
    JensenShannonDivergence ContinuousRankedProbabilityScore RetrievalFallOut CharErrorRate EditDistance
    MatchErrorRate Perplexity TranslationEditRate WordErrorRate WordInfoLost HausdorffDistance
    ProcrustesDisparity expected_calibration_error merror mlogloss poisson-nloglik binary_logloss
    multi_error valid_0-l2 falsePositiveRateByLabel categorical_crossentropy kullback_leibler_divergence
    eval_loss eval_runtime fpr@95tpr fpr_at_95_tpr fpr95 fnr@fpr=0.01 error@1 loss@best
    latency_at_batch_8 best_loss_at_epoch error_under_attack error_vs_accuracy loss_on_accuracy_set
    false_positives_by_recall errors_per_hour false_alarms_per_hour cost_per_hour time_per_output_token
    cost_per_1k_tokens loss_per_token val_bits_per_byte word_perplexity,none byte_perplexity,none
    bits_per_byte,none brier_score,none ttft ttft_ms tpot itl inter_token_latency hallucination_rate
    toxicity accuracy_drop generalization_gap max_drawdown accuracy_loss negative_likelihood_ratio
    negative_log_likelihood neg_log_likelihood train_loss_epoch train/loss_step FVD DER minDCF min_dcf silog HD95
    ASSD co2_emissions error_count latency/ms load/sec errors/hour l1 l2 miss_rate loss(val) latency(p95) crps ade fde
  `))
    assert.equal(metricDirection(name), 'lower', name);
});

test('a name that may mean either is not guessed at', () => {
  for (const name of names(`
    score@fpr=0.01 threshold_at_best_f1 epoch_at_best_loss acc_stderr attack_success_rate
    time_to_failure mae_score neg_recall negative_precision score gini_impurity grad_norm weight_norm
    refusal_rate bias roc_curve precision_recall_curve ConfusionMatrix at @ at_1pct_fpr @fpr
    learning_rate best_loss_epoch max_acc_epoch min_loss_step epoch_step
  `))
    assert.equal(metricDirection(name), null, name);
});

test('any text has a direction or none, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      assert.ok([null, 'higher', 'lower'].includes(metricDirection(name)));
    }),
  );
});
