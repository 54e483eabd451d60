import type { ModelName, Selector } from '../core/versions/reference.ts';
import type { Registry } from '../registry/registry.ts';
import type { Spares } from '../runtime/session/spares.ts';
import type { ResponseCache } from './cache/response-cache.ts';
import { openBudget, usualBudget } from './front/body-budget.ts';
import { countConnections } from './front/connection-count.ts';
import { usualLimits } from './front/http-server.ts';
import { openJobs } from './front/jobs.ts';
import type { FrontContext } from './front/route.ts';
import { listen } from './front/server.ts';
import type { ListeningGrpc } from './grpc/listen.ts';
import type { Guard } from './guard/guard.ts';
import { isLoopback } from './guard/local-names.ts';
import type { Tls } from './guard/tls.ts';
import type { Observer } from './observe/observer.ts';
import type { RunningServer, ServedChain, ServedModel } from './running-server.ts';
import type { ServeInput } from './serve-input.ts';
import type { ServedVersion } from './served.ts';
import type { Fallbacks } from './slots/fallbacks.ts';
import { follow } from './slots/follow.ts';
import type { FollowedSlot } from './slots/followed-slot.ts';
import { servedModels } from './slots/served-models.ts';
import type { OpenedChain } from './slots/open-chains.ts';
import { stageSelector } from './slots/slot.ts';

/** What clients may know of the server as a whole. */
export interface ServerState {
  ready: boolean;
  drainingSince: number;
}

/** Everything that was opened for a server. */
interface Started extends Omit<ServeInput, 'chains'> {
  slots: FollowedSlot[];
  /** Of chains. */
  parts: readonly FollowedSlot[];
  chains: readonly OpenedChain[];
  spare: readonly FollowedSlot[];
  fallback: Fallbacks['find'];
  models: ServedModel[];
  open: (name: ModelName, selector: Selector) => FollowedSlot;
  state: ServerState;
  observer: Observer;
  guard: Guard;
  store: ResponseCache | undefined;
  spares: Spares | null;
  certificate: Tls | undefined;
}

/** Listens, follows stages, and drains when it is told to stop. Rejects STORAGE if a port is taken. */
export async function startServer(
  registry: Registry,
  {
    slots,
    parts,
    chains,
    spare,
    fallback,
    open,
    state,
    observer,
    guard,
    store,
    spares,
    certificate,
    ...input
  }: Started,
): Promise<RunningServer> {
  const models = servedModels([...slots, ...chains].map(({ slot }) => slot));
  const connections = { ...usualLimits, ...input.connections };
  const front: FrontContext = {
    models,
    fallback,
    jobs: openJobs(),
    limits: {
      maxBodyBytes: input.maxBodyBytes,
      bodies: openBudget(connections.allBodiesBytes ?? usualBudget(input.maxBodyBytes)),
      connections,
      connectionCount: countConnections(connections.maxConnections),
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
  const followed = [...slots, ...parts].filter(({ slot }) => slot.stage !== null && input.pin !== true);
  const following = follow(registry, {
    slots: followed,
    stage: input.pin === true ? undefined : input.stage,
    open: (name, stage) => {
      const slot = open(name, stageSelector(stage));
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
    await closeAll([...slots, ...parts, ...spare]);
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
    chains: chains.map(servedChain),
    warnings: [],
    processes: () =>
      [...slots, ...parts].flatMap(({ slot }) => {
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
  input: Omit<ServeInput, 'chains'>,
  tls: Tls | undefined,
): Promise<ListeningGrpc | null> {
  const { host, port, grpcPort = port === 0 || port === 65_535 ? 0 : port + 1 } = input;
  // A socket is instead of every port.
  if (grpcPort === null || input.socket !== undefined) return null;
  // Who serves REST only need not load HTTP/2.
  const { listenGrpc } = await import('./grpc/listen.ts');
  return listenGrpc(front, host, grpcPort, tls);
}

function urlOf({ host, socket, tls }: Pick<ServeInput, 'host' | 'socket' | 'tls'>, port: number): string {
  if (socket !== undefined) return `unix:${socket}`;
  return `${tls === undefined ? 'http' : 'https'}://${inUrl(host)}:${port}`;
}

export function servedModel(
  { ref, name, version, digest, loadMs, facts }: ServedVersion,
  stage: string | null,
): ServedModel {
  const { goldenCases, batches } = facts;
  return { ref, name, version, digest, loadMs, stage, goldenCases, batches: batches.joined };
}

function servedChain({ name, parts }: OpenedChain): ServedChain {
  return { name, parts: parts.map(({ slot, version }) => servedModel(version, slot.slot.stage)) };
}

/** Whoever sees the traffic sees the tokens. */
function plainTokens({ host, socket, tls, tokenFile }: Omit<ServeInput, 'chains'>): string[] {
  if (tokenFile === undefined || tls !== undefined || socket !== undefined || isLoopback(host)) return [];
  return [`tokens come to ${host} without encryption: use --tls-cert and --tls-key, or a proxy that has TLS`];
}

export async function closeAll(slots: readonly FollowedSlot[]): Promise<void> {
  await Promise.all(slots.map((slot) => slot.close()));
}
