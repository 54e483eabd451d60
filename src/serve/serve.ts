import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { type ModelName, type Reference, type Selector, type StageName } from '../core/versions/reference.ts';
import type { Registry } from '../registry/registry.ts';
import { requireStage, resolve } from '../registry/resolve.ts';
import type { CacheSetting } from './cache/cache-setting.ts';
import type { ResponseCache } from './cache/response-cache.ts';
import { openSpares, type Spares } from '../runtime/session/spares.ts';
import { openBudget, usualBudget } from './front/body-budget.ts';
import { type ConnectionLimits, usualLimits } from './front/http-server.ts';
import { listen } from './front/server.ts';
import { type Guard, type GuardInput, openGuard } from './guard/guard.ts';
import { isLoopback } from './guard/local-names.ts';
import { openTls, type Tls, type TlsInput } from './guard/tls.ts';
import type { FrontContext } from './front/route.ts';
import type { ListeningGrpc } from './grpc/listen.ts';
import type { Observer } from './observe/observer.ts';
import { observeServer, type ObserveInput } from './observe-server.ts';
import type { RunningServer, ServedModel } from './running-server.ts';
import type { ServedVersion } from './served.ts';
import { type Fallbacks, openFallbacks } from './slots/fallbacks.ts';
import { follow, heldIn } from './slots/follow.ts';
import { type FollowedSlot, followedSlot } from './slots/followed-slot.ts';
import { loadVersion, type LoadOptions } from './slots/load-version.ts';
import { recordRejection } from './slots/record-rejection.ts';
import { servedModels } from './slots/served-models.ts';
import { openSlot } from './slots/slot.ts';
import type { SlotNews } from './slots/slot-news.ts';
import { versionPool } from './slots/version-pool.ts';

export interface ServeInput
  extends
    Pick<LoadOptions, 'isolation' | 'threads' | 'maxBatch' | 'maxQueue' | 'deadlineMs'>,
    ObserveInput,
    GuardInput {
  refs: readonly Reference[];
  /** Every model that has a version in this stage. */
  stage?: StageName | undefined;
  /** 0: any free one. */
  port: number;
  /** 0: any free one; null: no gRPC. Default: the one after `port`, or any free one. */
  grpcPort?: number | null | undefined;
  maxBodyBytes: number;
  /** A certificate and its key: HTTPS. */
  tls?: TlsInput | undefined;
  /** What clients may do at most, where it is not as usual. */
  connections?: Partial<ConnectionLimits> | undefined;
  /** How long it still answers, but is not ready, before it stops. */
  drainDelayMs: number;
  memoryLimitBytes?: number | undefined;
  /** Where answers are kept. Absent: nowhere. */
  cache?: CacheSetting | undefined;
  /** Serve what the references mean now, also when stages move. */
  pin?: boolean | undefined;
  /** Milliseconds between two looks at the registry. */
  intervalMs: number;
  /** Each answers for the model of its name while the version that should is broken. */
  fallbacks?: readonly Reference[] | undefined;
  /** How long the version before stays loaded after a swap. */
  keepWarmMs: number;
  /** Told what an operator should know. */
  warn?: ((warning: string) => void) | undefined;
  /** Told about swaps, and versions that could not be served. */
  news?: ((news: SlotNews) => void) | undefined;
}

const loadTimeoutMs = 120_000;

/**
 * Loads versions and serves them until `stop` is called or the registry's signal is aborted. A
 * reference to a stage follows it, unless `pin` is set. Rejects, with nothing left running, as
 * `resolve` and `loadVersion`; INVALID_INPUT for names that cannot be served together, STORAGE if the
 * port is taken.
 */
