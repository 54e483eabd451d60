import type { Json } from '../../api/verb.ts';
import type { serveStatusOutput, ServeStatus } from '../../api/verbs/run/serve-status.ts';
import { escapeText } from '../../core/text/quote.ts';
import { bytes, counted, facts, latency, perSecond, relativeTime } from '../format.ts';
import { columnsThatFit, table } from '../table.ts';
import { viewOf, type Style } from '../view.ts';

/** The state of a server, on one screen. */
export const statusView = viewOf<ServeStatus, Json<typeof serveStatusOutput>>()({
  json: (status) => status,
  text: (status, style) => [head(status, style), models(status, style), machine(status, style)].join('\n\n'),
  plain: ({ models: served }) =>
    served.map(({ ref, stages, up, lately, pending, requests, failed, restarts }) => [
      ref,
      stages.join(','),
      up ? 'up' : 'down',
      lately.perSecond,
      lately.p50Ms,
      lately.p95Ms,
      lately.p99Ms,
      lately.failed,
      pending,
      requests,
      failed,
      restarts,
    ]),
  quiet: ({ models: served }) => served.filter(({ up }) => up).map(({ ref }) => ref),
});

function head({ url, ready, startedAt, mlreg, node, onnxruntime }: ServeStatus, style: Style): string {
  const { color, now } = style;
  const state = ready ? `${color.green('✓')} ready` : `${color.red('✗')} not ready`;
  const versions = [
    `mlreg ${mlreg}`,
    `Node ${node}`,
    ...(onnxruntime === null ? [] : [`ONNX Runtime ${onnxruntime}`]),
  ];
  const since = `started ${relativeTime(Date.parse(startedAt), now)}`;
  return `${state}  ${color.bold(escapeText(url))}  ${color.dim(escapeText([since, ...versions].join(', ')))}`;
}

function models({ models: served }: ServeStatus, style: Style): string {
  const { color } = style;
  if (served.length === 0) return 'no version is served';
  const ms = (value: number | null): string => (value === null ? '-' : latency(value));
  const bad = (count: number): string => (count === 0 ? '0' : color.red(String(count)));
  const rows = served.map(({ ref, stages, up, lately, pending, failed, restarts, process }) => [
    escapeText(ref),
    escapeText(stages.join(', ')),
    up ? color.green('up') : color.red('down'),
    perSecond(lately.perSecond),
    ms(lately.p50Ms),
    ms(lately.p95Ms),
    ms(lately.p99Ms),
    String(pending),
    bad(failed),
    bad(restarts),
    process?.residentBytes === null || process === null ? '-' : bytes(process.residentBytes),
  ]);
  const headings = [
    'model',
    'stages',
    'state',
    'req/s',
    'p50',
    'p95',
    'p99',
    'pending',
    'failed',
    'restarts',
    'memory',
  ];
  // A narrow terminal shows what a wide one does, except what can be missed first.
  const shown = columnsThatFit([headings, ...rows], style.width, [...headings.keys()], [10, 7, 5, 9, 1]);
  return table(
    style,
    shown.map((column) => headings[column] ?? ''),
    rows.map((row) => shown.map((column) => row[column] ?? '')),
    [...shown.keys()].filter((at) => (shown[at] ?? 0) > 2),
    0,
  );
}

function machine({ process, system, gpus, gpuNote, log }: ServeStatus, { color, width }: Style): string {
  const { openFiles, maxFiles, loopLagMs } = process;
  const free = (available: number, size: number): string => `${bytes(available)} of ${bytes(size)} free`;
  const [disk] = system.disks;
  const files = openFiles === null ? undefined : `${openFiles}${maxFiles === null ? '' : ` of ${maxFiles}`}`;
  return facts(
    [
      ['server', process.residentBytes === null ? undefined : bytes(process.residentBytes)],
      ['open files', files],
      ['event loop', `${latency(loopLagMs)} at most in the last minute`],
      [
        'machine',
        `${counted(system.cpus, 'CPU')}, memory ${free(system.availableBytes, system.memoryBytes)}`,
      ],
      [
        'container',
        system.memoryLimitBytes === null ? undefined : `memory limit ${bytes(system.memoryLimitBytes)}`,
      ],
      ['disk', disk === undefined ? undefined : free(disk.availableBytes, disk.sizeBytes)],
      [
        'GPU',
        gpus === null
          ? gpuNote === null
            ? undefined
            : `none: ${escapeText(gpuNote)}`
          : gpus.map(gpuText).join('\n'),
      ],
      ['access log', log === null ? undefined : logText(log, color.red)],
    ],
    color.dim,
    width,
  );
}

function gpuText({
  index,
  name,
  utilization,
  memoryUsedBytes,
  memoryBytes,
}: NonNullable<ServeStatus['gpus']>[number]): string {
  const busy = utilization === null ? [] : [`${Math.round(utilization * 100)}% busy`];
  const memory =
    memoryUsedBytes === null || memoryBytes === null
      ? []
      : [`${bytes(memoryUsedBytes)} of ${bytes(memoryBytes)} used`];
  return [`${escapeText(index)}: ${escapeText(name)}`, ...busy, ...memory].join(', ');
}

function logText(
  { linesLost, trouble }: NonNullable<ServeStatus['log']>,
  alarm: (text: string) => string,
): string {
  if (linesLost === 0 && trouble === null) return 'no line lost';
  return alarm(`${counted(linesLost, 'line')} lost${trouble === null ? '' : `, ${escapeText(trouble)}`}`);
}
