/** An output for one image. */
export interface ImageOutput {
  name: string;
  type: string;
  /** One for each class. */
  values: readonly number[];
  /** The class of each value, if the model names them. */
  classes: readonly string[] | undefined;
}

export interface LabelScore {
  label: string;
  /** From 0 to 1. */
  confidence: number;
}

/**
 * The most confident labels, best first. Undefined if nothing names the classes, or no output has a
 * score for each. Throws a `RangeError` for scores that are no probabilities.
 */
export function labelScores(
  outputs: readonly ImageOutput[],
  { labels, logits, top }: { labels: readonly string[] | undefined; logits: boolean; top: number },
): LabelScore[] | undefined {
  const scored = outputs.find(
    ({ type, values, classes }) =>
      type.startsWith('float') &&
      values.length > 1 &&
      (labels === undefined ? classes?.length === values.length : values.length === labels.length),
  );
  const names = labels ?? scored?.classes;
  if (scored === undefined || names === undefined) return undefined;
  const scores = logits ? softmax(scored.values) : scored.values;
  // A little more than 1 is rounding.
  const wrong = scores.find((score) => !(score >= -1e-3 && score <= 1.001));
  if (wrong !== undefined)
    throw new RangeError(
      `the output ${JSON.stringify(scored.name)} has ${wrong}, which is no probability; if it holds logits, register the version with "logits": true in extra.preprocess.image`,
    );
  return scores
    .map((score, at) => ({ label: names[at] as string, confidence: rounded(score) }))
    .toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, top);
}

function softmax(values: readonly number[]): number[] {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Seven digits: what a float32 holds. */
function rounded(score: number): number {
  return Number(Math.min(1, Math.max(0, score)).toPrecision(7));
}
