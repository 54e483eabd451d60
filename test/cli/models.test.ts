import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertDocumentedText } from '../support/documented-json.ts';
import { openMain } from '../support/run-main.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';

interface Facts {
  changed: boolean;
  name: string;
  description: string | null;
  owner: string | null;
  warnings: string[];
  models: { name: string; description: string | null; owner: string | null }[];
  model: { description: string | null; owner: string | null };
  versions: { version: string }[];
  events: { action: string; version: string | null; details: Record<string, unknown> }[];
  markdown: string;
  version: string;
  metadata: { description?: string };
}

/**
 * A registry with digits 1.0.0, 1.0.1 and 1.1.0, and other 1.0.0, which was made from the first.
 */
async function models(t: Cleanup) {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  const json = async (...args: string[]): Promise<Facts> => {
    const { code, stdout, stderr } = await run([...args, '--json']);
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    assertDocumentedText(stdout);
    return JSON.parse(stdout) as Facts;
  };
  const fails = async (exitCode: number, ...args: string[]): Promise<{ message: string; hint: string }> => {
    const { code, stdout, stderr } = await run([...args, '--json']);
    assert.deepEqual([code, stdout], [exitCode, ''], args.join(' '));
    assertDocumentedText(stderr);
    return (JSON.parse(stderr) as { error: { message: string; hint: string } }).error;
  };
  const text = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run([...args, '--format', 'table']);
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    return stdout;
  };
  await run(['init']);
  for (const name of ['digits_mlp', 'digits_mlp_retrained', 'digits_mlp_v2'])
    await json('register', 'digits', fixture(`${name}/model.onnx`));
  await json('register', 'other', fixture('digits_mlp/model.onnx'), '--parent', 'digits@1.0.0');
  return { cwd, run, json, fails, text };
}

const about = 'reads handwritten digits\nfor the mail room';

test('a description and an owner of a model are told by list, show, the card and the history', async (t) => {
  const { json, text, run } = await models(t);
  const said = await json('describe', 'digits', about, '--owner', 'vision', '-m', 'asked in review');
  assert.deepEqual(
    [said.changed, said.name, said.description, said.owner],
    [true, 'digits', about, 'vision'],
  );
  assert.equal((await json('describe', 'digits', about)).changed, false, 'what is so already');
  assert.equal((await json('describe', 'digits', '--owner', 'vision')).changed, false);

  assert.deepEqual(
    (await json('list')).models.map(({ description, owner }) => [description, owner]),
    [
      [about, 'vision'],
      [null, null],
    ],
  );
  const list = await json('list', 'digits');
  assert.deepEqual([list.description, list.owner], [about, 'vision']);
  const shown = await json('show', 'digits@1.0.0');
  assert.deepEqual(shown.model, { description: about, owner: 'vision' });
  assert.equal(shown.metadata.description, undefined, 'the version has none');
  assert.match(
    (await json('card', 'digits')).markdown,
    /owner \| `vision`.*## About the model\n\n```text\nreads handwritten digits\nfor the mail room\n```/s,
  );

  assert.match(
    await text('list'),
    /^MODEL .* OWNER {3}DESCRIPTION\ndigits .* vision {2}reads handwritten digits …$/m,
  );
  assert.match(
    await text('list', 'digits'),
    /^ {2}description {2}reads handwritten digits\n {15}for the mail room\n {2}owner {8}vision\n\nVERSION/,
  );
  assert.match(await text('show', 'digits'), /owner +vision\n +about the model +reads handwritten digits\n/);
  assert.match(
    await text('history', 'digits', '--limit', '1'),
    /model-describe {2}digits {2}owner vision, description: asked in review/,
  );
  const tsv = (await run(['list'])).stdout.split('\n');
  assert.equal(tsv[0], 'digits\t1.1.0\t3\t', 'rows that scripts read stay as they are');
  const facts = (await run(['show', 'digits'])).stdout;
  assert.match(
    facts,
    /^model-description\treads handwritten digits\\u\{0a\}for the mail room\nowner\tvision$/m,
  );

  assert.deepEqual((await json('describe', 'digits', '--no-owner')).owner, null);
  assert.deepEqual((await json('describe', 'digits', '--clear')).description, null);
  assert.deepEqual((await json('show', 'digits')).model, { description: null, owner: null });
  assert.match(await text('list'), /^MODEL {3}LATEST {2}VERSIONS\n/, 'no column for what nobody said');
  const { events } = await json('history', 'digits', '--limit', '3');
  assert.deepEqual(
    events.map(({ action, version, details }) => [action, version, details['owner']]),
    [
      ['model-describe', null, null],
      ['model-describe', null, null],
      ['model-describe', null, 'vision'],
    ],
  );
  assert.equal((await run(['verify'])).code, 0);
});

