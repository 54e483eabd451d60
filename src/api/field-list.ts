import type { JsonSchema, SchemaDocument } from './document.ts';

/** For an object with more fields, the list has only the name. */
const mostInner = 10;
/** The fields that every command prints. */
const everywhere = new Set(['schemaVersion', 'command', 'warnings']);

/**
 * The fields of an object in one line, as help pages show them: `from (null: the stage was empty),
 * gates[] {gate, verdict, observed, threshold, reason}`.
 */
export function fieldList(document: SchemaDocument): string {
  const own = Object.entries(propertiesOf(document)).filter(([name]) => !everywhere.has(name));
  return own.map(([name, schema]) => field(name, schema, document)).join(', ');
}

function field(name: string, schema: JsonSchema, document: SchemaDocument): string {
  const whole = withoutNull(resolved(schema, document), document);
  const isList = whole['type'] === 'array';
  const item = isList ? resolved(whole['items'] as JsonSchema, document) : whole;
  const inner = Object.keys(propertiesOf(withoutNull(item, document)));
  const shown = inner.length > 0 && inner.length <= mostInner ? ` {${inner.join(', ')}}` : '';
  const whenNull = /(?:^|; )(null: [^;]+)/.exec(textOf(schema, 'description'))?.[1];
  return `${name}${isList ? '[]' : ''}${shown}${whenNull === undefined ? '' : ` (${whenNull})`}`;
}

function resolved(schema: JsonSchema, { $defs }: SchemaDocument): JsonSchema {
  const name = /^#\/\$defs\/(.+)$/.exec(textOf(schema, '$ref'))?.[1];
  return name === undefined ? schema : ($defs[name] ?? {});
}

/** The type of a value other than null. An object with several variants is not shown. */
function withoutNull(schema: JsonSchema, document: SchemaDocument): JsonSchema {
  const kinds = ((schema['anyOf'] ?? []) as JsonSchema[]).filter(({ type }) => type !== 'null');
  return kinds.length === 1 ? resolved(kinds[0] ?? {}, document) : schema;
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema['properties'] ?? {}) as Record<string, JsonSchema>;
}

function textOf(schema: JsonSchema, key: string): string {
  const value = schema[key];
  return typeof value === 'string' ? value : '';
}
