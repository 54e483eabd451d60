import { metadataFileSchema } from '../core/metadata/metadata.ts';
import { policySchema } from '../core/events/policy.ts';
import { asJson, outputDocument, outputFields, type JsonSchema, type SchemaDocument } from './document.ts';

/**
 * The schemas that `mlreg schema` prints, as plain JSON. The build evaluates this file, so that the
 * command needs no zod: all of its exports must be JSON values.
 */

export const metadata: JsonSchema = {
  ...asJson(metadataFileSchema),
  title: 'A metadata file of mlreg register --metadata',
};

export const policy: JsonSchema = {
  ...asJson(policySchema),
  title: 'A policy file of mlreg policy apply',
};

export const output: SchemaDocument = {
  ...(open(outputDocument) as SchemaDocument),
  title: 'What mlreg prints with --json',
  description:
    'One object per command, identified by "command". Fields may be added but are never renamed or removed: ignore unknown fields. ' +
    'Enumerations may get new values.',
};

/** For help pages: see `outputFields`. */
export const fields: Record<string, string> = outputFields;

/** The same schema for readers of later versions: objects may have unknown fields. */
function open(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(open);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key, value]) => key !== 'additionalProperties' || value !== false,
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, open(value)]));
}
