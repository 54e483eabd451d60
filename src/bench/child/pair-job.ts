import { seededRandom } from '../../core/seeded-random.ts';
import { isMismatch } from '../../onnx/golden/golden-set.ts';
import { versionOf, type SessionChoices } from '../../runtime/child/session.ts';
import type { JobKind, RunJob } from '../../runtime/job-kind.ts';
import type { BenchAnswer } from './bench-job.ts';
import { peakRss, watchUsage } from './process-usage.ts';
import { loadTimedModel, type LoadedModel, type TimedModel } from './timed-model.ts';
import {
  measureFloorUs,
  reportSparingly,
  timeRuns,
  untimed,
  warmUp,
  type Run,
  type TimingProgress,
  type WarmUp,
} from './timed-runs.ts';

export interface PairJob {
  subject: TimedModel;
  baseline: TimedModel;
  /** For both models. */
  session: SessionChoices;
  /** For the order of the blocks. */
  seed: number;
  /** Warm-up runs of each; null: until its latency is stable. */
  warmup: number | null;
  /** Each model is timed until both minima are reached, or until `maxRuns`. */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

/** What a bench of each model would answer, and what both share. */
export interface PairAnswer {
  subject: BenchAnswer;
  baseline: BenchAnswer;
  /** Pairs of blocks, one of each model, in the order they were timed. */
  pairs: { subject: Float64Array; baseline: Float64Array; first: 'subject' | 'baseline' }[];
}

/**
 * Times two models in one process in alternating blocks, ABBA or BAAB as the seed decides, so that
 * changes of the machine affect both.
 */
export const pairJob: JobKind<PairJob, TimingProgress, PairAnswer> = { name: 'pair' };

type Arm = 'subject' | 'baseline';
type Pair = PairAnswer['pairs'][number];

/**
 * The minimum length of a block: short enough that the machine's state is the same for both blocks
 * of a pair.
 */
const leastBlock = { runs: 20, ms: 20 };
/** The minimum number of pairs per launch if the number of runs is given. */
const fewestPairs = 8;
/** The minimum if the time decides: the bootstrap needs two pairs of every launch. */
const leastPairs = 4;

export const run: RunJob<typeof pairJob> = async (runtime, job, report) => {
  const baseRssBytes = process.memoryUsage.rss();
  const harnessFloorUs = await measureFloorUs();
  const models = {
    subject: await loadTimedModel(runtime, job.subject, job.session),
    baseline: await loadTimedModel(runtime, job.baseline, job.session),
  };
  const tell = reportSparingly(report);
  const warming = (runs: number): Promise<void> => tell('warmup', runs, 0);
  const before = await checkBoth(models, () => warming(0));
  const known = (arm: Arm) => ({
    onnxruntime: versionOf(runtime),
    createMs: models[arm].createMs,
    firstRunMs: models[arm].firstRunMs,
    inputSha256: models[arm].inputSha256,
    unfetched: models[arm].unfetched,
    harnessFloorUs,
    baseRssBytes,
  });
  // A baseline that fails its golden set is still the baseline to compare with.
  if (isMismatch(before.subject)) {
    const resultOf = (arm: Arm): BenchAnswer => ({
      ...known(arm),
      ...untimed,
      peakRssBytes: peakRss(),
      golden: checksOf(before[arm], null),
    });
    return { subject: resultOf('subject'), baseline: resultOf('baseline'), pairs: [] };
  }
  const { cases } = models.subject;
  const warmups = {
    subject: await warmUp(models.subject.run, job.warmup, warming, cases),
    baseline: await warmUp(models.baseline.run, job.warmup, warming, cases),
  };
  const blockRuns = await chooseBlock(models, job.maxRuns);

  // Both start at the same case, so that both blocks of a pair get the same cases.
  models.subject.goTo(0);
  models.baseline.goTo(0);
  const usage = watchUsage();
  const pairs = await timePairs(models, blockRuns, job, (runs, ms) => tell('timed', runs, ms));
  const used = usage();
  const peakRssBytes = peakRss();
  const timed = pairs.reduce((runs, { subject }) => runs + subject.length, 0);
  const after = await checkBoth(models, () => tell('timed', timed, 0));
  const resultOf = (arm: Arm): BenchAnswer => {
    const samples = joined(pairs.map((pair) => pair[arm]));
    return {
      ...known(arm),
      warmup: warmups[arm] satisfies WarmUp,
      samples,
      timedMs: sumOf(samples),
      peakRssBytes,
      golden: checksOf(before[arm], after[arm]),
      ...used,
    };
  };
  return { subject: resultOf('subject'), baseline: resultOf('baseline'), pairs };
};

type Checked = Awaited<ReturnType<LoadedModel['checkGolden']>>;

/** Checks each model against its own golden set. */
async function checkBoth(
  models: Record<Arm, LoadedModel>,
  between: () => Promise<void>,
): Promise<Record<Arm, Checked>> {
  return {
    subject: await models.subject.checkGolden(between),
    baseline: await models.baseline.checkGolden(between),
  };
}

function checksOf(before: Checked, after: Checked): BenchAnswer['golden'] {
  return before === null ? null : { before, after };
}

/**
 * The number of runs in a block of either model, chosen from the faster one; a whole number of
 * turns through the cases where possible.
 */
async function chooseBlock(models: Record<Arm, LoadedModel>, maxRuns: number): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (const arm of ['subject', 'baseline'] as const) {
    const { samples } = await timeBlock(models[arm].run, leastBlock.runs);
    fastest = Math.min(fastest, samples.sort()[leastBlock.runs / 2] ?? fastest);
  }
  const least = Math.max(leastBlock.runs, Math.ceil(leastBlock.ms / Math.max(fastest, 1e-4)));
  const { cases } = models.subject;
  const wanted = cases <= least ? cases * Math.ceil(least / cases) : least;
  return Math.max(1, Math.min(wanted, Math.ceil(maxRuns / fewestPairs)));
}

