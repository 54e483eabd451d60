import type { Json } from '../../api/verb.ts';
import type { deleteVerb } from '../../api/verbs/delete.ts';
import type { DeleteResult } from '../../registry/versions/delete-version.ts';
import { viewOf } from '../view.ts';

export const deleteView = viewOf<DeleteResult, Json<typeof deleteVerb>>()({
  json: ({ ref, name, version, digest }) => ({ ref, name, version, digest }),
  text: ({ ref, version }, { color }) =>
    `${color.green('✓')} deleted ${color.bold(ref)}; version ${version} cannot be reused`,
  plain: ({ ref, digest }) => [[ref, digest, 'deleted']],
  quiet: ({ ref }) => [ref],
});
