import { currentMetadata } from '../../core/versions/amendments.ts';
import { escapeLines, escapeText } from '../../core/text/quote.ts';
import type { ShowAround, ShowResult } from '../../registry/inspect/show.ts';
import { latencySection } from '../bench/show-latency.ts';
import { evaluationsSection } from '../evaluate/saved-evaluations.ts';
import { profileSection } from '../profile/stored-profile.ts';
import { relativeTime, wrapped } from '../format.ts';
import { gatesText } from '../stages/gates-text.ts';
import { lastGates } from '../stages/last-gates.ts';
import { beside, visibleWidth } from '../table.ts';
import type { Style } from '../view.ts';
import { showFacts } from './show-facts.ts';
import { filesTable, metricsTable, paramsTable, signatureTable } from './show-tables.ts';

/** Lines of text wider than this are hard to read. */
const widestText = 100;
const indent = 2;

/** All that is known about a version, as a page for people. */
export function showPage(result: ShowResult, around: ShowAround, style: Style, files: boolean): string {
  const inner = { ...style, width: style.width - indent };
  const { record } = result;
  const metrics = metricsTable(record, around, inner);
  const params = paramsTable(record, inner);
  const sections = [
    indented(signatureTable(record, inner)),
    ...beside([metrics, params], inner.width).map(indented),
    indented(evaluationsSection(result.evaluations, inner)),
    indented(profileSection(result.profile, inner)),
    indented(latencySection(result.benches, around.samples, inner)),
    gatesSection(result, style),
    showFacts(result, style),
    files ? indented(filesTable(record, inner)) : '',
  ];
  return [head(result, style), ...sections.filter((text) => text !== '')].join('\n\n');
}

/** The findings of the gates at its last promotion to each stage, or at the last attempt. */
function gatesSection(result: ShowResult, style: Style): string {
  const { color, now } = style;
  const sections = lastGates(result.gates).map(({ stage, at, action, gates }) => {
    const did = action === 'blocked' ? color.red('blocked from') : 'promoted to';
    return `  ${color.dim(`${did} ${escapeText(stage)} ${relativeTime(at, now)}`)}\n${gatesText(gates, style, 4)}`;
  });
  return sections.join('\n');
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(indent));
}

/** `digits@1.1.0  ● production since 2 hours ago`, then whether it is fit, and what it is. */
function head({ ref, record, stages, since }: ShowResult, { color, now, width }: Style): string {
  const { yanked } = record;
  const held = stages.map((stage) => {
    const when = color.dim(`since ${relativeTime(since[stage] ?? now, now)}`);
    return `${color.green(`● ${escapeText(stage)}`)} ${when}`;
  });
  const title = [color.bold(ref), ...(yanked === null ? [] : [color.red('✗ yanked')])].join('  ');
  const line = [title, ...held].join('  ');
  const columns = Math.min(width, widestText);
  const why =
    yanked === null
      ? []
      : wrapped(
          `yanked ${relativeTime(yanked.at, now)} by ${escapeText(yanked.actor)}: ${escapeText(yanked.reason)}`,
          columns,
        ).map((line) => color.red(line));
  const { description } = currentMetadata(record);
  const about =
    description === undefined
      ? []
      : escapeLines(description)
          .split('\n')
          .flatMap((line) => wrapped(line, columns));
  return [...(visibleWidth(line) > width ? [title, ...held] : [line]), ...why, ...about].join('\n');
}
