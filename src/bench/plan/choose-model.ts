import { statSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { readCgroupLimits, defaultThreads, readTopology } from '../../machine/resources.ts';
import { type FeedPlan, planInputs } from '../../onnx/feeds/synthesize.ts';
import type { SessionChoices } from '../../runtime/child/session.ts';
import { type JobLimits, defaultMemoryLimit } from '../../runtime/run-job.ts';
import type { Feeds } from '../child/timed-model.ts';
import type { BenchPlan, ResolvedPlan } from './plan.ts';

/** The inputs of a model, and what the report says about them. */
export interface ChosenInputs extends ShapeSummary {
  source: 'golden' | 'file' | 'synthetic';
  feeds: Feeds;
  /** How many cases take turns. */
  cases: number;
  /** The batch size, as a mean over the cases; see `itemsPerRun`. */
  itemsPerRun: number | null;
  /** For the memory limit. */
  bytes: number;
  warnings: string[];
}

/** The synthetic inputs that a plan feeds to a model with this signature. */
export function chooseInputs(
  signature: Signature,
  { batch, shapes, ranges, seed }: BenchPlan,
): ChosenInputs & { feeds: FeedPlan[] } {
  const inputs = planInputs(signature, {
    batch: batch ?? undefined,
    shapes: new Map(Object.entries(shapes)),
    ranges: new Map(Object.entries(ranges)),
    seed,
  });
  return {
    source: 'synthetic',
    cases: 1,
    varying: {},
    itemsPerRun: itemsPerRun(signature, [inputs.shapes]),
    ...inputs,
  };
}

/** Approximate memory of a thread of the child: a JavaScript heap with its nursery. */
const workerBytes = 32 * 2 ** 20;

/**
 * The plan with what this machine decides. `bytes` is the size of models and inputs, which every
 * concurrent session loads.
 */
export function resolvePlan(plan: BenchPlan, bytes: number): ResolvedPlan {
  const loaded = bytes * plan.concurrency + workerBytes * (plan.concurrency - 1);
  return {
    ...plan,
    threads: plan.asDeployed ? null : (plan.threads ?? sharedThreads(plan.concurrency)),
    memoryLimitBytes: plan.memoryLimitBytes ?? defaultMemoryLimit(loaded, readCgroupLimits().memoryBytes),
  };
}

/**
 * The time that the whole measurement leaves for a launch. `deadline` is a reading of
 * performance.now().
 */
export function launchLimits(plan: ResolvedPlan, deadline: number): JobLimits {
  const { timeoutMs, timeoutIsStall, memoryLimitBytes } = plan;
  if (timeoutIsStall) return { timeoutMs, timeoutIsStall, memoryLimitBytes };
  const leftMs = Math.max(1, deadline - performance.now());
  return { timeoutMs: leftMs, namedTimeoutMs: timeoutMs, memoryLimitBytes };
}

/**
 * Threads per session: concurrent sessions share the physical cores, so that together they have no
 * more threads than cores where possible.
 */
function sharedThreads(sessions: number): number {
  return Math.max(1, Math.floor(defaultThreads(readTopology()) / sessions));
}

/** Threads that spin while they wait would slow down the other session. */
const noSpinning = { 'session.intra_op.allow_spinning': '0' };

/** The session options of a resolved plan; `shared`: other sessions run in the same process. */
export function chooseSession(
  { threads, device, asDeployed }: BenchPlan,
  { shared }: { shared: boolean },
): SessionChoices {
  if (asDeployed) return { intraOpThreads: null, interOpThreads: null, extra: {}, device };
  return { intraOpThreads: threads, interOpThreads: 1, extra: shared ? noSpinning : {}, device };
}

export function sizeOf(modelFile: string): number {
  try {
    return statSync(modelFile).size;
  } catch (cause) {
    throw new MlregError('NOT_FOUND', `cannot read the model file ${quote(modelFile)}`, {
      hint: 'check its path and permissions',
      cause,
    });
  }
}

/** Shape by input name. */
export type Shapes = Record<string, number[]>;

export interface ShapeSummary {
  /** Of the inputs whose shape is the same in all cases. */
  shapes: Shapes;
  /** Of the other inputs: the shapes with the fewest and the most elements. */
  varying: Record<string, { smallest: number[]; largest: number[] }>;
}

export function summarizeShapes(cases: readonly Shapes[]): ShapeSummary {
  const names = [...new Set(cases.flatMap((one) => Object.keys(one)))];
  const sorted = names.map((name): [string, number[][]] => {
    const shapes = cases.flatMap((one) => (Object.hasOwn(one, name) ? [one[name] ?? []] : []));
    return [name, shapes.toSorted(bySize)];
  });
  const ends = sorted.map(([name, shapes]) => ({
    name,
    smallest: shapes[0] ?? [],
    largest: shapes.at(-1) ?? [],
  }));
  const isSame = ({ smallest, largest }: (typeof ends)[number]): boolean => bySize(smallest, largest) === 0;
  return {
    shapes: Object.fromEntries(ends.filter(isSame).map(({ name, smallest }) => [name, smallest])),
    varying: Object.fromEntries(ends.filter((end) => !isSame(end)).map(({ name, ...both }) => [name, both])),
  };
}

/** Zero only for equal shapes. */
function bySize(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a.join(), b.join()];
  return elements(a) - elements(b) || (x < y ? -1 : Number(x > y));
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The batch size, as a mean over the cases: the first dimension, if all inputs except scalars share
 * it and the model leaves it open. Null if there is none.
 */
export function itemsPerRun(signature: Signature, cases: readonly Shapes[]): number | null {
  let items = 0;
  for (const shapes of cases) {
    const batch = batchOf(signature, shapes);
    if (batch === null) return null;
    items += batch;
  }
  return cases.length === 0 ? null : items / cases.length;
}

function batchOf({ inputs }: Signature, shapes: Shapes): number | null {
  const firsts = new Set(Object.values(shapes).flatMap((shape) => shape.slice(0, 1)));
  const open = inputs.some(
    ({ name, shape }) => Object.hasOwn(shapes, name) && typeof (shape?.[0] ?? null) !== 'number',
  );
  const [first] = firsts;
  return firsts.size === 1 && open && first !== undefined ? first : null;
}
