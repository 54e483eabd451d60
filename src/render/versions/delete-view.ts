import type { DeleteResult } from '../../registry/versions/delete-version.ts';
import type { View } from '../view.ts';

export const deleteView: View<DeleteResult> = {
  json: ({ ref, name, version, digest }) => ({ ref, name, version, digest }),
  text: ({ ref, version }, { color }) =>
    `${color.green('✓')} deleted ${color.bold(ref)}; version ${version} cannot be reused`,
  plain: ({ ref, digest }) => [[ref, digest, 'deleted']],
  quiet: ({ ref }) => [ref],
};
