import { formatCheckpoint, type Checkpoint } from '../../core/events/checkpoint.ts';
import type { View } from '../view.ts';

/** Alone it is a JSON document in every form but `--quiet`, so that redirecting it makes a file for `mlreg verify --checkpoint`. */
export const checkpointView: View<Checkpoint> = {
  json: (checkpoint) => ({ events: [], nextPage: null, checkpoint }),
  text: formatCheckpoint,
  plain: (checkpoint) =>
    formatCheckpoint(checkpoint)
      .split('\n')
      .map((line) => [line]),
  quiet: ({ hash }) => [hash],
};
