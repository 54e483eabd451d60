import { join } from 'node:path';
import type { Device } from '../../core/device.ts';
import { MlregError } from '../../core/errors.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { Signature, ValueInfo } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { isFeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { planInputs } from '../../onnx/feeds/synthesize.ts';
import { fetchedOutputs, type FetchedOutputs } from '../../onnx/graph/fetched-outputs.ts';
import { hasImageSpec } from '../../images/has-image-spec.ts';
import { toSetFiles } from '../../runtime/child/golden-cases.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { defaultMemoryLimit } from '../../runtime/run-job.ts';
import type { RecycleLimits } from '../../runtime/session/recycle.ts';
import type { Session } from '../../runtime/session/session.ts';
import { NotServed } from '../../runtime/session/load-into.ts';
import { supervise, type Supervised } from '../../runtime/session/supervise.ts';
import type { Registry } from '../../registry/registry.ts';
import { requireOnnx } from '../../registry/resolve.ts';
import { type GoldenCopy, withVerifiedCopies } from '../../registry/verified-copies.ts';
import type { Infer } from '../cache/cached-infer.ts';
import type { ResponseCache } from '../cache/response-cache.ts';
import type { EngineFacts, EngineGolden, EnginePlan, PlannedValue } from '../engine/plan.ts';
import type { ServedVersion } from '../served.ts';
import { openInline } from './inline.ts';

export interface LoadOptions {
  /** `child`: in a process of its own; `none`: in this one, where a model can end the server. */
  isolation: 'child' | 'none';
  threads: number;
  /** Default: the CPU. */
  device?: Device | undefined;
  maxBatch: number;
  maxQueue: number;
  deadlineMs: number;
  /** Absent: by the size of the model. */
  memoryLimitBytes?: number | undefined;
  /** Until the model can run, and for each run that is part of loading: golden sets and warm-up. */
  loadTimeoutMs: number;
  runTimeoutMs: number;
  /** Ends the loading. */
  signal?: AbortSignal | undefined;
  /** Keeps answers. */
  cache?: ResponseCache | undefined;
  /** Gives a booted child. */
  take?: ((limits: { memoryLimitBytes: number }) => Session) | undefined;
  onDeath?: ((ref: string, message: string) => void) | undefined;
  /** When a version's process is replaced by a new one. Absent: never. */
  recycle?: RecycleLimits | undefined;
  /** Told what an operator should know. */
  warn?: ((warning: string) => void) | undefined;
  /** Its requests are refused for so many milliseconds. */
  onBreak?: ((ref: string, why: string, ms: number) => void) | undefined;
}

/**
 * Copies a version out of the registry, verified, and loads it, with its golden sets and a warm-up:
 * when this resolves it can answer. INVALID_INPUT if it is not an ONNX model or none of its outputs
 * can be fetched, GATE_FAILED if it fails its golden set or does not load, INTEGRITY for damaged
 * bytes, NOT_FOUND without ONNX Runtime. Its copies live until it is closed.
 */
