import type { Json } from '../../api/verb.ts';
import type { deleteModelVerb, deleteVerb } from '../../api/verbs/versions/delete.ts';
import type { DeleteModelResult } from '../../registry/versions/delete-model.ts';
import type { DeleteResult } from '../../registry/versions/delete-version.ts';
import { counted, plural } from '../format.ts';
import { viewOf } from '../view.ts';

export const deleteView = viewOf<DeleteResult, Json<typeof deleteVerb>>()({
  json: ({ ref, name, version, digest }) => ({ ref, name, version, digest }),
  text: ({ ref, version }, { color }) =>
    `${color.green('✓')} deleted ${color.bold(ref)}; version ${version} cannot be reused`,
  plain: ({ ref, digest }) => [[ref, digest, 'deleted']],
  quiet: ({ ref }) => [ref],
});

export const deleteModelView = viewOf<DeleteModelResult, Json<typeof deleteModelVerb>>()({
  json: ({ name, versions }) => ({ name, versions }),
  text: ({ name, versions }, { color }) =>
    `${color.green('✓')} deleted the model ${color.bold(name)} with ${counted(versions.length, 'version')}; ${plural(versions.length, 'its number', 'their numbers')} cannot be reused`,
  plain: ({ name, versions }) =>
    versions.map(({ version, digest }) => [`${name}@${version}`, digest, 'deleted']),
  quiet: ({ name, versions }) => versions.map(({ version }) => `${name}@${version}`),
});
