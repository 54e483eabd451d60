import { isMlregError, MlregError } from '../../core/errors.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { readCounters } from '../../machine/environment.ts';
import { hashFeeds } from '../../onnx/feeds/feed-data.ts';
import { chooseOutputs, type TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import {
  caseName,
  isMismatch,
  readGoldenSet,
  toChecked,
  type GoldenCaseResult,
} from '../../onnx/golden/golden-set.ts';
import type { GoldenCase } from '../../onnx/golden/golden-case.ts';
import { compareTensors, toleranceFor, type Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import { toSetFiles } from '../../runtime/child/golden-cases.ts';
import type { LoadAnswer } from '../child/load-job.ts';
import { loadFeeds } from '../child/timed-model.ts';
import { measureFloorUs, untimed, warmUp } from '../child/timed-runs.ts';
import { watchUsage } from '../child/process-usage.ts';
import { drive } from '../network/drive.ts';
import { httpClient, messageOf, type InferenceClient } from '../network/oip-client.ts';
import type { ServerAddress } from '../plan/server-address.ts';
import type { InferBody } from '../network/oip-body.ts';
import { chooseFeeds } from '../plan/choose-feeds.ts';
import { resolvePlan } from '../plan/choose-model.ts';
import type { BenchPlan } from '../plan/plan.ts';
import type { GoldenChecks } from '../report/golden-report.ts';
import { reportLoad, type LoadLaunch } from '../report/report-load.ts';
import type { BenchMeasurement, BenchProgress } from '../report/result.ts';
import { whyUntimed, type ModelToTime } from './model-to-time.ts';
import { asLaunch, assign, shareDone } from './run-load.ts';

export interface RemoteInput extends Pick<ModelToTime, 'signature' | 'golden'> {
  server: ServerAddress;
  model: string;
  version: string;
  plan: BenchPlan;
  inputFiles?: Map<string, string> | null;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/**
 * Measures a version on a running server, with as many connections as the plan has clients, and new
 * ones for each launch. The answers to the golden cases are compared before and after timing. What
 * the server or the network does wrong is no fact about the version, so that it rejects: STORAGE
 * where there is no server, or it refuses a request or does not answer in time; AUTH, NOT_FOUND and
 * CONFLICT as `requireVersion`; INTERRUPTED when aborted.
 */
export async function runRemote(input: RemoteInput): Promise<BenchMeasurement> {
  const { signature, golden = [], server } = input;
  const { version: inputs } = chooseFeeds(input, null, input.plan, input.inputFiles ?? null);
  const outputs = chooseOutputs(signature);
  const plan = { ...resolvePlan(input.plan, inputs.bytes), threads: null };
  const session = { intraOpThreads: null, interOpThreads: null, extra: {} };
  const cases = await loadFeeds(inputs.feeds);
  const feeds = cases.map((values) => new Map(values.map((value) => [value.name, value] as const)));
  const inputSha256 = hashFeeds(cases.flat());
  const before = readCounters();
  const launches: LoadLaunch[] = [];
  const checks: (GoldenChecks | null)[] = [];
  const facts = { plan, inputs, outputs, session, golden, before, server: server.url };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), plan.timeoutMs);
  const signal = input.signal === undefined ? late.signal : AbortSignal.any([late.signal, input.signal]);
  try {
    for (let launch = 0; launch < plan.launches; launch++) {
      const { model, version } = input;
      const client = httpClient(server, { model, version, connections: plan.concurrency, signal });
      const tell = (phase: BenchProgress['phase'], runs: number, done: number): void => {
        // The duration of an exact count is unknown: then only a standstill is too long.
        if (plan.timeoutIsStall) timer.refresh();
        input.onProgress?.({
          phase,
          launch: launch + 1,
          launches: plan.launches,
          runs: runs + launches.reduce((sum, one) => sum + one.runs.doneMs.length, 0),
          fraction: (launch + Math.min(1, done)) / plan.launches,
        });
      };
      try {
        tell('start', 0, 0);
        const { answer, assignment } = await measureOnce(client, feeds, { ...input, plan }, launch, tell);
        checks.push(answer.golden);
        const message = whyUntimed(input, checks);
        if (message !== null) {
          const failure = { status: 'error' as const, message, stderr: '', launch: launch + 1 };
          const loaded = { ...answer, inputSha256 };
          return reportLoad({ ...facts, checks, loaded, failure, after: readCounters() }, []);
        }
        launches.push(asLaunch({ ...answer, inputSha256 }, assignment));
      } catch (error) {
        throw asRemoteError(error, server.url, input.signal, late.signal);
      } finally {
        client.close();
      }
    }
    return reportLoad({ ...facts, checks, failure: null, after: readCounters() }, launches);
  } finally {
    clearTimeout(timer);
  }
}

function asRemoteError(
  error: unknown,
  url: string,
  stopped: AbortSignal | undefined,
  late: AbortSignal,
): unknown {
  if (isMlregError(error)) return error;
  if (stopped?.aborted === true) return stopped.reason;
  const why = late.aborted ? 'it took longer than --timeout' : messageOf(error);
  return new MlregError('STORAGE', `cannot measure ${url}: ${why}`, {
    hint: / 429| 503/.test(why)
      ? 'it has more requests than it takes: use a lower --rate or --concurrency'
      : `ask it whether it is ready: curl ${url}/v2/health/ready`,
    cause: error,
  });
}

type Tell = (phase: BenchProgress['phase'], runs: number, done: number) => void;

async function measureOnce(
  client: InferenceClient,
  feeds: readonly ReadonlyMap<string, TensorValue>[],
  { plan, signature, golden }: RemoteInput,
  launch: number,
  tell: Tell,
) {
  const created = performance.now();
  await client.requireVersion();
  const createMs = performance.now() - created;
  const bodies = feeds.map((inputs) => client.prepare(inputs));
  const bodyAt = (at: number): InferBody => bodies[at % bodies.length] as InferBody;
  const first = performance.now();
  await client.send(bodyAt(0));
  const firstRunMs = performance.now() - first;
  const check = (): Promise<GoldenCaseResult[] | null> =>
    checkGolden(client, signature, golden ?? [], plan.tolerance);
  const assignment = assign(plan, launch);
  const { pace } = assignment;
  if (pace.kind === 'queries') throw new Error('queries are not sent to a server');
  const known = {
    // Not known of a server: the report leaves these out.
    onnxruntime: '',
    baseRssBytes: 0,
    peakRssBytes: 0,
    createMs,
    firstRunMs,
    unfetched: [],
    harnessFloorUs: await measureFloorUs(),
  };
  const before = await check();
  if (before !== null && isMismatch(before)) {
    const { contextSwitches, gc } = untimed;
    const golden = { before, after: null };
    const answer = { ...known, warmups: [], runs: noRuns, golden, contextSwitches, gc };
    return { answer, assignment };
  }
  const warmups = await Promise.all(
    Array.from({ length: plan.concurrency }, () => {
      let at = 0;
      const run = async (): Promise<Record<string, never>> => {
        await client.send(bodyAt(at++));
        return {};
      };
      return warmUp(run, plan.warmup, async () => tell('warmup', 0, 0), bodies.length);
    }),
  );
  const usage = watchUsage();
  let told = 0;
  const runs = await drive(
    pace,
    plan.concurrency,
    (at) => client.send(bodyAt(at)),
    (done, elapsedMs) => {
      if (elapsedMs - told < 100) return;
      told = elapsedMs;
      tell('timed', done, shareDone(pace, done, elapsedMs));
    },
  );
  const used = usage();
  const after = await check();
  if (launch === plan.launches - 1) tell('done', runs.doneMs.length, 1);
  const answer: Omit<LoadAnswer, 'inputSha256'> = {
    ...known,
    warmups,
    runs,
    golden: before === null ? null : { before, after },
    ...used,
  };
  return { answer, assignment };
}

const noRuns = { worker: new Uint16Array(), startMs: new Float64Array(), doneMs: new Float64Array() };

/** What the server answers to every golden case that can be sent; null without one. */
async function checkGolden(
  client: InferenceClient,
  signature: Signature,
  golden: NonNullable<RemoteInput['golden']>,
  tolerance: Partial<Tolerance>,
): Promise<GoldenCaseResult[] | null> {
  const results: GoldenCaseResult[] = [];
  for (const { files, set } of toSetFiles(golden.map((one) => ({ ...one })))) {
    const named = set === undefined ? {} : { set };
    for (const one of readGoldenSet(files, signature)) {
      const name = caseName({ case: one.name, ...named });
      results.push({ ...(await checkCase(client, one, name, tolerance)), ...named });
    }
  }
  return results.every(({ outputs }) => outputs === null) ? null : results;
}

async function checkCase(
  client: InferenceClient,
  golden: GoldenCase,
  name: string,
  chosen: Partial<Tolerance>,
): Promise<GoldenCaseResult> {
  const known = toChecked(golden);
  if (known.skipped !== undefined) return { ...known, outputs: null };
  const inputs = new Map([...golden.inputs].map(([input, value]) => [input, value.load()]));
  const given = await client.infer(inputs).catch((error: unknown) => {
    throw isMlregError(error) ? error : new Error(`${name}: ${messageOf(error)}`);
  });
  const outputs = [...golden.outputs].map(([output, value]) => {
    const expected = value.load();
    const got = given.get(output);
    if (got === undefined) throw new Error(`${name}: the answer has no output ${output}`);
    const tolerance = toleranceFor(expected.dtype, chosen, golden.tolerance);
    return { output, dtype: expected.dtype, ...tolerance, ...compareTensors(expected, got, tolerance) };
  });
  return { ...known, outputs };
}