async function timePairs(
  models: Record<Arm, LoadedModel>,
  blockRuns: number,
  { seed, minMs, minRuns, maxRuns }: PairJob,
  between: (runs: number, timedMs: number) => Promise<void>,
): Promise<Pair[]> {
  const random = seededRandom(seed, 'order of blocks');
  const pairs: Pair[] = [];
  const timedMs = { subject: 0, baseline: 0 };
  let runs = 0;
  let first: Arm = 'subject';
  const isShort = (): boolean =>
    runs < minRuns ||
    Math.min(timedMs.subject, timedMs.baseline) < minMs ||
    // If the machine is now slower than when the block size was chosen, one pair could take all the
    // time, and one pair is not enough for a result.
    pairs.length < leastPairs;
  while (runs < maxRuns && isShort()) {
    // Every two pairs form one ABBA or BAAB.
    if (pairs.length % 2 === 0) first = random() % 2 === 0 ? 'subject' : 'baseline';
    else first = other(first);
    const size = Math.min(blockRuns, maxRuns - runs);
    const blocks: Partial<Record<Arm, Float64Array>> = {};
    for (const arm of [first, other(first)]) {
      const { samples, timedMs: took } = await timeBlock(models[arm].run, size);
      blocks[arm] = samples;
      timedMs[arm] += took;
    }
    runs += size;
    pairs.push({ subject: blocks.subject ?? none, baseline: blocks.baseline ?? none, first });
    await between(runs, Math.min(timedMs.subject, timedMs.baseline));
  }
  return pairs;
}

const none = new Float64Array();

function other(arm: Arm): Arm {
  return arm === 'subject' ? 'baseline' : 'subject';
}

function timeBlock(run: Run, runs: number): ReturnType<typeof timeRuns> {
  return timeRuns(run, { minMs: 0, minRuns: runs, maxRuns: runs }, () => Promise.resolve());
}

function joined(blocks: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

function sumOf(samples: Float64Array): number {
  return samples.reduce((sum, sample) => sum + sample, 0);
}
