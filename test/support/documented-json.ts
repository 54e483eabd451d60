import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { outputDocument } from '../../src/api/document.ts';

/** As people make it who take the package and nothing else, but for `allErrors`. */
export function schemaReader(): Ajv2020 {
  return new Ajv2020({ allErrors: true, strict: true });
}

let compiled: Ajv2020 | undefined;

/**
 * The schemas one by one, so that only those are compiled that a test file needs, and not made
 * faster, since few of its values are read. That the document they come from is a schema, a test of
 * its own checks (test/schemas/output-schemas.test.ts).
 */
function schemaOf(name: string): ValidateFunction | undefined {
  compiled ??= readerOfEach();
  return compiled.getSchema(name);
}

function readerOfEach(): Ajv2020 {
  const settings = { meta: false, validateSchema: false, code: { optimize: false } };
  const reader = new Ajv2020({ allErrors: true, strict: true, ...settings });
  const text = JSON.stringify(outputDocument.$defs).replaceAll('"$ref":"#/$defs/', '"$ref":"');
  for (const [name, schema] of Object.entries(JSON.parse(text) as typeof outputDocument.$defs))
    reader.addSchema(schema, name);
  return reader;
}

/** Where a command's --json is declared. */
export function schemaFile(name: string): string {
  return name === 'error' ? 'src/schemas/error.ts' : `src/api/verbs/${name}.ts`;
}

/**
 * Fails unless the object is what its command's schema says, without a field that the schema does
 * not know.
 */
export function assertDocumented(value: unknown): void {
  assert.ok(typeof value === 'object' && value !== null, 'what --json prints is an object');
  const name =
    'error' in value && !('command' in value) ? 'error' : String((value as { command?: unknown }).command);
  const file = schemaFile(name);
  const validate = schemaOf(name);
  assert.ok(
    validate !== undefined,
    `the --json of ${JSON.stringify(name)} has no schema: declare it in ${file}, and list it in src/api/verbs.ts`,
  );
  if (validate(value)) return;
  const problems = validate.errors?.map(
    ({ instancePath, message, params }) => `  ${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
  assert.fail(`the --json of ${name} is not what ${file} says:\n${problems?.join('\n')}`);
}

/** The same for what a command wrote, where that is the JSON of --json. */
export function assertDocumentedText(text: string): void {
  if (!/^\{\s*"schemaVersion"/.test(text)) return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Cut off: its reader went away, or its writer was killed.
    return;
  }
  assertDocumented(value);
}