test('a version and its model are described apart, and a forgotten version is told', async (t) => {
  const { json, fails, text, run } = await models(t);
  await json('describe', 'digits@1.0.0', 'the first');
  await json('describe', 'digits', 'the model');
  const { metadata, model } = await json('show', 'digits@1.0.0');
  assert.deepEqual([metadata.description, model.description], ['the first', 'the model']);
  assert.match(
    await text('describe', 'digits', 'a model'),
    /described the model digits\n[^]*one of its versions: mlreg describe digits@VERSION TEXT/,
  );
  const wrong: [args: string[], message: RegExp][] = [
    [['digits', '--metric', 'accuracy=1'], /--metric needs a version, and digits names a model/],
    [['digits', 'x', '--force', '-m', 'why'], /--force needs a version/],
    [['digits@1.0.0', '--owner', 'vision'], /a version has no owner/],
    [['digits@1.0.0', '--no-owner'], /a version has no owner/],
    [['digits', '--owner', 'a', '--no-owner'], /--owner and --no-owner cannot be used together/],
    [['digits', '--no-owner', '--owner', 'a'], /--owner and --no-owner cannot be used together/],
    [['digits'], /no description or owner given/],
    [['digits', ''], /the description is empty/],
    [['digits', '--owner', ''], /the owner is empty/],
    [['digits', '--owner', ' '], /it is blank/],
    [['digits', '--owner', 'a\nb'], /more than one line/],
    [['digits', '--owner', 'a\u001b[31m'], /control characters/],
    [['digits', '--owner', 'a'.repeat(257)], /257 characters; the limit is 256/],
    [['digits', 'é'.repeat(32 * 1024 + 1)], /65538 bytes; a model's may have 65536/],
    [['digits', 'x', '--clear'], /cannot be used together/],
    [['Digits', 'x'], /invalid model name/],
  ];
  const before = await json('history');
  for (const [args, message] of wrong) assert.match((await fails(2, 'describe', ...args)).message, message);
  assert.match((await fails(3, 'describe', 'nope', 'x')).message, /no model "nope"/);
  assert.deepEqual(await json('history'), before, 'nothing was changed');
  assert.equal((await run(['describe', 'digits', 'again', '-q'])).stdout, 'digits\n');
  assert.equal(
    (await run(['describe', 'digits', 'again'])).stdout,
    'digits\tunchanged\ndescription\tagain\nowner\t\n',
  );
});

test('a description comes from a file, too', async (t) => {
  const { cwd, json } = await models(t);
  writeFileSync(join(cwd, 'about.md'), `${about}\n`);
  assert.match(
    (await json('describe', 'digits', '--description-file', 'about.md')).description ?? '',
    /^reads/,
  );
});

test('a model is deleted whole, only with --yes, and not while it holds a stage', async (t) => {
  const { json, fails, run, text } = await models(t);
  await json('describe', 'digits', about, '--owner', 'vision');
  await json('promote', 'digits@1.0.1', '--to', 'production');
  const before = await json('history');
  const would = await fails(2, 'delete', 'digits');
  assert.match(
    would.message,
    /would permanently delete the model digits, all 3 versions \(1\.1\.0, 1\.0\.1, 1\.0\.0\); nothing was changed/,
  );
  assert.match(would.hint, /mlreg delete digits --yes.*mlreg delete digits@1\.1\.0 --yes/);
  const held = await fails(4, 'delete', 'digits', '--yes');
  assert.match(held.message, /digits was not deleted: 1\.0\.1 holds production/);
  assert.equal(held.hint, 'empty the stage first: mlreg demote digits --stage production');
  assert.deepEqual(await json('history'), before);
  await json('demote', 'digits', '--stage', 'production');
  await json('yank', 'digits@1.0.0', '-m', 'unfit');

  const done = await json('delete', 'digits', '--yes', '-m', 'the trial is over');
  assert.deepEqual(
    [done.changed, done.name, done.versions.map(({ version }) => version)],
    [true, 'digits', ['1.0.0', '1.0.1', '1.1.0']],
  );
  assert.deepEqual(done.warnings, ['other@1.0.0 still names a version of digits as a parent']);
  assert.deepEqual(
    (await json('list')).models.map(({ name }) => name),
    ['other'],
  );
  assert.deepEqual((await json('list', 'digits', '--all')).versions, []);
  const gone = await fails(3, 'show', 'digits');
  assert.match(gone.message, /all versions of digits were deleted/);
  assert.match(gone.hint, /mlreg history digits$/);
  assert.match(await text('list', 'digits'), /were deleted \(mlreg history digits/);
  for (const args of [
    ['show', 'digits'],
    ['show', 'digits@1.0.0'],
    ['delete', 'digits', '--yes'],
    ['delete', 'digits'],
    ['describe', 'digits', 'x'],
    ['delete', 'nope', '--yes'],
  ])
    await fails(3, ...args);
  assert.match(
    await text('history', 'digits', '--limit', '1'),
    /model-delete {2}digits {2}3 versions: the trial is over/,
  );

  const again = await json('register', 'digits', fixture('digits_mlp/model.onnx'));
  assert.deepEqual([again.version, again.changed], ['1.1.1', true], 'numbers go on');
  assert.deepEqual((await json('show', 'digits')).model, { description: null, owner: null });
  assert.equal((await run(['delete', 'other', '--yes', '-q'])).stdout, 'other@1.0.0\n');
  assert.match(
    await text('delete', 'digits', '--yes'),
    /deleted the model digits with 1 version; its number cannot/,
  );
  assert.equal((await run(['verify'])).code, 0);
});

test('in a narrow log owners stay, and descriptions are cut before columns are', async (t) => {
  const { json, run } = await models(t);
  await json('describe', 'digits', 'word '.repeat(40), '--owner', 'vision');
  const wide = async (columns: number): Promise<string> => {
    const { stdout } = await run(
      ['list', '--format', 'table'],
      ({ env }) => void (env['COLUMNS'] = String(columns)),
    );
    for (const line of stdout.split('\n')) assert.ok(line.length <= columns, line);
    return stdout;
  };
  assert.match(await wide(60), /vision {2}word word.*…/);
  assert.match(await wide(40), /OWNER\n/);
  assert.match(await wide(30), /^MODEL {3}LATEST {2}VERSIONS\n/);
});
