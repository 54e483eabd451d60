import {
  byteUnits,
  conditionWords,
  errorInitials,
  knownNames,
  lossWords,
  ofBytes,
  qualifiers,
  shortTimes,
  times,
  untoldNames,
} from './metric-names.ts';

/** Whether more or less of a metric is better. */
export type Direction = 'higher' | 'lower';

/** The directions in a policy, by metric name. They take precedence over the name itself. */
export type Directions = Readonly<Record<string, Direction>>;

/**
 * The direction that a metric's name implies; null if it implies none, and then nothing may be
 * called better or worse. `val_`, `/test`, `_macro`, `@10` and similar parts are ignored; `neg_`
 * reverses the direction; the part after `@` or `at` is a condition.
 */
export function metricDirection(name: string, said: Directions = {}): Direction | null {
  if (Object.hasOwn(said, name)) return said[name] ?? null;
  const [before = ''] = name.replace(rate, '$1_per_$2').split(/[@|]/u, 1);
  return withoutAside(before.toLowerCase()) ?? withoutAside(camelToWords(before));
}

/**
 * `images/sec`, `it/s`: a plural and a time. In any other name, the part after a slash is just
 * another word.
 */
const rate = /([a-z]s|\bit)\/(s|secs?|seconds?|min|minute|h|hour)$/i;

/**
 * `accuracy (test)`, `acc,none`, `f1:macro`: tries the part before the separator, then the whole
 * name.
 */
function withoutAside(name: string): Direction | null {
  const [before = ''] = name.split(/[([{,:=]/u, 1);
  return directionOf(split(before)) ?? directionOf(split(name));
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

function directionOf(all: string[]): Direction | null {
  if (all.join('_') === 'size') return 'lower';
  // The part after `at` is never the metric, even if the part before it implies nothing:
  // `threshold_at_best_f1`.
  const at = all.findIndex((word) => /^at(?:\d.*)?$/.test(word));
  const name = at === -1 ? all : all.slice(0, at);
  const condition = name.findIndex((word, index) => index > 0 && conditionWords.has(word));
  const apart = condition === -1 ? null : plainDirection(name.slice(0, condition));
  return apart ?? plainDirection(name);
}

function plainDirection(name: string[]): Direction | null {
  // D² and skill scores of a loss say how much of the loss is avoided.
  if (name.includes('d2') || name.includes('skill')) return 'higher';
  return perDirection(name) ?? unitDirection(name) ?? tableDirection(name);
}

/**
 * `errors_per_hour`, `requests_per_second`: the counted thing decides; otherwise it is a rate of
 * work.
 */
function perDirection(name: string[]): Direction | null {
  const per = name.lastIndexOf('per');
  if (per < 1) return null;
  const isRate = per === name.length - 2 && shortTimes.has(name.at(-1) ?? '');
  return plainDirection(name.slice(0, per)) ?? (isRate ? 'higher' : null);
}

/** `latency_ms`, `size_mb`: the unit decides, or else the quantity before it. */
function unitDirection(name: string[]): Direction | null {
  const [before = '', unit = ''] = name.slice(-2);
  if (name.length < 2 || before === 'per') return null;
  if (times.has(unit)) return 'lower';
  if (unit === 's' && knownNames.get(before) === 'lower') return 'lower';
  return byteUnits.has(unit) && ofBytes.has(before) ? 'lower' : null;
}

function tableDirection(name: string[]): Direction | null {
  if (name[0] === 'latency') return 'lower';
  for (let end = name.length; end > 0; end -= 1) {
    const found = lastWords(name.slice(0, end));
    if (found !== null) return asScore(found, name.slice(end));
    const word = name[end - 1] ?? '';
    if (!isQualifier(word) && !(isInterval(word) && !name.some((other) => extremes.has(other)))) return null;
  }
  return null;
}

/** The longest known words at the end of the name, and the words before them. */
interface Known {
  run: string;
  before: string[];
  direction: Direction;
}

function lastWords(name: string[]): Known | null {
  for (let from = 0; from < name.length; from += 1) {
    const run = name.slice(from).join('_');
    if (untoldNames.has(run)) return null;
    const direction = knownNames.get(run) ?? knownNames.get(run.replace(/\d+$/, ''));
    if (direction !== undefined) return { run, before: name.slice(0, from), direction };
  }
  return null;
}

/** For a known name and the qualifiers after it: `log_loss` and `score`. */
function asScore({ run, before, direction }: Known, after: string[]): Direction | null {
  if (after.includes('score') || after.includes('scores')) {
    if (errorInitials.has(run)) return null;
    if (lossWords.has(run)) return 'higher';
  }
  if (!before.some((word) => word === 'neg' || word === 'negative')) return direction;
  if (direction === 'lower') return 'higher';
  // `negative_recall` is the recall of the negatives.
  return negatedGains.has(run) ? 'lower' : null;
}

const negatedGains = new Set(['log_likelihood', 'loglik', 'loglikelihood', 'elbo', 'reward', 'return']);

/**
 * `loss_epoch`, `loss_step`: the period it was measured over. In contrast, `best_loss_epoch` is a
 * point in time.
 */
function isInterval(word: string): boolean {
  return word === 'epoch' || word === 'step';
}

const extremes = new Set(['best', 'max', 'min', 'stop', 'stopped']);

function isQualifier(word: string): boolean {
  return qualifiers.has(word) || /^(?:top|k)?\d+$/.test(word);
}