export async function loadVersion(
  registry: Registry,
  record: VersionRecord,
  options: LoadOptions,
): Promise<ServedVersion> {
  const started = performance.now();
  const ready = Promise.withResolvers<ServedVersion>();
  const closed = Promise.withResolvers<void>();
  const held = withVerifiedCopies(registry, 'serve', async (copies) => {
    const { entry, signature } = requireOnnx(record);
    await copies.verifyListing(record);
    const folder = await copies.model(record);
    const fetched = await fetchedOutputs(join(folder, entry), signature);
    options.signal?.throwIfAborted();
    const golden = await copies.golden(record);
    const plan = planOf(record, signature, fetched, golden, options);
    const model = await open(plan, record, options);
    const infer = options.cache === undefined ? model.infer : cached(record, plan, model, options.cache);
    const example = exampleOf(golden, plan, model.facts);
    const images = await imagesOf(record, plan, options);
    ready.resolve(servedOf(record, plan, { ...model, infer, example, images }, started, closed.resolve));
    await closed.promise;
  });
  held.catch(ready.reject);
  return ready.promise;

  function servedOf(
    { name, version, artifact }: VersionRecord,
    plan: EnginePlan,
    model: Supervised<EngineFacts> & Pick<ServedVersion, 'example' | 'images'>,
    since: number,
    release: () => void,
  ): ServedVersion {
    return {
      ref: formatReference(name, version),
      name,
      version,
      digest: artifact.digest,
      inputs: plan.inputs,
      outputs: model.facts.outputs,
      signature: plan.signature,
      unusable: plan.unusable,
      facts: model.facts,
      images: model.images,
      example: model.example,
      onnxruntime: model.onnxruntime,
      loadMs: performance.now() - since,
      infer: model.infer,
      pending: model.pending,
      pid: model.pid,
      rssBytes: model.rssBytes,
      deaths: model.deaths,
      recycled: model.recycled,
      broken: model.broken,
      close: async () => {
        await model.close();
        release();
        await held;
      },
    };
  }
}

/** What reads images is loaded only if the version's metadata says how. */
async function imagesOf(
  { name, version, metadata }: VersionRecord,
  plan: EnginePlan,
  { deadlineMs, warn }: LoadOptions,
): Promise<ServedVersion['images']> {
  const ref = formatReference(name, version);
  if (hasImageSpec(metadata.extra)) {
    const { openImages } = await import('./version-images.ts');
    return openImages(metadata.extra, plan.inputs, { ref, deadlineMs, warn });
  }
  const why = `${ref} takes no images: its metadata has no extra.preprocess.image (see mlreg help images)`;
  return { status: 415, why };
}

/** Looks for it when it is first asked for, so that no swap waits for it. */
function exampleOf(
  golden: readonly GoldenCopy[],
  plan: EnginePlan,
  { outputs, batches }: EngineFacts,
): ServedVersion['example'] {
  let found: ReturnType<ServedVersion['example']> | undefined;
  const find: ServedVersion['example'] = async () => {
    const { findExample } = await import('./example.ts');
    return findExample(golden, { plan, outputs, all: outputs.map((_, at) => at) }, batches.joined);
  };
  // The copies are gone once the version is closed.
  return () => (found ??= find().catch(() => undefined));
}

/** Answers from the cache what depends on nothing else. */
function cached(
  { name, version, artifact, onnx }: VersionRecord,
  plan: EnginePlan,
  { facts, onnxruntime, infer }: Supervised<EngineFacts>,
  cache: ResponseCache,
): Infer {
  const { outputs } = facts;
  // The digest says which model it is; the rest, how its tensors are named and what computes them.
  const identity = JSON.stringify([
    artifact.digest,
    name,
    version,
    onnxruntime,
    plan.session.device ?? 'cpu',
    plan.inputs.map((input) => input.name),
    outputs.map((output) => [output.name, output.tensor]),
  ]);
  const model = { plan, outputs, all: outputs.map((_, at) => at) };
  return cache.around({ identity, model, infer, operators: onnx?.operators ?? {} });
}

