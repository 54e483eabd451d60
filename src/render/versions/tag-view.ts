import type { Json } from '../../api/verb.ts';
import type { tagVerb } from '../../api/verbs/versions/tag.ts';
import type { TagResult } from '../../registry/versions/tag.ts';
import { facts, pairs } from '../format.ts';
import { viewOf } from '../view.ts';

export const tagView = viewOf<TagResult, Json<typeof tagVerb>>()({
  json: ({ ref, name, version, tags }) => ({ ref, name, version, tags }),
  text: ({ ref, tags, changed }, { color, width }) => {
    const head = changed
      ? `tagged ${color.bold(ref)}`
      : `${color.bold(ref)} already has these tags; nothing changed`;
    const shown = Object.keys(tags).length === 0 ? 'none' : pairs(tags, Infinity);
    return `${color.green('✓')} ${head}\n${facts([['tags', shown]], color.dim, width)}`;
  },
  plain: ({ ref, tags, changed }) => [
    [ref, changed ? 'changed' : 'unchanged'],
    ...Object.entries(tags).map(([key, value]) => ['tag', key, value]),
  ],
  quiet: ({ ref }) => [ref],
});
