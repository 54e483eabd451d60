import type { Json } from '../../api/verb.ts';
import type { gcVerb } from '../../api/verbs/maintain/gc.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { CollectResult } from '../../registry/maintain/collect-garbage.ts';
import { bytes, counted } from '../format.ts';
import { viewOf } from '../view.ts';

export const gcView = viewOf<CollectResult, Json<typeof gcVerb>>()({
  json: ({ dryRun, blobs, leftovers, purged, expired, kept, freed }) => ({
    dryRun,
    blobs,
    leftovers,
    purged,
    expired,
    kept,
    freed,
  }),
  text: (result, { color }) => {
    const { dryRun, kept } = result;
    const done = kinds(result).filter(({ files }) => files > 0);
    const young =
      kept.young === 0 ? '' : color.dim(`\n  ${counted(kept.young, 'file')} kept: unused, but too recent`);
    if (done.length === 0) return `${color.green('✓')} nothing to remove${young}`;
    const lines = done.flatMap(({ files, size, what, paths }) => [
      `  ${counted(files, 'file')}, ${bytes(size)}: ${what}`,
      ...(dryRun ? named(paths).map((line) => color.dim(`    ${line}`)) : []),
    ]);
    const head = dryRun ? 'would be removed:' : `${color.green('✓')} removed:`;
    const tail = dryRun
      ? `\n${color.dim('dry run: nothing was changed; run again with --yes to remove them')}`
      : '';
    return `${head}\n${lines.join('\n')}${young}${tail}`;
  },
  plain: (result) => {
    const outcome = result.dryRun ? 'would be removed' : 'removed';
    const all = kinds(result);
    return [
      ...all.map(({ kind, files, size }) => [kind, files, size, outcome]),
      ...all.flatMap(({ paths }) => paths.map((path) => ['path', path, null, outcome])),
    ];
  },
  quiet: ({ blobs }) => blobs.map(({ digest }) => digest),
});

const mostNamed = 20;

function named(paths: readonly string[]): string[] {
  const more = paths.length - mostNamed;
  return [
    ...paths.slice(0, mostNamed).map(escapeText),
    ...(more > 0 ? [`and ${more} more: mlreg gc --json lists all`] : []),
  ];
}

function kinds({ blobs, leftovers, purged, expired, purge }: CollectResult) {
  return [
    {
      kind: 'blobs',
      files: blobs.length,
      size: blobs.reduce((sum, { size }) => sum + size, 0),
      what: purge ? 'not used by any version' : 'not used by any version (kept in trash/ for 7 days)',
      paths: [],
    },
    {
      kind: 'leftovers',
      files: leftovers.files,
      size: leftovers.bytes,
      what: 'left by killed processes',
      paths: leftovers.paths,
    },
    {
      kind: 'purged',
      files: purged.files,
      size: purged.bytes,
      what: purge
        ? 'in trash/ (deleted permanently)'
        : 'in trash/ for 7 days or longer (deleted permanently)',
      paths: purged.paths,
    },
    {
      kind: 'expired',
      files: expired.files,
      size: expired.bytes,
      what: 'kept predictions whose time is over (deleted permanently)',
      paths: expired.paths,
    },
  ];
}