export async function serve(registry: Registry, input: ServeInput): Promise<RunningServer> {
  const { keepWarmMs, warn, news } = input;
  // Before anything is loaded.
  const guard = await openGuard(input);
  const tls = input.tls === undefined ? undefined : await openTls(input.tls);
  const refs = await refsOf(registry, input);
  const onDeath = (name: string, message: string): void =>
    warn?.(`the process of ${name} ended: it ${message}; it is started again`);
  const onBreak = (name: string, why: string, ms: number): void =>
    warn?.(`requests to ${name} are refused for ${Math.round(ms / 100) / 10} s: ${why}`);
  const cache = await openCache(input);
  // The first one boots while the references are resolved.
  const spares = input.isolation === 'child' ? openSpares() : null;
  const pool = versionPool(async (record, signal) => {
    // What is at this location now, which may be another registry than at the start.
    const now = await registry.again();
    try {
      return await loadVersion(now, record, {
        ...input,
        loadTimeoutMs,
        signal,
        cache,
        take: spares?.take,
        onDeath,
        onBreak,
      });
    } finally {
      await now.close();
    }
  });
  const report = (found: SlotNews): void => {
    observer.noteSlot(found.name, found.stage, found.kind);
    news?.(found);
    if (found.kind === 'rejected') void recordRejection(registry, found, warn);
  };
  const open = (name: ModelName, selector: Selector): FollowedSlot =>
    followedSlot(openSlot(name, selector), { pool, keepWarmMs, report });
  const slots: FollowedSlot[] = [];
  /** Of fallbacks: they have no name of their own. */
  const spare: FollowedSlot[] = [];
  const state: State = { ready: false, drainingSince: Infinity };
  const observer = observeServer(
    registry,
    input,
    state,
    () => [...slots.map(({ slot }) => slot), ...spare.map(({ slot }) => ({ ...slot, stage: null }))],
    cache,
  );
  try {
    const models: ServedModel[] = [];
    for (const ref of refs) {
      const record = await resolve(registry, ref);
      const slot = open(record.name, ref.selector ?? { kind: 'latest' });
      slots.push(slot);
      models.push(servedModel(await slot.open(record), slot.slot.stage));
    }
    const fallbacks = openFallbacks();
    for (const ref of input.fallbacks ?? []) {
      const record = await resolve(registry, ref);
      const slot = open(record.name, ref.selector ?? { kind: 'latest' });
      spare.push(slot);
      const served = slots.find((one) => one.slot.name === record.name)?.slot.current();
      fallbacks.add(await slot.open(record), served);
    }
    return await start(registry, {
      ...input,
      slots,
      spare,
      fallback: fallbacks.find,
      models,
      open,
      state,
      observer,
      guard,
      store: cache,
      spares,
      certificate: tls,
    });
  } catch (error) {
    await closeAll([...slots, ...spare]);
    await spares?.close();
    await observer.close();
    await cache?.close();
    throw error;
  }
}

/** What reads requests in this process is loaded only if answers are kept. */
async function openCache({ cache: setting, warn }: ServeInput): Promise<ResponseCache | undefined> {
  if (setting === undefined || setting.kind === 'off') return undefined;
  const { openResponseCache } = await import('./cache/response-cache.ts');
  return openResponseCache(setting, (warning) => warn?.(warning));
}

interface State {
  ready: boolean;
  drainingSince: number;
}

function servedModel(
  { ref, name, version, digest, loadMs, facts }: ServedVersion,
  stage: string | null,
): ServedModel {
  const { goldenCases, batches } = facts;
  return { ref, name, version, digest, loadMs, stage, goldenCases, batches: batches.joined };
}

async function refsOf(registry: Registry, { refs, stage }: ServeInput): Promise<Reference[]> {
  if (stage === undefined) {
    if (refs.length > 0) return [...refs];
    throw new MlregError('USAGE', 'name at least one version to serve', {
      hint: 'mlreg serve digits@production, or --stage production for every model that has one',
    });
  }
  await requireStage(registry, stage);
  const held = (await heldIn(registry, stage)).map((name): Reference => ({ name, selector: stageOf(stage) }));
  const all = [...refs, ...held.filter((one) => !refs.some((ref) => sameRef(ref, one)))];
  if (all.length > 0) return all;
  throw new MlregError('NOT_FOUND', `no model has a version in ${quote(stage)}`, {
    hint: `mlreg promote NAME@VERSION --to ${stage}`,
  });
}

function stageOf(stage: StageName): Selector {
  return { kind: 'stage', stage, back: 0 };
}

function sameRef(a: Reference, b: Reference): boolean {
  return a.name === b.name && JSON.stringify(a.selector) === JSON.stringify(b.selector);
}

interface Started extends ServeInput {
  slots: FollowedSlot[];
  spare: readonly FollowedSlot[];
  fallback: Fallbacks['find'];
  models: ServedModel[];
  open: (name: ModelName, selector: Selector) => FollowedSlot;
  state: State;
  observer: Observer;
  guard: Guard;
  store: ResponseCache | undefined;
  spares: Spares | null;
  certificate: Tls | undefined;
}

