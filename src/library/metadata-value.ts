import { checkMetadata, parseMetadata, type Metadata } from '../core/metadata.ts';

/** A value held to the rules of a metadata file: first as it is, where NaN is not yet null, then as JSON, whose keys are looked at. */
export function asMetadata(value: Metadata, what = 'the metadata'): Metadata {
  checkMetadata(value, what);
  return parseMetadata(JSON.stringify(value), what);
}
