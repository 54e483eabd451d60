import { escapeText } from '../core/text/quote.ts';

/**
 * Users' text in GitHub-flavoured Markdown: a code span, in which no mark-up, HTML, link, @mention,
 * #reference or :emoji: takes effect, also in a table cell. Its fence is longer than any run of
 * backticks in it (CommonMark 6.1).
 */
export function code(text: string): string {
  const shown = tableSafe(escapeText(text));
  if (shown.trim() === '') return `\`"${shown}"\``;
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  // Markdown removes one space on each side, so that a backtick may be at an end.
  const pad = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/**
 * A pipe ends a cell even within code, unless a backslash is before it, which renderers then
 * remove. If there already is a backslash, renderers disagree on what two mean.
 */
function tableSafe(text: string): string {
  return text.replaceAll(/(\\*)\|/g, (_, before: string) => (before === '' ? '\\|' : `${before}\\u{7c}`));
}

/** Rows under headings, all Markdown already; columns named in `rightAligned` hold numbers. */
export function markdownTable(head: string[], rows: string[][], rightAligned: number[] = []): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (rightAligned.includes(column) ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
