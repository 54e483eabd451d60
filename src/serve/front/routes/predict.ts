import { codecIds } from '../../engine/codecs.ts';
import { headOfForm, type TableForm } from '../../engine/predict-codec.ts';
import { Refusal, shown } from '../../engine/refusal.ts';
import { imageFormat } from '../../../images/image-error.ts';
import { answerBytes } from '../answer.ts';
import { inferOn } from '../infer-on.ts';
import { requireVersion } from '../require-version.ts';
import type { Call, Route } from '../route.ts';

const types: Readonly<Record<string, TableForm['format']>> = {
  '': 'json',
  'application/json': 'json',
  // What curl -d and fetch of browsers say if they are not told.
  'application/x-www-form-urlencoded': 'json',
  'text/plain': 'json',
  'application/jsonl': 'jsonl',
  'application/x-ndjson': 'jsonl',
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
};

/** The format that a Content-Type names. Refused with 415 for another one, and for another charset. */
export function formatOf(contentType: string | undefined): TableForm['format'] {
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const format = Object.hasOwn(types, type) ? types[type] : undefined;
  if (format === undefined)
    throw new Refusal(
      415,
      `Content-Type ${shown(contentType)} is not supported: use application/json, application/x-ndjson, text/csv or text/tab-separated-values`,
    );
  const charset = parameters.find((one) => one.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw new Refusal(415, `${shown(charset)} is not supported: send UTF-8`);
  return format;
}

async function predict(call: Call): Promise<void> {
  const { request, response, front } = call;
  requireVersion(call);
  const contentType = request.headers['content-type'];
  if (isForImages(contentType)) {
    const body = await request.readBody(front.limits.maxBodyBytes);
    return (await import('../predict-images.ts')).predictImages(call, body);
  }
  const format = formatOf(contentType);
  const isTable = format === 'csv' || format === 'tsv';
  const body = await request.readBody(front.limits.maxBodyBytes);
  // `curl --data-binary @cat.jpg` does not say what it sends.
  if (format === 'json' && imageFormat(body) !== undefined)
    return (await import('../predict-images.ts')).predictImages(call, body);
  const form = {
    format,
    // A table is answered by a table, unless JSON is asked for.
    sameBack: isTable && !/\bapplication\/json\b/i.test(request.headers.accept ?? ''),
    missingIsNan: missingIsNan(request.url ?? ''),
  };
  const reply = await inferOn(call, { kind: codecIds.predict, head: headOfForm(form), body });
  const type = !form.sameBack
    ? 'application/json'
    : format === 'csv'
      ? 'text/csv'
      : 'text/tab-separated-values';
  answerBytes(response, 200, reply.body, type);
}

/** Whether a Content-Type announces images, in themselves or as files of a form. */
function isForImages(contentType = ''): boolean {
  return /^\s*(?:image\/|multipart\/form-data\b|application\/octet-stream\b)/i.test(contentType);
}

/** `?on-missing=nan`, as the option of `mlreg predict`. */
function missingIsNan(url: string): boolean {
  const at = url.indexOf('?');
  if (at === -1) return false;
  for (const [key, value] of new URLSearchParams(url.slice(at))) {
    if (key !== 'on-missing')
      throw new Refusal(400, `unknown parameter ${shown(key)}; there is on-missing=nan`);
    if (value === 'nan' || value === 'reject') return value === 'nan';
    throw new Refusal(400, `on-missing=${shown(value)} must be nan or reject`);
  }
  return false;
}

/** Predictions for rows of tables, as people send them by hand. */
export const predictRoutes: readonly Route[] = [
  { method: 'POST', path: '/predict/{model}', infers: true, handle: predict },
  { method: 'POST', path: '/predict/{model}/versions/{version}', infers: true, handle: predict },
];
