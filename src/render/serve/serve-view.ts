import type { Json } from '../../api/verb.ts';
import type {
  RunningServer,
  ServedChain,
  ServedModel,
  serveVerb,
  SlotNews,
} from '../../api/verbs/run/serve.ts';
import { escapeText, quote } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { shortHash } from '../format.ts';
import { viewOf, type Style } from '../view.ts';

export interface ServeLine extends Pick<
  RunningServer,
  'host' | 'port' | 'url' | 'grpcPort' | 'grpcUrl' | 'models' | 'chains'
> {
  event: 'listening' | 'changed' | 'reloaded' | 'warning' | 'stopped' | 'checked';
  /** Only with `changed`. */
  change?: SlotNews;
}

/** One line (for people: a few) for what happens to a server. */
export const serveView = viewOf<ServeLine, Json<typeof serveVerb>>()({
  json: ({ event, host, port, url, grpcPort, grpcUrl, models, chains, change }) => ({
    event,
    host,
    port,
    url,
    grpcPort,
    grpcUrl,
    models,
    chains,
    change: change === undefined ? null : changeJson(change),
  }),
  text: (line, style) => {
    if (line.change !== undefined) return changeLine(line.change, style);
    if (line.event === 'warning') return '';
    if (line.event === 'reloaded') return 'tokens and certificates were read again';
    if (line.event === 'stopped') return 'stopped: every accepted request was answered';
    return line.event === 'checked' ? checked(line, style) : listening(line, style);
  },
  plain: ({ event, url, grpcUrl, models, chains, change }) => {
    if (change !== undefined) {
      const { kind, name, stage, from, to, reason } = changeJson(change);
      return [[kind, name, stage, from, to, reason]];
    }
    if (event === 'warning') return [];
    const rows = models.map(({ ref, stage, digest }) => ['model', ref, stage, digest]);
    for (const { name, parts } of chains) rows.push(['chain', name, chainText(parts), null]);
    if (event === 'checked') return rows;
    if (event === 'reloaded') return [[event]];
    return [[event, url, grpcUrl], ...(event === 'listening' ? rows : [])];
  },
  quiet: ({ event, url, models, chains }) =>
    event === 'listening'
      ? [url]
      : event === 'checked'
        ? [...models, ...chains.flatMap(({ parts }) => parts)].map(({ ref }) => ref)
        : [],
});

function listening({ url, grpcUrl, models, chains }: ServeLine, style: Style): string {
  const { color } = style;
  const [first] = [...models, ...chains];
  return [
    `${color.green('✓')} serving on ${color.bold(url)}${grpcUrl === null ? '' : ` and ${color.bold(grpcUrl)}`}`,
    ...models.map((model) => modelLine(model, style)),
    ...chains.flatMap((chain) => chainLines(chain, style)),
    ...(first === undefined ? [] : [`  try it: curl ${curlUrl(url)}/v2/models/${first.name}`]),
  ].join('\n');
}

/** As curl takes it, to which a socket is an option. */
function curlUrl(url: string): string {
  const socket = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined;
  return socket === undefined ? url : `--unix-socket ${quote(socket)} http://localhost`;
}

function changeJson(change: SlotNews): NonNullable<Json<typeof serveVerb>['change']> {
  const { kind, name, stage, from, to } = change;
  const about = { kind, name, stage, from, to };
  return change.kind === 'rejected'
    ? { ...about, ms: null, reason: change.message }
    : { ...about, ms: change.ms, reason: null };
}

function changeLine(change: SlotNews, { color }: Style): string {
  const { name, stage, from } = change;
  const slot = escapeText(stage === null ? name : `${name}@${stage}`);
  if (change.kind === 'emptied')
    return `${color.yellow('!')} ${slot}: ${from} → (empty): the stage has no version`;
  if (change.kind === 'swapped')
    return `${color.green('✓')} ${slot}: ${from ?? '(empty)'} → ${color.bold(change.to)} in ${Math.round(change.ms)} ms`;
  const stays = from === null ? 'nothing is served' : `${from} goes on`;
  return `${color.red('✗')} ${slot}: ${stays}: ${escapeText(change.message)}${change.again ? '; it is tried again' : ''}`;
}

function checked({ models, chains }: ServeLine, style: Style): string {
  const lines = [
    ...models.map((model) => modelLine(model, style)),
    ...chains.flatMap((chain) => chainLines(chain, style)),
  ];
  const versions = chains.reduce((sum, { parts }) => sum + parts.length, models.length);
  return [`${style.color.green('✓')} ${counted(versions, 'version')} can be served`, ...lines].join('\n');
}

function chainText(parts: readonly ServedModel[]): string {
  return parts.map(({ ref }) => ref).join(',');
}

function chainLines({ name, parts }: ServedChain, style: Style): string[] {
  return [
    `  ${style.color.bold(escapeText(name))}  ${style.color.dim(`a chain of ${counted(parts.length, 'version')}`)}`,
    ...parts.map((part) => `  ${modelLine(part, style)}`),
  ];
}

function modelLine(
  { ref, stage, digest, loadMs, goldenCases, batches }: ServedModel,
  { color }: Style,
): string {
  const golden = goldenCases === null ? 'no golden set' : `${counted(goldenCases, 'golden case')} passed`;
  const about = [
    ...(stage === null ? [] : [stage]),
    shortHash(digest),
    golden,
    ...(batches ? [] : ['no batching']),
    `loaded in ${Math.round(loadMs)} ms`,
  ];
  return `  ${color.bold(escapeText(ref))}  ${color.dim(about.join(', '))}`;
}
