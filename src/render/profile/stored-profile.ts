import type { ProfileRecord } from '../../core/measurements/profile.ts';
import { counted } from '../../core/text/numbers.ts';
import { escapeText } from '../../core/text/quote.ts';
import { relativeTime } from '../format.ts';
import { table } from '../table.ts';
import type { Style } from '../view.ts';
import { columnCells, columnHeadings, errorText } from './column-table.ts';

const mostShown = 12;

/** The profile of a version's data as a table of `show`; empty if there is none. */
export function profileSection(profile: ProfileRecord | null, style: Style): string {
  if (profile === null) return '';
  const { rows, columns, outputs, error, sources } = profile.result;
  const all = [...columns, ...(outputs ?? [])];
  // Outputs are few, and always shown.
  const left = Math.max(0, mostShown - (outputs?.length ?? 0));
  const shown = [...columns.slice(0, left), ...(outputs ?? [])].slice(0, mostShown);
  const [source] = sources;
  const file = sources.length === 1 ? (source?.file ?? null) : null;
  const of = file === null ? '' : `${escapeText(file)}, `;
  const about = `profile of ${of}${counted(rows, 'row')}, ${errorText(error)}, ${relativeTime(profile.at, style.now)}`;
  return [
    style.color.dim(about),
    table(
      style,
      ['column', ...columnHeadings],
      shown.map((column) => columnCells(column, style)),
      [2, 3, 4],
      [0, 5],
    ),
    ...(all.length > shown.length ? [`+${all.length - shown.length} more (--json shows all)`] : []),
  ].join('\n');
}
