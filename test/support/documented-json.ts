import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { outputDocument } from '../../src/schemas/document.ts';

/** As people make it who take the package and nothing else, but for `allErrors`. */
export function schemaReader(): Ajv2020 {
  return new Ajv2020({ allErrors: true, strict: true });
}

let compiled: Ajv2020 | undefined;

function schemaOf(name: string): ValidateFunction | undefined {
  compiled ??= schemaReader().addSchema(outputDocument, 'output');
  return compiled.getSchema(`output#/$defs/${name}`);
}

/** Where the schema of a command's --json is written. */
export function schemaFile(name: string): string {
  return name === 'error' ? 'src/schemas/error.ts' : `src/schemas/output/${name}.ts`;
}

/** Fails unless the object is what its command's schema says, without a field that the schema does not know. */
export function assertDocumented(value: unknown): void {
  assert.ok(typeof value === 'object' && value !== null, 'what --json prints is an object');
  const name =
    'error' in value && !('command' in value) ? 'error' : String((value as { command?: unknown }).command);
  const file = schemaFile(name);
  const validate = schemaOf(name);
  assert.ok(
    validate !== undefined,
    `the --json of ${JSON.stringify(name)} has no schema: write ${file}, and its line in src/schemas/outputs.ts`,
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
