import type { Json } from '../../api/verb.ts';
import type { RunningServer, ServedModel, serveVerb } from '../../api/verbs/run/serve.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { shortHash } from '../format.ts';
import { viewOf, type Style } from '../view.ts';

export interface ServeLine extends Pick<RunningServer, 'host' | 'port' | 'url' | 'models'> {
  event: 'listening' | 'warning' | 'stopped' | 'checked';
}

/** One line (for people: a few) for what happens to a server. */
export const serveView = viewOf<ServeLine, Json<typeof serveVerb>>()({
  json: ({ event, host, port, url, models }) => ({ event, host, port, url, models }),
  text: (line, style) => {
    if (line.event === 'warning') return '';
    if (line.event === 'stopped') return 'stopped: every accepted request was answered';
    return line.event === 'checked' ? checked(line, style) : listening(line, style);
  },
  plain: ({ event, url, models }) => {
    if (event === 'warning') return [];
    const rows = models.map(({ ref, stage, digest }) => ['model', ref, stage, digest]);
    if (event === 'checked') return rows;
    return [[event, url], ...(event === 'listening' ? rows : [])];
  },
  quiet: ({ event, url, models }) =>
    event === 'listening' ? [url] : event === 'checked' ? models.map(({ ref }) => ref) : [],
});

function listening({ url, models }: ServeLine, style: Style): string {
  const { color } = style;
  const [first] = models;
  return [
    `${color.green('✓')} serving on ${color.bold(url)}`,
    ...models.map((model) => modelLine(model, style)),
    ...(first === undefined ? [] : [`  try it: curl ${url}/v2/models/${first.name}`]),
  ].join('\n');
}

function checked({ models }: ServeLine, style: Style): string {
  const lines = models.map((model) => modelLine(model, style));
  return [`${style.color.green('✓')} ${counted(models.length, 'version')} can be served`, ...lines].join(
    '\n',
  );
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
