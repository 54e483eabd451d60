/** Whether more or less of a metric is better. */
export type Direction = 'higher' | 'lower';

/** What a policy says of metrics, by name: it counts before what the name tells. */
export type Directions = Readonly<Record<string, Direction>>;

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Metrics by their words joined with `_`. A longer name means what its last words mean: `balanced_accuracy`, `reconstruction_loss`. */
const known = new Map<string, Direction>([
  ...words(`
    accuracy acc auc auroc roc_auc aucroc roc auprc aupr pr_auc ap average_precision map mean_average_precision
    f1 f2 f05 fbeta f_beta f_measure precision recall sensitivity specificity tpr tnr ppv npv true_positive_rate
    true_negative_rate positive_predictive_value negative_predictive_value hit_rate hits win_rate success_rate pass_rate
    r2 r_squared explained_variance d2 kappa qwk mcc matthews_corrcoef matthews jaccard iou miou giou dice
    ndcg dcg mrr reciprocal_rank bleu sacrebleu rouge rougel rougelsum rouge_l rouge_lsum meteor cider spice chrf bertscore
    exact_match em pass spearman spearmanr spearman_r pearson pearsonr pearson_r kendall kendalltau kendall_tau correlation corr
    concordance c_index silhouette calinski_harabasz homogeneity completeness v_measure ari nmi ami rand adjusted_rand
    psnr ssim inception log_likelihood loglik elbo lift reward throughput fps qps rps tps speedup top1 top5
  `).map((name): [string, Direction] => [name, 'higher']),
  ...words(`
    loss logloss log_loss nll negative_log_likelihood bce cross_entropy crossentropy xent entropy_loss hinge huber pinball
    error err errors error_rate eer mse rmse mae mape smape wape mase msle rmsle medae nrmse deviance misclassification
    misclassification_rate hamming zero_one wer cer ter mer perplexity ppl bpb bpc bits_per_byte bits_per_character
    brier fid kid lpips ece mce kl kld kl_divergence js_divergence divergence wasserstein emd davies_bouldin
    fpr fnr fdr false_positive_rate false_negative_rate false_discovery_rate false_positives false_negatives
    aic bic regret cost latency duration runtime time elapsed memory rss model_size file_size
  `).map((name): [string, Direction] => [name, 'lower']),
]);

/** Words that say of which data, by which average or with which cut-off: they do not change the direction. */
const qualifiers = new Set(
  words(`
    val valid validation test testing train training eval evaluation dev holdout oof cv fold in out ood
    mean avg average median macro micro weighted samples binary ovr ovo best final last overall total
    score value coefficient metric percent pct at k top p50 p90 p95 p99 p999 max min peak
  `),
);

const times = new Set(words('ns us ms sec secs second seconds minute minutes hour hours'));
const shortTimes = new Set([...times, 's', 'min', 'h']);
const byteUnits = new Set(words('b bytes kb mb gb kib mib gib'));
const ofBytes = new Set(words('size memory mem ram rss vram footprint model'));

/**
 * The direction that a metric's name tells; null where it tells none, and then nothing may be called better or worse.
 * `val_`, `/test`, `_macro`, `@10` and the like are passed over; `neg_` turns the direction round.
 */
export function metricDirection(name: string, said: Directions = {}): Direction | null {
  if (Object.hasOwn(said, name)) return said[name] ?? null;
  return directionOf(split(name.toLowerCase())) ?? directionOf(split(camelToWords(name)));
}

function split(name: string): string[] {
  return name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

function camelToWords(name: string): string {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase();
}

function directionOf(name: string[]): Direction | null {
  if (name.join('_') === 'size') return 'lower';
  return unitDirection(name) ?? tableDirection(name);
}

/** `requests_per_second`, `latency_ms`, `size_mb`: the unit tells, or what it is the unit of. */
function unitDirection(name: string[]): Direction | null {
  const [before = '', unit = ''] = name.slice(-2);
  if (name.length < 2) return null;
  if (before === 'per') return shortTimes.has(unit) && name.length > 2 ? 'higher' : null;
  if (times.has(unit)) return 'lower';
  if (unit === 's' && known.get(before) === 'lower') return 'lower';
  return byteUnits.has(unit) && ofBytes.has(before) ? 'lower' : null;
}

function tableDirection(name: string[]): Direction | null {
  if (name[0] === 'latency') return 'lower';
  let end = name.length;
  for (; end > 0; end -= 1) {
    const found = lastWords(name.slice(0, end));
    if (found !== null) return found;
    if (!isQualifier(name[end - 1] ?? '')) return null;
  }
  return null;
}

/** The direction of the longest known run of words that ends the name. */
function lastWords(name: string[]): Direction | null {
  for (let from = 0; from < name.length; from += 1) {
    const run = name.slice(from);
    const found = known.get(run.join('_')) ?? known.get(run.join('_').replace(/\d+$/, ''));
    if (found === undefined) continue;
    const negated = name.slice(0, from).some((word) => word === 'neg' || word === 'negative');
    return negated ? opposite(found) : found;
  }
  return null;
}

function isQualifier(word: string): boolean {
  return qualifiers.has(word) || /^(?:top|k)?\d+$/.test(word);
}

function opposite(direction: Direction): Direction {
  return direction === 'higher' ? 'lower' : 'higher';
}
