import { tmpdir } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { locationText, type Registry } from '../registry/registry.ts';
import { fileSink, stderrSink, type LogSink } from './observe/log-sink.ts';
import { openObserver, type Observer, type WatchedVersion } from './observe/observer.ts';
import type { Observe } from './observe/request-event.ts';
import type { ResponseCache } from './cache/response-cache.ts';
import type { Slot } from './served.ts';

export interface ObserveInput {
  /** Writes a line for each request: to a file, or to stderr if `path` is null. */
  accessLog?: { path: string | null } | undefined;
  /** `nv`: metrics also under the names of Triton. */
  metricsAliases?: 'nv' | undefined;
  /** Told of each request. */
  observe?: Observe | undefined;
}

/** The observer of a server that has these slots. STORAGE if the access log cannot be opened. */
export function observeServer(
  registry: Registry,
  { accessLog, metricsAliases, observe: also }: ObserveInput,
  state: { readonly ready: boolean },
  slots: () => readonly Slot[],
  cache: ResponseCache | undefined,
): Observer {
  const observer = openObserver({
    version: packageJson.version,
    onnxruntime: () =>
      slots()
        .find((slot) => slot.current() !== undefined)
        ?.current()?.onnxruntime ?? null,
    versions: () => watchedVersions(slots()),
    isReady: () => state.ready,
    cache: () => cache?.stats() ?? null,
    log: accessLog === undefined ? undefined : openAccessLog(accessLog.path),
    tritonNames: metricsAliases === 'nv',
    folders: [tmpdir(), locationText(registry)],
    env: process.env,
  });
  if (also === undefined) return observer;
  return {
    ...observer,
    observe(event) {
      observer.observe(event);
      also(event);
    },
  };
}

function openAccessLog(path: string | null): LogSink {
  if (path === null) return stderrSink();
  try {
    return fileSink(path);
  } catch (cause) {
    throw new MlregError(
      'STORAGE',
      `cannot write the access log ${quote(path)}: ${(cause as Error).message}`,
      {
        hint: 'name a file in a folder that exists and that you may write to, or use --access-log for stderr',
        cause,
      },
    );
  }
}

/** Each version once, with all stages that it answers for. */
function watchedVersions(slots: readonly Slot[]): WatchedVersion[] {
  return [...Map.groupBy(slots, (slot) => slot.current())].flatMap(([served, its]) => {
    if (served === undefined) return [];
    const { name, version } = served;
    const pid = served.pid();
    return {
      name,
      version,
      stages: its.flatMap(({ stage }) => stage ?? []),
      up: pid !== undefined,
      pending: served.pending(),
      restarts: served.deaths(),
      recycles: served.recycled(),
      pid: pid === undefined || pid === process.pid ? null : pid,
    };
  });
}
