import { join } from 'node:path';
import { escapeText } from '../core/quote.ts';
import type { PullResult } from '../registry/pull.ts';
import { bytes } from './format.ts';
import type { View } from './view.ts';

export const pullView: View<PullResult> = {
  json: ({ ref, record, directory }) => ({
    ref,
    name: record.name,
    version: record.version,
    digest: record.artifact.digest,
    directory,
    files: record.artifact.files.map((file) => ({
      ...file,
      location: join(directory, file.path),
    })),
  }),
  text: ({ ref, record, directory, changed }, { color }) => {
    const { files, size } = record.artifact;
    const what = `${bytes(size)} in ${files.length === 1 ? '1 file' : `${files.length} files`}, verified`;
    const head = changed
      ? `pulled ${color.bold(ref)} to ${escapeText(directory)}`
      : `${color.bold(ref)} is in ${escapeText(directory)} already; nothing changed`;
    return `${color.green('✓')} ${head} ${color.dim(`(${what})`)}`;
  },
  plain: ({ record, directory }) =>
    record.artifact.files.map(({ path, size, digest }) => [join(directory, path), size, digest]),
  quiet: ({ ref }) => [ref],
};