async function open(
  plan: EnginePlan,
  record: VersionRecord,
  options: LoadOptions,
): Promise<Supervised<EngineFacts>> {
  const { isolation, deadlineMs, maxQueue, maxBatch, take, onDeath, onBreak, signal } = options;
  const ref = formatReference(record.name, record.version);
  const memoryLimitBytes =
    options.memoryLimitBytes ?? defaultMemoryLimit(record.artifact.size, process.constrainedMemory() || null);
  try {
    if (isolation === 'none') return await openInline(plan, { maxQueue, deadlineMs });
    return await supervise<EngineFacts>(plan, {
      memoryLimitBytes,
      loadTimeoutMs: options.loadTimeoutMs,
      runTimeoutMs: options.runTimeoutMs,
      signal,
      deadlineMs,
      maxQueue,
      window: Math.max(64, 2 * maxBatch),
      ...(take === undefined ? {} : { take }),
      recycle: options.recycle,
      onStay: (why) => options.warn?.(`the process of ${ref} was to be replaced, but goes on: ${why}`),
      onDeath: (_death, message) => onDeath?.(ref, message),
      onBreak: (why, ms) => onBreak?.(ref, why, ms),
    });
  } catch (error) {
    if (!(error instanceof NotServed)) throw error;
    if (error.kind === 'no-runtime') throw runtimeMissing(error.message);
    throw new MlregError('GATE_FAILED', `${ref} cannot be served: ${error.message}`, {
      hint: `see what is wrong with it: mlreg test ${ref}`,
      details: { ref, stderr: error.death?.stderr ?? '' },
    });
  }
}

function planOf(
  { name, version }: VersionRecord,
  signature: Signature,
  { modelFile, outputs, skipped }: FetchedOutputs,
  golden: readonly GoldenCopy[],
  { threads, device, maxBatch }: LoadOptions,
): EnginePlan {
  const given = signature.inputs.filter(({ hasDefault }) => hasDefault !== true);
  const runnable = golden.filter(({ cases }) => cases.some((one) => one.skipped === undefined));
  return {
    name,
    version,
    modelFile,
    session: {
      intraOpThreads: threads,
      interOpThreads: 1,
      device,
      // A thread that spins while it waits for requests takes the CPU of those who have some.
      extra: { 'session.intra_op.allow_spinning': '0' },
    },
    signature,
    inputs: given.map(valueOf),
    outputs: outputs.map(({ name: output, tensor, classes }) => {
      const info = signature.outputs.find((one) => one.name === output);
      const named = classes === null ? {} : { classes };
      if (info !== undefined && tensor === output) return { ...valueOf(info), tensor, ...named };
      // Behind a ZipMap: a float for each class.
      return { name: output, tensor, dtype: 'float32', shape: [null, classes?.length ?? null], ...named };
    }),
    unusable: unusable(signature, skipped),
    maxBatch,
    golden: runnable.length === 0 ? null : goldenOf(signature, runnable),
    warmup: madeUp(signature),
  };
}

function valueOf({ name, dtype, shape }: ValueInfo): PlannedValue {
  return {
    name,
    dtype: isFeedDtype(dtype) ? dtype : null,
    shape: shape?.map((size) => (typeof size === 'number' && size >= 0 ? size : null)) ?? null,
  };
}

function unusable({ inputs, outputs }: Signature, skipped: readonly string[]): EnginePlan['unusable'] {
  const fixed = inputs.filter(({ hasDefault }) => hasDefault === true);
  return Object.fromEntries([
    ...fixed.map(({ name }) => [
      name,
      `the input ${JSON.stringify(name)} has a default in the model, which onnxruntime-node cannot override: omit it`,
    ]),
    ...outputs
      .filter(({ name }) => skipped.includes(name))
      .map(({ name, type }) => [
        name,
        `the output ${JSON.stringify(name)} is ${type}, which onnxruntime-node cannot return`,
      ]),
  ]);
}

function goldenOf(signature: Signature, golden: readonly GoldenCopy[]): EngineGolden {
  return {
    signature,
    sets: toSetFiles(golden).map((set) => ({ ...set, files: [...set.files] })),
    tolerance: {},
  };
}

/** Null if inputs of this model cannot be made up: it is served without a warm-up. */
function madeUp(signature: Signature): EnginePlan['warmup'] {
  const rows = (batch: number | undefined) =>
    planInputs(signature, { batch, shapes: new Map(), seed: 1 }).feeds;
  try {
    const one = rows(undefined);
    try {
      return [one, rows(2)];
    } catch {
      return [one, one];
    }
  } catch {
    return null;
  }
}
