import type { Json } from '../../api/verb.ts';
import type { exportVerb } from '../../api/verbs/exchange/export.ts';
import { escapeText, shellWord } from '../../core/text/quote.ts';
import type { ExportResult } from '../../registry/exchange/export.ts';
import { bytes, counted, facts } from '../format.ts';
import { viewOf } from '../view.ts';

const mostNamed = 10;

export const exportView = viewOf<ExportResult, Json<typeof exportVerb>>()({
  json: ({ warnings: _said, ...result }) => ({ ...result }),
  text: ({ output, form, index, size, files, versions }, { color, width }) => {
    const what = versions.length === 1 ? (versions[0]?.ref ?? '') : counted(versions.length, 'version');
    const rows = facts(
      [
        ['versions', versions.length === 1 ? undefined : named(versions)],
        ['index', index],
        ['size', `${bytes(size)} in ${counted(files, 'file')}, verified`],
        ['next', `mlreg import ${escapeText(shellWord(output))} --registry DIR`],
      ],
      color.dim,
      width,
    );
    const place = `${form === 'folder' ? 'the folder ' : ''}${escapeText(output)}`;
    return `${color.green('✓')} exported ${color.bold(what)} to ${place}\n${rows}`;
  },
  plain: ({ versions, output }) => versions.map(({ ref, digest }) => [ref, digest, output]),
  quiet: ({ versions }) => versions.map(({ ref }) => ref),
});

function named(versions: ExportResult['versions']): string {
  const first = versions.slice(0, mostNamed).map(({ ref, yanked }) => `${ref}${yanked ? ' (yanked)' : ''}`);
  const more = versions.length - first.length;
  return [...first, ...(more > 0 ? [`${more} more`] : [])].join('\n');
}
