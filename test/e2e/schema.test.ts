import assert from 'node:assert/strict';
import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { AnySchemaObject } from 'ajv';
import { commandTable } from '../../src/cli/command-table.ts';
import { metadata, output, policy } from '../../src/api/published.ts';
import { schemaReader } from '../support/documented-json.ts';
import { bin, model, openRegistryShell, openShell, runCli, type Shell } from '../support/run-cli.ts';

/** A schema as the command prints it, which must be one. */
async function schemaOf(shell: Shell, ...args: string[]): Promise<AnySchemaObject> {
  const { code, stdout, stderr } = await shell.run('schema', ...args);
  assert.deepEqual([code, stderr], [0, '']);
  const schema = JSON.parse(stdout) as AnySchemaObject;
  schemaReader().compile(schema);
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  return schema;
}

test('schema prints the schemas, with and without --json', async (t) => {
  const shell = openShell(t);
  for (const form of [[], ['--json'], ['--quiet']]) {
    assert.deepEqual(await schemaOf(shell, 'metadata', ...form), metadata);
    assert.deepEqual(await schemaOf(shell, 'policy', ...form), policy);
    assert.deepEqual(await schemaOf(shell, 'output', ...form), output);
  }
});

test('schema output COMMAND describes what that command prints, and nothing else', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--data', `train=${model('digits_mlp')}`);
  const runs = { list: ['list'], show: ['show', 'digits'], history: ['history'], verify: ['verify'] };
  for (const [name, args] of Object.entries(runs)) {
    const accepts = schemaReader().compile(await schemaOf(shell, 'output', name));
    for (const [other, words] of Object.entries(runs)) {
      const said = accepts(await shell.json(...words));
      assert.equal(said, other === name, `${name}: ${words.join(' ')} ${JSON.stringify(accepts.errors)}`);
    }
    assert.ok(accepts(await shell.json(...args)));
  }
  const accepts = schemaReader().compile(await schemaOf(shell, 'output', 'error'));
  const { stderr } = await shell.run('show', 'nope', '--json');
  assert.ok(accepts(JSON.parse(stderr)), JSON.stringify(accepts.errors));
});

test('every command, by its name or an alias, has its schema; what is none is a usage error', async (t) => {
  const shell = openShell(t);
  for (const { names } of commandTable) {
    if (names[0] === 'schema') continue;
    const schema = await schemaOf(shell, 'output', names[0] ?? '');
    for (const alias of names.slice(1)) assert.deepEqual(await schemaOf(shell, 'output', alias), schema);
  }
  for (const words of [
    ['policies'],
    ['output', 'nope'],
    ['output', '__proto__'],
    ['metadata', 'show'],
    [''],
  ]) {
    const error = await shell.fails(2, 'schema', ...words);
    assert.match(error.hint ?? '', /mlreg schema metadata/, words.join(' '));
  }
  await shell.fails(2, 'schema');
});

test('show --json loads neither zod nor the schemas, and schema loads no zod', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const root = dirname(dirname(bin));
  const folder = join(shell.cwd, 'without');
  for (const path of ['bin', 'package.json'])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const run = (...args: string[]) =>
    runCli(args, { cwd: shell.cwd, command: [process.execPath, join(folder, 'bin', 'mlreg.js')] });
  const copyDist = (...left: string[]): void => {
    for (const name of readdirSync(join(root, 'dist')))
      if (!left.includes(name))
        cpSync(join(root, 'dist', name), join(folder, 'dist', name), { recursive: true });
  };
  copyDist('zod.cjs', 'schemas.cjs');
  assert.equal((await run('show', 'digits', '--json')).json.ref, 'digits@1.0.0');
  assert.equal((await run('schema', 'output')).code, 1, 'the file is there to be missed');
  copyDist('zod.cjs');
  assert.equal((await run('schema', 'output')).code, 0);
});
