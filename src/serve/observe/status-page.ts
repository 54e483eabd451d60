import { html, mark, page, table } from './page.ts';
import type { ModelStatus, ServerStatus } from './status.ts';

const reloadSeconds = 5;

/** A page that reloads itself, without a script. */
export function statusPage(status: ServerStatus): string {
  const { ready, mlreg, node, onnxruntime, startedAt, uptimeSeconds, models } = status;
  const title = `mlreg serve: ${ready ? 'ready' : 'not ready'}`;
  return page(
    { title, reloadSeconds },
    `<h1>mlreg serve: ${mark(ready, ready ? 'ready' : 'not ready')}</h1>
<p>up ${html(durationText(uptimeSeconds))}, since ${html(startedAt)} · mlreg ${html(mlreg)}, Node ${html(node)}${onnxruntime === null ? '' : `, ONNX Runtime ${html(onnxruntime)}`} · <a href="/docs">how to call the models</a></p>
<h2>Models</h2>
${models.length === 0 ? '<p>none</p>' : table(modelHeads, models.map(modelCells))}
<h2>Processes</h2>
${table(['process', '#CPU', '#memory', '#open files'], processRows(status))}
<h2>Machine</h2>
${table(['what', '#of', '#available'], machineRows(status))}
${notes(status)
  .map((note) => `<p>${html(note)}</p>`)
  .join('\n')}`,
  );
}

/** A head that begins with # is that of a column of numbers. */
const modelHeads = [
  'model',
  'stages',
  'state',
  '#requests/s',
  '#p50',
  '#p95',
  '#p99',
  '#failed in the last minute',
  '#pending',
  '#requests',
  '#failed',
  '#restarts',
];

function modelCells({ ref, stages, up, lately, pending, requests, failed, restarts }: ModelStatus): string[] {
  return [
    html(ref),
    html(stages.join(', ')),
    mark(up, up ? 'up' : 'down'),
    numberText(lately.perSecond),
    msText(lately.p50Ms),
    msText(lately.p95Ms),
    msText(lately.p99Ms),
    String(lately.failed),
    String(pending),
    String(requests),
    String(failed),
    String(restarts),
  ];
}

function processRows({ process, models }: ServerStatus): string[][] {
  const row = (name: string, usage: ModelStatus['process']): string[] => [
    html(name),
    secondsText(usage?.cpuSeconds ?? null),
    sizeText(usage?.residentBytes ?? null),
    String(usage?.openFiles ?? ''),
  ];
  return [
    row('server', process),
    ...models.flatMap((one) => (one.process === null ? [] : [row(one.ref, one.process)])),
  ];
}

function machineRows({ system, gpus }: ServerStatus): string[][] {
  const limit = system.memoryLimitBytes;
  return [
    ['CPUs', String(system.cpus), ''],
    ['memory', sizeText(system.memoryBytes), sizeText(system.availableBytes)],
    ...(limit === null ? [] : [['memory limit of the container', sizeText(limit), '']]),
    ...system.disks.map((disk) => [
      `disk of ${html(disk.path)}`,
      sizeText(disk.sizeBytes),
      sizeText(disk.availableBytes),
    ]),
    ...(gpus ?? []).map((gpu) => [
      `GPU ${html(gpu.index)}: ${html(gpu.name)}${gpu.utilization === null ? '' : `, ${Math.round(gpu.utilization * 100)}% busy`}`,
      sizeText(gpu.memoryBytes),
      sizeText(
        gpu.memoryBytes === null || gpu.memoryUsedBytes === null
          ? null
          : gpu.memoryBytes - gpu.memoryUsedBytes,
      ),
    ]),
  ];
}

function notes({ gpuNote, log, process }: ServerStatus): string[] {
  return [
    `longest wait for the event loop in the last minute: ${msText(process.loopLagMs)}`,
    ...(gpuNote === null ? [] : [`no GPU: ${gpuNote}`]),
    ...(log === null || (log.linesLost === 0 && log.trouble === null)
      ? []
      : [`access log: ${log.linesLost} lines lost${log.trouble === null ? '' : `, ${log.trouble}`}`]),
  ];
}

function numberText(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function msText(ms: number | null): string {
  return ms === null ? '' : `${numberText(ms)} ms`;
}

function secondsText(seconds: number | null): string {
  return seconds === null ? '' : `${numberText(seconds)} s`;
}

function sizeText(bytes: number | null): string {
  if (bytes === null) return '';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${numberText(bytes / 1000 ** power)} ${units[power]}`;
}

function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
