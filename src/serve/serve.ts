import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { ModelName, Reference, Selector } from '../core/versions/reference.ts';
import type { Registry } from '../registry/registry.ts';
import { requireStage, resolve } from '../registry/resolve.ts';
import { requireDevice } from '../runtime/probe-runtime.ts';
import { openSpares } from '../runtime/session/spares.ts';
import type { ResponseCache } from './cache/response-cache.ts';
import { openGuard } from './guard/guard.ts';
import { openTls } from './guard/tls.ts';
import { observeServer } from './observe-server.ts';
import type { RunningServer, ServedModel } from './running-server.ts';
import type { ServeInput } from './serve-input.ts';
import { openFallbacks } from './slots/fallbacks.ts';
import { heldIn } from './slots/follow.ts';
import { type ChainPart, type FollowedSlot, followedSlot } from './slots/followed-slot.ts';
import { loadVersion } from './slots/load-version.ts';
import { recordRejection } from './slots/record-rejection.ts';
import { type OpenedChain, openChains } from './slots/open-chains.ts';
import { openSlot, stageSelector } from './slots/slot.ts';
import type { SlotNews } from './slots/slot-news.ts';
import { versionPool } from './slots/version-pool.ts';
import { closeAll, servedModel, type ServerState, startServer } from './start-server.ts';

/** Large models take long to be optimised, which is no reason to refuse them. */
const loadTimeoutMs = 120_000;
/** The first runs are slower than those that clients wait for. */
const shortestRunTimeoutMs = 10_000;

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
  await requireDevice(input.device, registry.signal);
  const onDeath = (name: string, message: string): void =>
    warn?.(`the process of ${name} ended: it ${message}; it is started again`);
  const onBreak = (name: string, why: string, ms: number): void =>
    warn?.(`requests to ${name} are refused for ${Math.round(ms / 100) / 10} s: ${why}`);
  const cache = await openCache(input);
  const pool = versionPool(async (record, signal) => {
    // What is at this location now, which may be another registry than at the start.
    const now = await registry.again();
    try {
      return await loadVersion(now, record, {
        ...input,
        loadTimeoutMs,
        runTimeoutMs: Math.max(shortestRunTimeoutMs, 2 * input.deadlineMs),
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
  const open = (name: ModelName, selector: Selector, part?: ChainPart): FollowedSlot =>
    followedSlot(openSlot(name, selector), { pool, keepWarmMs, report, part });
  const slots: FollowedSlot[] = [];
  /** Of fallbacks: they have no name of their own. */
  const spare: FollowedSlot[] = [];
  /** Of chains: clients ask for the chains. */
  const parts: FollowedSlot[] = [];
  let chains: OpenedChain[] = [];
  const state: ServerState = { ready: false, drainingSince: Infinity };
  const all = () => [
    ...[...slots, ...parts].map(({ slot }) => slot),
    ...chains.map(({ slot }) => slot),
    ...spare.map(({ slot }) => ({ ...slot, stage: null })),
  ];
  // A log that cannot be written is refused here, before any process is started.
  const observer = await closingOnFailure(cache, () => observeServer(registry, input, state, all, cache));
  // The first one boots while the references are resolved.
  const spares = input.isolation === 'child' ? openSpares() : null;
  try {
    const models: ServedModel[] = [];
    for (const ref of refs) {
      const record = await resolve(registry, ref);
      const slot = open(record.name, ref.selector ?? { kind: 'latest' });
      slots.push(slot);
      models.push(servedModel(await slot.open(record), slot.slot.stage));
    }
    const load = async (ref: Reference, part?: ChainPart) => {
      const record = await resolve(registry, ref);
      const slot = open(record.name, ref.selector ?? { kind: 'latest' }, part);
      parts.push(slot);
      return { slot, version: await slot.open(record) };
    };
    const taken = slots.map(({ slot }) => slot.name);
    chains = await openChains(input.chains ?? [], { taken, deadlineMs: input.deadlineMs, load });
    const fallbacks = openFallbacks();
    for (const ref of input.fallbacks ?? []) {
      const record = await resolve(registry, ref);
      const slot = open(record.name, ref.selector ?? { kind: 'latest' });
      spare.push(slot);
      const served = slots.find((one) => one.slot.name === record.name)?.slot.current();
      fallbacks.add(await slot.open(record), served);
    }
    return await startServer(registry, {
      ...input,
      slots,
      parts,
      chains,
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
    await closeAll([...slots, ...parts, ...spare]);
    await spares?.close();
    await observer.close();
    await cache?.close();
    throw error;
  }
}

async function closingOnFailure<Opened>(
  cache: ResponseCache | undefined,
  open: () => Opened,
): Promise<Opened> {
  try {
    return open();
  } catch (error) {
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

async function refsOf(registry: Registry, { refs, stage, chains = [] }: ServeInput): Promise<Reference[]> {
  if (stage === undefined) {
    if (refs.length > 0 || chains.length > 0) return [...refs];
    throw new MlregError('USAGE', 'name at least one version to serve', {
      hint: 'mlreg serve digits@production, or --stage production for every model that has one',
    });
  }
  await requireStage(registry, stage);
  const held = (await heldIn(registry, stage)).map((name): Reference => ({
    name,
    selector: stageSelector(stage),
  }));
  const all = [...refs, ...held.filter((one) => !refs.some((ref) => sameRef(ref, one)))];
  if (all.length > 0) return all;
  throw new MlregError('NOT_FOUND', `no model has a version in ${quote(stage)}`, {
    hint: `mlreg promote NAME@VERSION --to ${stage}`,
  });
}

function sameRef(a: Reference, b: Reference): boolean {
  return a.name === b.name && JSON.stringify(a.selector) === JSON.stringify(b.selector);
}
