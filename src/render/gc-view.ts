import type { CollectResult } from '../registry/collect-garbage.ts';
import { bytes } from './format.ts';
import type { View } from './view.ts';

export const gcView: View<CollectResult> = {
  json: ({ dryRun, blobs, leftovers, purged, kept, freed }) => ({
    dryRun,
    blobs,
    leftovers,
    purged,
    kept,
    freed,
  }),
  text: (result, { color }) => {
    const { dryRun, kept } = result;
    const done = kinds(result).filter(({ files }) => files > 0);
    const young =
      kept.young === 0 ? '' : color.dim(`\n  ${counted(kept.young, 'file')} not needed, but too young`);
    if (done.length === 0) return `${color.green('✓')} nothing to collect${young}`;
    const lines = done.map(({ files, size, what }) => `  ${counted(files, 'file')}, ${bytes(size)}: ${what}`);
    const head = dryRun ? 'would be removed:' : `${color.green('✓')} removed:`;
    const tail = dryRun ? `\n${color.dim('nothing was changed; the same with --yes does it')}` : '';
    return `${head}\n${lines.join('\n')}${young}${tail}`;
  },
  plain: (result) =>
    kinds(result).map(({ kind, files, size }) => [
      kind,
      files,
      size,
      result.dryRun ? 'would be removed' : 'removed',
    ]),
  quiet: ({ blobs }) => blobs.map(({ digest }) => digest),
};

function kinds({ blobs, leftovers, purged }: CollectResult) {
  return [
    {
      kind: 'blobs',
      files: blobs.length,
      size: blobs.reduce((sum, { size }) => sum + size, 0),
      what: 'needed by no version; kept in trash/ for 7 days',
    },
    {
      kind: 'leftovers',
      files: leftovers.files,
      size: leftovers.bytes,
      what: 'left by processes that were killed',
    },
    {
      kind: 'purged',
      files: purged.files,
      size: purged.bytes,
      what: 'in trash/ for 7 days or longer; gone for good',
    },
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : `${what}s`}`;
}
