import { quote } from '../text/quote.ts';
import { flatNumbers } from './metrics-file.ts';

/** The word of `known` that was probably meant; undefined if none is similar. */
export type GuessWord = (word: string, known: readonly string[]) => string | undefined;

/**
 * What to do about unknown keys of a metadata file: a key that is misspelt, or numbers that belong
 * under `metrics`, as evaluations write them.
 */
export function unknownKeysHint(
  keys: readonly string[],
  file: Readonly<Record<string, unknown>>,
  known: readonly string[],
  guess: GuessWord = () => undefined,
): string {
  for (const key of keys) {
    const meant = typeof file[key] === 'number' ? undefined : guess(key, known);
    if (meant !== undefined) return `did you mean ${meant} instead of ${quote(key)}?`;
  }
  const measured = keys.filter(
    (key) => typeof file[key] === 'number' || flatNumbers(file[key]) !== undefined,
  );
  const metrics = flatNumbers(Object.fromEntries(measured.map((key) => [key, file[key]])));
  if (metrics === undefined) return `use ${known.join(', ')}; put anything else under "extra"`;
  return `did you mean ${shown(metrics)}? A file of numbers alone can be read with --metrics-file`;
}

/** The metrics as they belong into the file, if they are few. */
function shown(metrics: Record<string, number>): string {
  const text = JSON.stringify({ metrics });
  return text.length <= 120 ? text : '{"metrics":{…}}';
}
