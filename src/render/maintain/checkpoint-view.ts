import type { Json } from '../../api/verb.ts';
import type { checkpointVerb } from '../../api/verbs/inspect/history.ts';
import { formatCheckpoint, type Checkpoint } from '../../core/events/checkpoint.ts';
import { viewOf } from '../view.ts';

/**
 * A JSON document in every form except `--quiet`, so that redirecting it makes a file for `mlreg
 * verify --checkpoint`.
 */
export const checkpointView = viewOf<
  Checkpoint,
  Pick<Json<typeof checkpointVerb>, 'events' | 'nextPage' | 'checkpoint'>
>()({
  document: true,
  json: (checkpoint) => ({ events: [], nextPage: null, checkpoint }),
  text: formatCheckpoint,
  plain: (checkpoint) =>
    formatCheckpoint(checkpoint)
      .split('\n')
      .map((line) => [line]),
  quiet: ({ hash }) => [hash],
});
