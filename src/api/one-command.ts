import type { JsonSchema, SchemaDocument } from './document.ts';

/**
 * One definition of a document, with the definitions that it refers to. Undefined if there is no
 * definition with this name.
 */
export function oneCommand(document: SchemaDocument, name: string): SchemaDocument | undefined {
  const { $schema, $defs } = document;
  const chosen = Object.hasOwn($defs, name) ? $defs[name] : undefined;
  if (chosen === undefined) return undefined;
  const needed = new Set<string>();
  const collect = (schema: JsonSchema): void => {
    for (const [, id = ''] of JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)) {
      if (needed.has(id)) continue;
      needed.add(id);
      collect($defs[id] ?? {});
    }
  };
  collect(chosen);
  const definitions = Object.entries($defs).filter(([id]) => needed.has(id));
  return { $schema, ...chosen, $defs: Object.fromEntries(definitions) };
}
