import { isMlregError, MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { asSourceError } from '../../files/path-errors.ts';
import { readFeedCases, type FeedCase } from '../../onnx/feeds/recorded-feeds.ts';
import { loadedBytes } from '../../onnx/golden/golden-set.ts';
import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';
import { chooseInputs, itemsPerRun, summarizeShapes, type ChosenInputs } from './choose-model.ts';
import type { BenchPlan } from './plan.ts';

export interface ModelToFeed {
  signature: Signature;
  /** Its golden sets: the inputs are those of the first one that it did not make itself. */
  golden?: readonly { files: Map<string, string>; self: boolean }[] | undefined;
}

/** All inputs are in memory during timing, recorded or synthetic. */
const mostBytes = 2 ** 30;

export interface FedAlike {
  version: ChosenInputs;
  /** Null without a baseline. */
  baseline: ChosenInputs | null;
}

/**
 * The inputs for a version, and for the baseline if there is one: the cases of `inputFiles`; else
 * the cases of the version's golden set that fit both, unless the plan wants synthetic inputs; else
 * synthetic inputs. INVALID_INPUT for a file that is malformed or does not fit these models, for a
 * model that cannot be given inputs, and for two models that cannot be given the same inputs.
 */
export function chooseFeeds(
  version: ModelToFeed,
  baseline: ModelToFeed | null,
  plan: BenchPlan,
  inputFiles: Map<string, string> | null,
): FedAlike {
  if (inputFiles !== null) return feedFile(version, baseline, inputFiles);
  const notes: string[] = [];
  const fromGolden = plan.synthetic ? null : feedGolden(version, baseline, notes);
  if (fromGolden !== null) return fromGolden;
  const made = chooseInputs(version.signature, plan);
  const theirs = baseline && chooseInputs(baseline.signature, plan);
  if (theirs !== null) refuseOtherInputs(made.feeds, theirs.feeds);
  return { version: { ...made, warnings: [...notes, ...made.warnings] }, baseline: theirs };
}

/**
 * Both must have the same names, types and sizes; else the comparison would be of inputs, not of
 * models.
 */
function refuseOtherInputs(version: FeedPlan[], baseline: FeedPlan[]): void {
  const describe = (feeds: FeedPlan[]): Map<string, string> =>
    new Map(feeds.map(({ name, dtype, shape }) => [name, `${dtype}[${shape.join(',')}]`]));
  const [own, theirs] = [describe(version), describe(baseline)];
  const name = [...own.keys(), ...theirs.keys()].find((key) => own.get(key) !== theirs.get(key));
  if (name === undefined) return;
  throw new MlregError(
    'INVALID_INPUT',
    `the versions take different inputs: ${quote(name)} is ${own.get(name) ?? 'missing'}, but ${theirs.get(name) ?? 'missing'} in the baseline`,
    { hint: 'compare versions with the same inputs, or set sizes with --shape' },
  );
}

function feedFile(version: ModelToFeed, baseline: ModelToFeed | null, files: Map<string, string>): FedAlike {
  const cases = readFile(version, files);
  const positions = cases.map((_, at) => at);
  const own = recorded('file', version, files, cases, positions);
  if (baseline === null) return { version: own, baseline };
  try {
    return {
      version: own,
      baseline: recorded('file', baseline, files, readFile(baseline, files), positions),
    };
  } catch (cause) {
    if (!isMlregError(cause)) throw cause;
    const { code, message, hint } = cause;
    throw new MlregError(code, `the baseline cannot take these inputs: ${message}`, { hint, cause });
  }
}

/** Every case must fit, because the user gave this file as the input. */
function readFile({ signature }: ModelToFeed, files: Map<string, string>): FeedCase[] {
  try {
    const cases = readFeedCases(files, signature);
    const unfed = cases.find((one) => one.unfed !== null);
    if (unfed !== undefined)
      throw refuse(`cannot feed ${quote(unfed.name)} of the inputs: ${unfed.unfed}`, 'remove that case');
    const mebibytes = Math.ceil(total(cases) / 2 ** 20);
    if (mebibytes * 2 ** 20 > mostBytes) {
      throw refuse(
        `inputs are limited to 1 GiB: these need ${mebibytes.toLocaleString('en')} MiB`,
        'use fewer or smaller cases',
      );
    }
    for (const one of cases) one.check();
    return cases;
  } catch (error) {
    throw asSourceError(error, [...files.values()][0] ?? '');
  }
}

function refuse(why: string, hint: string): MlregError {
  return new MlregError('INVALID_INPUT', why, { hint });
}

/** Null if no case of the golden set fits all models; the reason goes into `notes`. */
function feedGolden(version: ModelToFeed, baseline: ModelToFeed | null, notes: string[]): FedAlike | null {
  const files = version.golden?.find(({ self }) => !self)?.files;
  if (files === undefined) return null;
  const cases = readFeedCases(files, version.signature);
  let theirs: FeedCase[] | null = null;
  try {
    theirs = baseline && readFeedCases(files, baseline.signature);
  } catch (error) {
    if (!isMlregError(error, 'INVALID_INPUT')) throw error;
    notes.push(`using synthetic inputs: the golden set does not fit the baseline: ${error.message}`);
    return null;
  }
  const able = cases.flatMap((one, at) => (whyUnfed(one, theirs?.[at]) === null ? [at] : []));
  const positions = withinMemory(cases, able);
  const some = `${positions.length} of ${cases.length} cases of the golden set`;
  const left = cases.flatMap((one, at) => {
    const why = whyUnfed(one, theirs?.[at]);
    return why === null ? [] : [`${one.name}: ${why}`];
  });
  if (positions.length < able.length)
    notes.push(`using ${some}: the others would need more than 1 GiB of memory`);
  else if (left.length > 0)
    notes.push(`using ${some}; skipped: ${left.slice(0, 3).join('; ')}${left.length > 3 ? ' …' : ''}`);
  if (positions.length === 0) {
    notes.push('using synthetic inputs: no case of the golden set can be fed');
    return null;
  }
  // Only worth a note in a comparison, where it says whose inputs both use.
  if (baseline !== null) notes.push("both use the cases of the version's golden set");
  const chosen = recorded('golden', version, files, cases, positions);
  return {
    version: { ...chosen, warnings: notes },
    baseline: baseline && recorded('golden', baseline, files, theirs ?? [], positions),
  };
}

function whyUnfed(one: FeedCase, theirs: FeedCase | undefined): string | null {
  if (one.unfed !== null || theirs === undefined || theirs.unfed === null) return one.unfed;
  return `in the baseline, ${theirs.unfed}`;
}

/** The cases before the first one that exceeds the memory. */
function withinMemory(cases: readonly FeedCase[], positions: readonly number[]): number[] {
  let bytes = 0;
  const end = positions.findIndex((at) => {
    bytes += cases[at]?.bytes ?? 0;
    return bytes > mostBytes;
  });
  return positions.slice(0, end === -1 ? positions.length : end);
}

function recorded(
  source: 'golden' | 'file',
  { signature }: ModelToFeed,
  files: Map<string, string>,
  all: readonly FeedCase[],
  positions: number[],
): ChosenInputs {
  const cases = positions.flatMap((at) => all[at] ?? []);
  const shapes = cases.map((one) => one.shapes);
  return {
    source,
    feeds: { files, signature, cases: positions },
    cases: positions.length,
    ...summarizeShapes(shapes),
    itemsPerRun: itemsPerRun(signature, shapes),
    // The whole JSON file is read, whichever cases are chosen.
    bytes: total(cases) + loadedBytes(files),
    warnings: [],
  };
}

function total(cases: readonly FeedCase[]): number {
  return cases.reduce((sum, { bytes }) => sum + bytes, 0);
}
