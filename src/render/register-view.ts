import { escapeText } from '../core/quote.ts';
import type { RegisterResult } from '../registry/register.ts';
import { bytes, facts, pairs, valueInfo } from './format.ts';
import { moveJson } from './move-view.ts';
import type { View } from './view.ts';

export const registerView: View<RegisterResult> = {
  json: ({ changed: _changed, warnings: _warnings, promotion, ...rest }) => ({
    ...rest,
    ...(promotion === undefined ? {} : { promotion: moveJson(promotion) }),
  }),
  text: (result, { color, width }) => {
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
      golden,
      promotion,
    } = result;
    const did = changed
      ? `registered ${color.bold(ref)}`
      : `${color.bold(ref)} holds these bytes with this metadata already; nothing changed`;
    const rows = facts(
      [
        ['bump', changed ? `${bump}: ${escapeText(bumpReason)}` : undefined],
        ['digest', digest],
        ['size', `${bytes(size)} in ${files.length === 1 ? '1 file' : `${files.length} files`}`],
        ['inputs', signature?.inputs.map(valueInfo).join('\n')],
        ['outputs', signature?.outputs.map(valueInfo).join('\n')],
        [
          'data',
          data
            .map(({ name, hash, uri }) => `${escapeText(name)}  ${escapeText(hash ?? uri ?? '')}`)
            .join('\n'),
        ],
        ['golden', golden === null ? undefined : `${golden.files} ${golden.files === 1 ? 'file' : 'files'}`],
        ['source', source === null ? undefined : pairs(source)],
        [
          'stage',
          promotion &&
            `${escapeText(promotion.stage)} ${promotion.changed ? `now points at it, before at ${promotion.from ?? 'nothing'}` : 'points at it already'}`,
        ],
        ['next', changed && promotion === undefined ? `mlreg promote ${ref} --to staging` : undefined],
      ],
      color.dim,
      width,
    );
    return `${color.green('✓')} ${did}\n${rows}`;
  },
  plain: ({ ref, digest, changed, bump, bumpReason }) => [
    [ref, digest, changed ? 'created' : 'unchanged', bump, bumpReason],
  ],
  quiet: ({ ref }) => [ref],
};
