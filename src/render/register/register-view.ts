import type { Json } from '../../api/verb.ts';
import type { registerVerb } from '../../api/verbs/versions/register.ts';
import { escapeText } from '../../core/text/quote.ts';
import { sourceFacts } from '../../core/versions/source.ts';
import { worstVerdict } from '../../core/events/gate-result.ts';
import type { MoveResult } from '../../registry/stages/move-stage.ts';
import type { RegisteredProfile, RegisterResult } from '../../registry/register/register-result.ts';
import { bytes, counted, facts, pairs, valueInfo } from '../format.ts';
import { gateRow, gatesText } from '../stages/gates-text.ts';
import { moveJson } from '../stages/move-view.ts';
import { registerMarkdown } from './register-markdown.ts';
import { viewOf } from '../view.ts';

const mostPaths = 5;

function profileText({ rows, columns, outputs, changed }: RegisteredProfile): string {
  const of = `${counted(rows, 'row')}, ${counted(columns, 'column')}`;
  const answers = outputs === null ? '' : `, ${counted(outputs, 'output column')}`;
  return `${of}${answers}${changed ? '' : ' (stored before)'}`;
}

export const registerView = viewOf<RegisterResult, Json<typeof registerVerb>>()({
  json: ({ changed: _changed, warnings: _warnings, promotion, ...rest }) => ({
    ...rest,
    ...(promotion === undefined ? {} : { promotion: moveJson(promotion) }),
  }),
  text: (result, style) => {
    const { color, width } = style;
    const {
      ref,
      changed,
      bump,
      bumpReason,
      digest,
      size,
      files,
      signature,
      data,
      source,
      leftOut,
      golden,
      promotion,
      profile,
    } = result;
    const did = changed
      ? `registered ${color.bold(ref)}`
      : `already registered as ${color.bold(ref)}; nothing changed`;
    const rows = facts(
      [
        ['bump', changed ? `${bump}: ${escapeText(bumpReason)}` : undefined],
        ['digest', digest],
        ['size', `${bytes(size)} in ${counted(files.length, 'file')}`],
        ['inputs', signature?.inputs.map(valueInfo).join('\n')],
        ['outputs', signature?.outputs.map(valueInfo).join('\n')],
        [
          'data',
          data
            .map(({ name, hash, uri }) => `${escapeText(name)}  ${escapeText(hash ?? uri ?? '')}`)
            .join('\n'),
        ],
        ['golden', golden === null ? undefined : counted(golden.files, 'file')],
        ['profile', profile && profileText(profile)],
        ['source', source === null ? undefined : pairs(sourceFacts(source), 8)],
        ['skipped', leftOut.map(leftOutText).join('\n')],
        ['stage', promotion && `${escapeText(promotion.stage)} ${promoted(promotion)}`],
        ['next', changed && promotion === undefined ? `mlreg promote ${ref} --to staging` : undefined],
      ],
      color.dim,
      width,
    );
    const gates = promotion === undefined ? [] : promotion.gates;
    return `${color.green('✓')} ${did}\n${rows}${gates.length === 0 ? '' : `\n${gatesText(gates, style)}`}`;
  },
  plain: ({ ref, digest, changed, bump, bumpReason, promotion }) => [
    [ref, digest, changed ? 'created' : 'unchanged', bump, bumpReason],
    ...(promotion?.gates ?? []).map((gate) => ['gate', ...gateRow(gate)]),
  ],
  quiet: ({ ref }) => [ref],
  markdown: registerMarkdown,
  outputs: ({ ref, version, digest, promotion }) => ({
    ref,
    version,
    digest,
    verdict: worstVerdict(promotion?.gates ?? []),
  }),
});

/** `.git, __pycache__` and 3 more; for data, preceded by its name. */
export function leftOutText({ of, count, paths }: RegisterResult['leftOut'][number]): string {
  const shown = paths.slice(0, mostPaths).map(escapeText).join(', ');
  const more = count > mostPaths ? ` and ${count - mostPaths} more` : '';
  return `${of === 'model' ? '' : `${escapeText(of)}: `}${shown}${more}`;
}

function promoted({ changed, blocked, from }: MoveResult): string {
  if (blocked !== undefined) return `stays ${from === null ? 'empty' : `at ${from}`}: the gates did not pass`;
  return changed ? `now points at it (before: ${from ?? 'empty'})` : 'already points at it';
}
