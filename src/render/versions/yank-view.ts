import type { Json } from '../../api/verb.ts';
import type { yankVerb } from '../../api/verbs/versions/yank.ts';
import type { YankResult } from '../../registry/versions/yank.ts';
import { viewOf } from '../view.ts';

export const yankView = viewOf<YankResult, Json<typeof yankVerb>>()({
  json: ({ changed: _changed, warnings: _warnings, ...rest }) => rest,
  text: ({ ref, yanked, changed }, { color }) => {
    const state = yanked ? 'yanked' : 'not yanked';
    return changed
      ? `${color.green('✓')} ${color.bold(ref)} is now ${state}`
      : `${color.green('✓')} ${color.bold(ref)} is already ${state}; nothing changed`;
  },
  plain: ({ ref, yanked, changed }) => [[ref, yanked ? 'yanked' : 'live', changed ? 'changed' : 'unchanged']],
  quiet: ({ ref }) => [ref],
});
