import {
  parseMetadata,
  refuseMetadata,
  metadataFileSchema,
  type Metadata,
  type MetadataInput,
} from '../core/metadata/metadata.ts';

/**
 * A value held to the rules of a metadata file: first as it is, where NaN is not yet null, then as
 * JSON, whose keys are looked at.
 */
export function asMetadata(value: MetadataInput, what = 'the metadata'): Metadata {
  const { error } = metadataFileSchema.safeParse(value);
  if (error !== undefined) throw refuseMetadata(what, error);
  return parseMetadata(JSON.stringify(value), what);
}
