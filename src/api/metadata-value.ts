import {
  parseMetadata,
  refuseMetadata,
  metadataFileSchema,
  type Metadata,
  type MetadataInput,
} from '../core/metadata/metadata.ts';

/**
 * Checks a value by the rules of a metadata file: first as given, before NaN becomes null, then as
 * JSON, to check its keys.
 */
export function asMetadata(value: MetadataInput, what = 'the metadata'): Metadata {
  const { error } = metadataFileSchema.safeParse(value);
  if (error !== undefined) throw refuseMetadata(what, error, value);
  return parseMetadata(JSON.stringify(value), what);
}
