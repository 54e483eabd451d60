import { MlregError } from '../../core/errors.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import { formatReference, type Reference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import type { GoldenCase } from '../../onnx/golden/golden-case.ts';
import { readGoldenSet } from '../../onnx/golden/golden-set.ts';
import {
  compareTensors,
  toleranceFor,
  type Tolerance,
  type WorstElement,
} from '../../onnx/tensors/compare-tensors.ts';
import type { Registry } from '../../registry/registry.ts';
import { requireOnnx, resolve } from '../../registry/resolve.ts';
import { withVerifiedCopies } from '../../registry/verified-copies.ts';
import { serve } from '../serve.ts';
import { askGrpc } from './ask-grpc.ts';
import { askRest, checkServes } from './ask-rest.ts';
import { binaryBody, jsonBody } from './rest-bodies.ts';

export interface SelfTestInput {
  ref: Reference;
  /** A server that runs; absent: one is started for the test. */
  url?: URL | undefined;
  /** Its address for gRPC, `grpc://HOST:PORT`; absent with `url`: it is not asked by gRPC. */
  grpcUrl?: URL | undefined;
  token?: string | undefined;
}

/** How a case was asked. */
export type SelfTestWay = 'rest-json' | 'rest-binary' | 'grpc';

export interface SelfTestCase {
  case: string;
  /** The digest of its golden set, if the version has several. */
  set?: string;
  way: SelfTestWay;
  /** Null: nothing was compared. */
  match: boolean | null;
  /** The element with the largest difference relative to its tolerance; null: all are equal. */
  worst: (WorstElement & Tolerance & { output: string; dtype: string }) | null;
  skipped?: string;
  /** What the server answered instead. */
  error?: string;
}

export interface SelfTestResult {
  ref: string;
  name: string;
  version: string;
  digest: string;
  url: string;
  /** Whether the server was started for the test. */
  started: boolean;
  /** `inconclusive`: nothing could be compared. */
  verdict: 'pass' | 'fail' | 'inconclusive';
  cases: SelfTestCase[];
}

/**
 * Sends the inputs of a version's golden sets to a server in each way that clients have, and
 * compares the answers with what is expected. NOT_FOUND if the version has no golden set, or if the
 * server does not serve it; otherwise as `serve`.
 */
export async function selfTest(registry: Registry, input: SelfTestInput): Promise<SelfTestResult> {
  const record = await resolve(registry, input.ref);
  const ref = formatReference(record.name, record.version);
  if (goldenSetsOf(record).length === 0)
    throw new MlregError('NOT_FOUND', `${ref} has no golden set`, {
      hint: `mlreg golden add ${ref} PATH`,
      details: { ref },
    });
  const { stop, ...server } = await serverFor(registry, record, input);
  const { url } = server;
  try {
    await checkServes(url, record, input.token);
    const cases = await withVerifiedCopies(registry, 'selftest', async (copies) => {
      const { signature } = requireOnnx(record);
      const sets = await copies.golden(record);
      const results: SelfTestCase[] = [];
      for (const { digest, files } of sets) {
        const named = sets.length === 1 ? {} : { set: digest };
        for (const golden of readGoldenSet(files, signature)) {
          registry.signal?.throwIfAborted();
          for (const one of await runCase(golden, record, { ...server, token: input.token }))
            results.push({ ...one, ...named });
        }
      }
      return results;
    });
    const { name, version, artifact } = record;
    return {
      ref,
      name,
      version,
      digest: artifact.digest,
      url: url.origin,
      started: input.url === undefined,
      verdict: verdictOf(cases),
      cases,
    };
  } finally {
    await stop();
  }
}

function verdictOf(cases: readonly SelfTestCase[]): SelfTestResult['verdict'] {
  if (cases.some(({ match, error }) => match === false || error !== undefined)) return 'fail';
  return cases.some(({ match }) => match === true) ? 'pass' : 'inconclusive';
}

/** Where a version is asked. */
interface Server {
  url: URL;
  grpcUrl: URL | undefined;
  token: string | undefined;
}

async function serverFor(
  registry: Registry,
  { name, version }: VersionRecord,
  { url, grpcUrl }: SelfTestInput,
): Promise<Omit<Server, 'token'> & { stop: () => Promise<void> }> {
  if (url !== undefined) return { url, grpcUrl, stop: () => Promise.resolve() };
  const server = await serve(registry, {
    refs: [{ name, selector: { kind: 'version', version } }],
    host: '127.0.0.1',
    port: 0,
    isolation: 'child',
    threads: 1,
    maxBatch: 32,
    maxQueue: 256,
    deadlineMs: 60_000,
    maxBodyBytes: 2 ** 30,
    drainDelayMs: 0,
    pin: true,
    intervalMs: 60_000,
    keepWarmMs: 0,
  });
  const grpc = server.grpcUrl === null ? undefined : new URL(server.grpcUrl);
  return { url: new URL(server.url), grpcUrl: grpc, stop: () => server.stop() };
}

async function runCase(
  golden: GoldenCase,
  record: VersionRecord,
  { url, grpcUrl, token }: Server,
): Promise<SelfTestCase[]> {
  const nothing = { case: golden.name, match: null, worst: null };
  const ways: SelfTestWay[] = [
    'rest-json',
    'rest-binary',
    ...(grpcUrl === undefined ? [] : ['grpc' as const]),
  ];
  const { skipped } = golden;
  if (skipped !== null) return ways.map((way) => ({ ...nothing, way, skipped }));
  const inputs = new Map([...golden.inputs].map(([name, value]) => [name, value.load()]));
  const outputs = [...golden.outputs.keys()];
  const results: SelfTestCase[] = [];
  for (const way of ways) {
    const body = way === 'rest-json' ? jsonBody(inputs, outputs) : binaryBody(inputs, outputs);
    if (body === undefined) {
      results.push({ ...nothing, way, skipped: 'JSON has no infinities, which its inputs contain' });
      continue;
    }
    const answer =
      way === 'grpc' && grpcUrl !== undefined
        ? await askGrpc(grpcUrl, record, inputs, outputs, token)
        : await askRest(url, record, body, token);
    results.push(
      'error' in answer
        ? { ...nothing, way, error: answer.error }
        : { case: golden.name, way, ...compare(golden, answer.outputs, way) },
    );
  }
  return results;
}

function compare(
  golden: GoldenCase,
  given: ReadonlyMap<string, TensorValue>,
  way: SelfTestWay,
): Pick<SelfTestCase, 'match' | 'worst'> {
  let match = true;
  let worst: SelfTestCase['worst'] = null;
  for (const [output, value] of golden.outputs) {
    const expected = value.load();
    const got = given.get(output);
    if (got === undefined) return { match: false, worst: null };
    const tolerance = toleranceFor(expected.dtype, golden.tolerance);
    const result = compareTensors(way === 'rest-json' ? asJsonHasIt(expected) : expected, got, tolerance);
    const isWorse = result.worst !== null && (worst === null || (match && !result.match));
    if (isWorse && result.worst !== null)
      worst = { ...result.worst, ...tolerance, output, dtype: expected.dtype };
    match &&= result.match;
  }
  return { match, worst };
}

/** JSON has one word, null, for NaN and both infinities. */
function asJsonHasIt(tensor: TensorValue): TensorValue {
  const { dtype, data } = tensor;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return tensor;
  const isInfinite = (value: number): boolean => value === Infinity || value === -Infinity;
  if (!data.some(isInfinite)) return tensor;
  return { ...tensor, dtype, data: data.map((value) => (isInfinite(value) ? NaN : value)) };
}
