import type { Json } from '../../api/verb.ts';
import type { pullVerb } from '../../api/verbs/exchange/pull.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { PullResult } from '../../registry/exchange/pull.ts';
import { bytes, counted } from '../format.ts';
import { viewOf } from '../view.ts';

export const pullView = viewOf<PullResult, Json<typeof pullVerb>>()({
  json: ({ ref, record, directory, files }) => ({
    ref,
    name: record.name,
    version: record.version,
    digest: record.artifact.digest,
    directory,
    files,
  }),
  text: ({ ref, record, directory, files, changed }, { color }) => {
    const { size } = record.artifact;
    const what = `${bytes(size)} in ${counted(files.length, 'file')}, verified`;
    const head = changed
      ? `pulled ${color.bold(ref)} to ${escapeText(directory)}`
      : `${color.bold(ref)} is already in ${escapeText(directory)}; nothing changed`;
    return `${color.green('✓')} ${head} ${color.dim(`(${what})`)}`;
  },
  plain: ({ files }) => files.map(({ location, size, digest }) => [location, size, digest]),
  quiet: ({ ref }) => [ref],
});
