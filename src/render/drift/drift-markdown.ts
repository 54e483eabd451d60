import { counted } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { limitText, scoreText, sourcesText, verdictText, worstFirst } from './drift-facts.ts';
import type { ShownDrift } from './drift-view.ts';

const mostRows = 50;
const mostFindings = 50;

/** A comparison for a pull request or a job summary. */
export function driftMarkdown(result: ShownDrift): string {
  const { ref, drifted, columns, skipped, findings, correction } = result;
  const { reference, live } = sourcesText(result);
  const ordered = worstFirst(columns);
  const left = ordered.length - mostRows;
  return [
    `### ${drifted ? '❌' : '✅'} ${code(ref)}: ${drifted ? 'the data has moved' : 'the data looks as before'}`,
    `${verdictText(result)}; live ${code(live)}, reference ${code(reference)}${correction === null ? '' : `; p-values corrected: ${correction}`}`,
    ...(findings.length === 0
      ? []
      : [
          findings
            .slice(0, mostFindings)
            .map(({ message, serious }) => `- ${serious ? '❌' : '⚠️'} ${code(message)}`)
            .join('\n'),
        ]),
    ...(columns.length === 0
      ? []
      : [
          markdownTable(
            ['column', 'type', 'method', 'score', 'drift if', ''],
            ordered
              .slice(0, mostRows)
              .map((column) => [
                code(column.name),
                column.type,
                column.method,
                scoreText(column),
                limitText(column),
                column.drifted ? '**drifted**' : '',
              ]),
            [3],
          ),
        ]),
    ...(left > 0 ? [`and ${counted(left, 'more column')}`] : []),
    ...(skipped.length === 0
      ? []
      : [
          skipped
            .slice(0, mostRows)
            .map(({ name, reason }) => `- not compared: ${code(name)}: ${code(reason)}`)
            .join('\n'),
        ]),
  ].join('\n\n');
}
