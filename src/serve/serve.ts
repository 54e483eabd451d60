import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import {
  formatReference,
  type ModelName,
  type Reference,
  type StageName,
} from '../core/versions/reference.ts';
import type { Registry } from '../registry/registry.ts';
import { requireStage, resolve } from '../registry/resolve.ts';
import { listen } from './front/server.ts';
import type { FrontContext } from './front/route.ts';
import type { Observe } from './observe.ts';
import type { RunningServer } from './running-server.ts';
import type { Slot } from './served.ts';
import { loadVersion, type LoadOptions } from './slots/load-version.ts';
import { servedModels } from './slots/served-models.ts';
import { openSlot } from './slots/slot.ts';

export interface ServeInput extends Pick<
  LoadOptions,
  'isolation' | 'threads' | 'maxBatch' | 'maxQueue' | 'deadlineMs'
> {
  refs: readonly Reference[];
  /** Every model that has a version in this stage. */
  stage?: StageName | undefined;
  host: string;
  /** 0: any free one. */
  port: number;
  maxBodyBytes: number;
  /** How long it still answers, but is not ready, before it stops. */
  drainDelayMs: number;
  memoryLimitBytes?: number | undefined;
  observe?: Observe | undefined;
  /** Told what an operator should know. */
  warn?: ((warning: string) => void) | undefined;
}

const loadTimeoutMs = 120_000;

/**
 * Loads versions and serves them until `stop` is called or the registry's signal is aborted.
 * Rejects, with nothing left running, as `resolve` and `loadVersion`; INVALID_INPUT for names that
 * cannot be served together, STORAGE if the port is taken.
 */
export async function serve(registry: Registry, input: ServeInput): Promise<RunningServer> {
  const refs = await refsOf(registry, input);
  const slots: Slot[] = [];
  try {
    for (const ref of refs) slots.push(await openFirst(registry, ref, slots, input));
    return await start(registry, slots, input);
  } catch (error) {
    await closeAll(slots);
    throw error;
  }
}

async function refsOf(registry: Registry, { refs, stage }: ServeInput): Promise<Reference[]> {
  if (stage === undefined) {
    if (refs.length > 0) return [...refs];
    throw new MlregError('USAGE', 'name at least one version to serve', {
      hint: 'mlreg serve digits@production, or --stage production for every model that has one',
    });
  }
  await requireStage(registry, stage);
  const held: Reference[] = [];
  for (let after: ModelName | undefined; ;) {
    const page = await registry.metadata.models({
      stage,
      limit: 100,
      ...(after === undefined ? {} : { after }),
    });
    for (const { name } of page.rows) held.push({ name, selector: { kind: 'stage', stage, back: 0 } });
    after = page.next;
    if (after === undefined) break;
  }
  const all = [...refs, ...held.filter((one) => !refs.some((ref) => sameRef(ref, one)))];
  if (all.length > 0) return all;
  throw new MlregError('NOT_FOUND', `no model has a version in ${quote(stage)}`, {
    hint: `mlreg promote NAME@VERSION --to ${stage}`,
  });
}

function sameRef(a: Reference, b: Reference): boolean {
  return a.name === b.name && JSON.stringify(a.selector) === JSON.stringify(b.selector);
}

/** A version that two references mean is loaded once. */
async function openFirst(
  registry: Registry,
  ref: Reference,
  slots: readonly Slot[],
  input: ServeInput,
): Promise<Slot> {
  const record = await resolve(registry, ref);
  const known = slots.find(({ current }) => current().ref === formatReference(record.name, record.version));
  const version =
    known?.current() ??
    (await loadVersion(registry, record, {
      ...input,
      loadTimeoutMs,
      onDeath: (name, message) =>
        input.warn?.(`the process of ${name} ended: it ${message}; it is started again`),
    }));
  return openSlot(record.name, ref.selector ?? { kind: 'latest' }, version);
}

async function start(registry: Registry, slots: readonly Slot[], input: ServeInput): Promise<RunningServer> {
  const state = { ready: true, drainingSince: Infinity };
  const models = servedModels(slots);
  const front: FrontContext = {
    models,
    limits: { maxBodyBytes: input.maxBodyBytes },
    isReady: () => state.ready,
    drainingSince: () => state.drainingSince,
    observe: input.observe ?? (() => undefined),
  };
  const rest = await listen(front, input.host, input.port);
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
    await new Promise((resolve) => setTimeout(resolve, input.drainDelayMs));
    state.drainingSince = performance.now();
    await rest.drain(2 * input.deadlineMs);
    await closeAll(slots);
    await rest.close();
  };
  registry.signal?.addEventListener('abort', onAbort);
  if (registry.signal?.aborted === true) onAbort();
  const { host } = input;
  return {
    host,
    port: rest.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${rest.port}`,
    models: slots.map(({ current, stage }) => {
      const { ref, name, version, digest, loadMs, facts } = current();
      const { goldenCases, batches } = facts;
      return { ref, name, version, digest, loadMs, stage, goldenCases, batches: batches.joined };
    }),
    warnings: [],
    processes: () =>
      slots.map(({ current }) => {
        const { ref, pid, rssBytes, pending, deaths } = current();
        return { ref, pid: pid(), rssBytes: rssBytes(), pending: pending(), deaths: deaths() };
      }),
    stop,
    stopped: stopped.promise,
  };
}

async function closeAll(slots: readonly Slot[]): Promise<void> {
  await Promise.all([...new Set(slots.map(({ current }) => current()))].map((version) => version.close()));
}
