import type { Direction } from './metric-direction.ts';

export const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Metrics by their words joined with `_`, as scikit-learn, torchmetrics, Keras, Spark, the boosting
 * libraries, COCO and evaluations of language models name them. A longer name means what its last
 * words mean: `balanced_accuracy`, `reconstruction_loss`.
 */
export const knownNames = new Map<string, Direction>([
  ...words(`
    accuracy acc auc auroc roc_auc aucroc roc auprc aupr aucpr pr_auc prauc rocauc auc_mu area_under_curve area_under_roc area_under_pr
    area_under_roc_curve area_under_the_roc_curve area_under_the_curve area_under_pr_curve area_under_precision_recall_curve
    area_under_the_precision_recall_curve ap average_precision map mean_average_precision mar ar average_recall lrap pfound
    f1 f2 f05 f0_5 f_0_5 f_1 f_2 f1score f1_measure fscore f_score fmeasure fbeta f_beta f_measure precision recall sensitivity specificity
    tpr tnr ppv npv true_positive_rate true_negative_rate positive_predictive_value negative_predictive_value true_positives
    true_negatives hit_rate hit hits win_rate winrate success_rate pass_rate detection_rate completion_rate positive_likelihood_ratio
    youden youden_j youdens_j informedness markedness gmean g_mean geometric_mean balanced_acc gini normalized_gini
    r2 r_squared explained_variance variance_explained explained_deviance deviance_explained d2 kappa qwk mcc matthews_corrcoef
    matthews_corr_coef matthews jaccard iou io_u miou giou intersection_over_union dice panoptic_quality pq nds oks csi critical_success
    ndcg dcg mrr reciprocal_rank bleu sacrebleu sacre_bleu rouge rougel rougelsum rouge_l rouge_lsum meteor cider spice chrf bertscore
    bert_score bleurt comet moverscore bartscore mauve clip_score clipscore clip_image_quality_assessment
    exact_match em pass mc1 mc2 squad spearman spearmanr spearman_r pearson pearsonr pearson_r kendall kendalltau kendall_tau
    correlation corr corrcoef corr_coef ccc concordance c_index cindex silhouette calinski_harabasz homogeneity completeness v_measure
    ari nmi ami rand adjusted_rand mutual_info mutual_information fowlkes_mallows dunn consensus similarity cosine_similarity
    psnr ssim ms_ssim peak_signal_noise_ratio signal_noise_ratio signal_to_noise_ratio signal_distortion_ratio snr sdr si_snr si_sdr
    sisnr sisdr pesq stoi estoi mos dnsmos nisqa srmr vif visual_information_fidelity uqi image_quality inception
    log_likelihood loglik loglikelihood elbo lift reward return sharpe sharpe_ratio sortino profit revenue roi
    throughput fps qps rps tps speedup top1 top5 mota motp hota idf1 pck word_info_preserved
    faithfulness groundedness factuality truthfulness truthful coherence fluency helpfulness harmlessness informativeness
    relevance relevancy correctness instruction_following task_completion correct passed improvement reduction gain uptime availability
  `).map((name): [string, Direction] => [name, 'higher']),
  ...words(`
    loss logloss log_loss mlogloss nll nloglik negative_log_likelihood bce cross_entropy crossentropy xent entropy_loss hinge huber
    pinball logcosh log_cosh error err errors error_rate error_count merror eer mse rmse mae mape smape wape mase msle rmsle medae nrmse wmape
    mphe deviance misclassification misclassification_rate hamming zero_one l1 l2 crps ranked_probability_score
    mpjpe ade fde epe abs_rel sq_rel wer cer ter mer der dcf mindcf edit_rate wil perplexity ppl bpb bpc bits_per_byte bits_per_character word_info_lost
    brier fid kid fvd lpips learned_perceptual_image_patch_similarity dists perceptual_path_length ergas spectral_angle_mapper
    distortion distance hausdorff hd95 assd silog ece mce calibration_error kl kld kl_divergence js_divergence divergence kullback_leibler
    wasserstein emd davies_bouldin disparity
    fpr fnr fdr false_positive_rate false_negative_rate false_discovery_rate false_omission_rate false_alarm_rate false_positives
    false_negatives false_alarms negative_likelihood_ratio fall_out fallout miss_rate failure_rate fail_rate crash_rate timeout_rate
    violation_rate drop_rate failures failed misses mistakes incorrect violations crashes timeouts
    hallucination hallucinations hallucination_rate toxicity toxicity_rate drop degradation regression_rate gap drawdown
    aic bic regret cost price latency duration runtime time elapsed memory rss model_size file_size
    emissions ttft tpot itl time_to_first_token
  `).map((name): [string, Direction] => [name, 'lower']),
]);

/** Names whose last words would mislead: whether higher is better depends on the use. */
export const untoldNames = new Set(
  words('attack_success_rate time_to_failure time_to_event gini_impurity learning_rate'),
);

/**
 * Losses whose `_score` in scikit-learn is negated; other measures, such as Brier's, are scores
 * themselves.
 */
export const lossWords = new Set(
  words('loss logloss mlogloss error errors pinball hinge huber crossentropy cross_entropy log_loss'),
);

/** For these, a `_score` may be either the error itself or its negation. */
export const errorInitials = new Set(
  words('mse rmse mae mape smape wape msle rmsle medae nrmse nll bce xent err'),
);

/** Words for the data, the average or the cut-off: they do not change the direction. */
export const qualifiers = new Set(
  words(`
    val valid validation test testing train training eval evaluation dev holdout oof cv fold in out ood
    mean avg average median macro micro weighted samples binary ovr ovo best final last overall total
    score scores value coefficient coef metric index measure percent pct at k top p50 p90 p95 p99 p999 max min peak
    norm none strict loose small medium large
  `),
);

/**
 * The part after one of these words is a condition: `recall_at_1pct_fpr`, `accuracy_on_negatives`.
 */
export const conditionWords = new Set(
  words('on by for given when where with without vs versus over under after before during'),
);

export const times = new Set(words('ns us ms sec secs second seconds minute minutes hour hours'));
export const shortTimes = new Set([...times, 's', 'min', 'h']);
export const byteUnits = new Set(words('b bytes kb mb gb kib mib gib'));
export const ofBytes = new Set(words('size memory mem ram rss vram footprint model'));