async function start(
  registry: Registry,
  { slots, spare, fallback, open, state, observer, guard, store, spares, certificate, ...input }: Started,
): Promise<RunningServer> {
  const models = servedModels(slots.map(({ slot }) => slot));
  const front: FrontContext = {
    models,
    fallback,
    limits: {
      maxBodyBytes: input.maxBodyBytes,
      bodies: openBudget(input.connections?.allBodiesBytes ?? usualBudget(input.maxBodyBytes)),
      connections: { ...usualLimits, ...input.connections },
    },
    isReady: () => state.ready,
    drainingSince: () => state.drainingSince,
    observer,
    guard,
  };
  const rest = await listen(front, input, certificate);
  const grpc = await startGrpc(front, input, certificate).catch(async (error: unknown) => {
    await rest.close();
    throw error;
  });
  for (const warning of [...(certificate?.warnings() ?? []), ...plainTokens(input)]) input.warn?.(warning);
  state.ready = true;
  const unfollow = new AbortController();
  const followed = slots.filter(({ slot }) => slot.stage !== null && input.pin !== true);
  const following = follow(registry, {
    slots: followed,
    stage: input.pin === true ? undefined : input.stage,
    open: (name, stage) => {
      const slot = open(name, stageOf(stage));
      slots.push(slot);
      models.add(slot.slot);
      return slot;
    },
    intervalMs: input.intervalMs,
    trouble: (message) => input.warn?.(message),
    signal: unfollow.signal,
  });
  const stopped = Promise.withResolvers<void>();
  let stopping = false;
  const stop = (): Promise<void> => {
    if (!stopping) {
      stopping = true;
      void drain().then(stopped.resolve, stopped.reject);
    }
    return stopped.promise;
  };
  const onAbort = (): void => void stop();
  const drain = async (): Promise<void> => {
    registry.signal?.removeEventListener('abort', onAbort);
    state.ready = false;
    unfollow.abort();
    await following;
    await new Promise((resolve) => setTimeout(resolve, input.drainDelayMs));
    state.drainingSince = performance.now();
    const most = 2 * input.deadlineMs;
    await Promise.all([rest.drain(most), grpc?.drain(most)]);
    await closeAll([...slots, ...spare]);
    await spares?.close();
    grpc?.close();
    await rest.close();
    await observer.close();
    await store?.close();
  };
  registry.signal?.addEventListener('abort', onAbort);
  if (registry.signal?.aborted === true) onAbort();
  const { host } = input;
  return {
    host,
    port: rest.port,
    url: urlOf(input, rest.port),
    grpcPort: grpc?.port ?? null,
    grpcUrl:
      grpc === null ? null : `${input.tls === undefined ? 'grpc' : 'grpcs'}://${inUrl(host)}:${grpc.port}`,
    models: input.models,
    warnings: [],
    processes: () =>
      slots.flatMap(({ slot }) => {
        const served = slot.current();
        if (served === undefined) return [];
        const { ref, pid, rssBytes, pending, deaths } = served;
        return [{ ref, pid: pid(), rssBytes: rssBytes(), pending: pending(), deaths: deaths() }];
      }),
    reload: async () => {
      await guard.reload();
      await certificate?.reload();
    },
    stop,
    stopped: stopped.promise,
  };
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function startGrpc(
  front: FrontContext,
  input: ServeInput,
  tls: Tls | undefined,
): Promise<ListeningGrpc | null> {
  const { host, port, grpcPort = port === 0 || port === 65_535 ? 0 : port + 1 } = input;
  // A socket is instead of every port.
  if (grpcPort === null || input.socket !== undefined) return null;
  // Who serves REST only need not load HTTP/2.
  const { listenGrpc } = await import('./grpc/listen.ts');
  return listenGrpc(front, host, grpcPort, tls);
}

function urlOf({ host, socket, tls }: ServeInput, port: number): string {
  if (socket !== undefined) return `unix:${socket}`;
  return `${tls === undefined ? 'http' : 'https'}://${inUrl(host)}:${port}`;
}

/** Whoever sees the traffic sees the tokens. */
function plainTokens({ host, socket, tls, tokenFile }: ServeInput): string[] {
  if (tokenFile === undefined || tls !== undefined || socket !== undefined || isLoopback(host)) return [];
  return [`tokens come to ${host} without encryption: use --tls-cert and --tls-key, or a proxy that has TLS`];
}

async function closeAll(slots: readonly FollowedSlot[]): Promise<void> {
  await Promise.all(slots.map((slot) => slot.close()));
}
