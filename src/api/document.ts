import * as z from 'zod';
import { error } from '../schemas/error.ts';
import { fieldList } from './field-list.ts';
import { verbs } from './verbs.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Record<string, unknown>;
/** `$defs` holds what each command prints, under its name, and the parts that they share. */
export type SchemaDocument = JsonSchema & { $defs: Record<string, JsonSchema> };

/** Each made once, also where several verbs share it: the names in it stand for one schema. */
const made = new Map<() => z.ZodType, z.ZodType>();
for (const { output } of verbs) if (!made.has(output)) made.set(output, output());

/** What a command prints: that of one of its verbs. */
const outputs = Map.groupBy(made.values(), commandOf);

function commandOf(output: z.ZodType): string {
  return (output as z.ZodObject<{ command: z.ZodLiteral<string> }>).shape.command.value;
}

const named = [...outputs, ['error', [error]] as const].map(([id, [first, ...more]]) =>
  (more.length === 0 ? first : z.union([first, ...more])).meta({ id }),
);

/**
 * The strict schema of everything that --json prints: a field that it does not know is an error.
 * What tests hold commands to.
 */
export const outputDocument: SchemaDocument = oneOf(asJson(z.union(named)));

/** The fields of what a command, or a verb such as `stage.add`, prints, in a line for people. */
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
      // What JSON can write of an integer: zod states it for each of them.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return splitTypes(document) as SchemaDocument;
}

/** Strict readers take a list of types for a mistake, unless it is one type and null. */
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

/** Each object is one command's or an error: its `command` says which. */
function oneOf({ anyOf, $defs, ...document }: SchemaDocument): SchemaDocument {
  return { ...document, oneOf: anyOf, $defs };
}
