import type { Json } from '../../api/verb.ts';
import type { trendVerb } from '../../api/verbs/inspect/trend.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { Trend, TrendPoint } from '../../registry/inspect/trend.ts';
import { columnNumber, isoTime } from '../format.ts';
import { viewOf, type Style } from '../view.ts';

const widest = 60;
const narrowest = 10;

export const trendView = viewOf<Trend, Json<typeof trendVerb>>()({
  json: ({ name, metric, direction, stage, points, more }) => ({
    name,
    metric,
    direction,
    stage,
    points: points.map((point) => ({ ...point, createdAt: isoTime(point.createdAt) })),
    more,
  }),
  text: (trend, style) => {
    const { color } = style;
    const { name, metric, direction, stage, more } = trend;
    const better = direction === null ? '' : color.dim(` (${direction} is better)`);
    const legend = stage === null ? '' : color.dim(`  ● ${escapeText(stage)} now   ○ before`);
    return [
      `${color.bold(escapeText(metric))} of ${color.bold(name)}${better}${legend}`,
      ...(more ? [color.dim('  … more lower versions: use a higher --limit')] : []),
      ...lines(trend, style),
    ].join('\n');
  },
  plain: ({ points }) =>
    points.map(({ version, value, createdAt, yanked, held }) => [
      version,
      value,
      isoTime(createdAt),
      held ?? '',
      yanked ? 'yanked' : '',
    ]),
  quiet: ({ name, points }) => points.map(({ version }) => `${name}@${version}`),
});

/**
 * One line for each version, with a mark between the lowest and the highest value: differences
 * matter, not the distance from zero.
 */
function lines({ points }: Trend, { color, width }: Style): string[] {
  const versions = Math.max(...points.map(({ version }) => version.length));
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const shown = columnNumber(known);
  const values = points.map(({ value }) => (value === null ? '–' : shown(value)));
  const numbers = Math.max(...values.map((text) => text.length));
  const room = Math.max(narrowest, Math.min(widest, width - versions - numbers - ' yanked'.length - 6));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return points.map(({ version, value, held, yanked }, index) => {
    const at = value === null ? null : placeOf(value, low, high, room);
    const drawn =
      at === null
        ? ' '.repeat(room)
        : `${color.dim('·'.repeat(at))}${mark(held, color)}${color.dim('·'.repeat(room - at - 1))}`;
    const text = `  ${version.padEnd(versions)}  ${drawn}  ${(values[index] ?? '').padStart(numbers)}`;
    return `${text}${yanked ? ` ${color.red('yanked')}` : ''}`;
  });
}

function placeOf(value: number, low: number, high: number, room: number): number {
  // Halved first, so that the difference of two finite numbers is never infinite.
  const share = high === low ? 0.5 : (value / 2 - low / 2) / (high / 2 - low / 2);
  return Math.round(share * (room - 1));
}

function mark(held: TrendPoint['held'], color: Style['color']): string {
  if (held === 'now') return color.green('●');
  return held === 'before' ? color.cyan('○') : '•';
}
