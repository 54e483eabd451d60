import type { Json } from '../../api/verb.ts';
import type { predictVerb } from '../../api/verbs/run/predict.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { PredictResult } from '../../predict/predict-result.ts';
import { bytes, counted, facts, isoTime, perSecond } from '../format.ts';
import { viewOf } from '../view.ts';

const mostNamed = 6;

export const predictView = viewOf<PredictResult, Json<typeof predictVerb>>()({
  json: ({ warnings: _warnings, kept, ...result }) => ({
    ...result,
    kept: kept === null ? null : { ...kept, until: isoTime(kept.until) },
  }),
  text: (result, { color, width }) => {
    const { ref, input, output, rows, rejected, rejects, inputs, columns, unused } = result;
    const { seconds, workers, kept, shard, resumed } = result;
    const rate = seconds > 0 ? `${perSecond(rows / seconds)} rows/s, ` : '';
    const lines = facts(
      [
        ['input', `${shownPath(input.path, 'stdin')} (${input.format}, ${bytes(input.size)})`],
        ['inputs', inputs.map(({ name, columns }) => `${name} ← ${listed(columns)}`).join('\n')],
        ['added', listed(columns)],
        ['unused', unused.length === 0 ? undefined : listed(unused)],
        [
          'rejected',
          rejected === 0
            ? undefined
            : color.yellow(`${counted(rejected, 'row')}, see ${shownPath(rejects, '')}`),
        ],
        [
          'kept',
          kept === null
            ? undefined
            : `${counted(kept.keys, 'key')} of ${escapeText(kept.key)}, until ${isoTime(kept.until)}`,
        ],
        ['time', `${seconds.toFixed(1)} s: ${rate}${counted(workers, 'worker')}`],
      ],
      color.dim,
      width,
    );
    const part = shard === null ? '' : ` of shard ${shard}`;
    const head = `${resumed ? 'an earlier run predicted' : 'predicted'} ${counted(rows, 'row')}${part} with ${color.bold(ref)}`;
    return `${color.green('✓')} ${head} to ${shownPath(output.path, 'stdout')}\n${lines}`;
  },
  plain: ({ ref, rows, rejected, output, rejects }) => [[ref, rows, rejected, output.path, rejects]],
  quiet: ({ ref }) => [ref],
});

function shownPath(path: string | null, instead: string): string {
  return path === null ? instead : escapeText(path);
}

function listed(names: readonly string[]): string {
  const first = names.slice(0, mostNamed).map(escapeText).join(', ');
  return names.length > mostNamed ? `${first} … ${escapeText(names.at(-1) ?? '')} (${names.length})` : first;
}
