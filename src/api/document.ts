import * as z from 'zod';
import { error } from '../schemas/error.ts';
import { fieldList } from './field-list.ts';
import { verbs } from './verbs.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Record<string, unknown>;
/** `$defs` holds the output of each command, under its name, and the parts that they share. */
export type SchemaDocument = JsonSchema & { $defs: Record<string, JsonSchema> };

/**
 * Each schema is made once, even if several verbs share it: each name in it must refer to one
 * schema.
 */
const made = new Map<() => z.ZodType, z.ZodType>();
for (const { output } of verbs) if (!made.has(output)) made.set(output, output());

/** The output of a command: that of one of its verbs. */
const outputs = Map.groupBy(made.values(), commandOf);

function commandOf(output: z.ZodType): string {
  return (output as z.ZodObject<{ command: z.ZodLiteral<string> }>).shape.command.value;
}

const named = [...outputs, ['error', [error]] as const].map(([id, [first, ...more]]) =>
  (more.length === 0 ? first : z.union([first, ...more])).meta({ id }),
);

/**
 * The strict schema of everything that --json prints: an unknown field is an error. Tests check
 * commands against it.
 */
export const outputDocument: SchemaDocument = oneOf(asJson(z.union(named)));

/** The output fields of a command, or of a verb such as `stage.add`, in one line for people. */
export const outputFields: Record<string, string> = Object.fromEntries([
  ...verbs.map(({ name, output }) => [name, fieldList(asJson(made.get(output)!))] as const),
  ...[...outputs].map(
    ([command, forms]) => [command, forms.map((form) => fieldList(asJson(form))).join('; or ')] as const,
  ),
]);

/** The schema in JSON (draft 2020-12). */
export function asJson(schema: z.ZodType): SchemaDocument {
  const document = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      // zod writes the limit of safe integers for every integer; omit it.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return splitTypes(document) as SchemaDocument;
}

/** Strict readers reject a list of types, unless it is one type and null. */
function splitTypes(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(splitTypes);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) =>
      key === 'type' && Array.isArray(value) && !(value.length === 2 && value.includes('null'))
        ? ['anyOf', value.map((type: unknown) => ({ type }))]
        : [key, splitTypes(value)],
    ),
  );
}

/** Each object is a command's output or an error: its `command` says which. */
function oneOf({ anyOf, $defs, ...document }: SchemaDocument): SchemaDocument {
  return { ...document, oneOf: anyOf, $defs };
}
