import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { openMain } from '../support/run-main.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

/** A registry and a model, and a way to run commands that read `input`. */
async function withModel(t: Cleanup) {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  await run(['init']);
  writeFileSync(join(cwd, 'model.bin'), 'weights');
  const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);
  const json = async (args: string[], input?: Readable | string) => {
    const { code, stdout, stderr, process } = await run([...args, '--json'], (process) =>
      Object.assign(process, {
        stdin: typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input,
      }),
    );
    return { code, process, result: stdout === '' ? undefined : JSON.parse(stdout), ...asError(stderr) };
  };
  const metadataOf = async (ref: string) => (await json(['show', ref])).result.metadata;
  const register = ['register', 'digits', join(cwd, 'model.bin'), '--no-git'];
  return { write, json, metadataOf, register };
}

function asError(stderr: string) {
  return { error: stderr === '' ? undefined : JSON.parse(stderr).error };
}

test('--metadata - reads stdin, as it reads a file', async (t) => {
  const { json, metadataOf, register } = await withModel(t);
  const text = '{"metrics":{"auc":0.9},"tags":{"team":"vision"}}';
  const { code } = await json([...register, '--metadata', '-', '--metric', 'auc=0.91'], text);
  assert.equal(code, 0);
  assert.deepEqual(await metadataOf('digits'), { metrics: { auc: 0.91 }, tags: { team: 'vision' } });
});

test('--description-file - reads stdin', async (t) => {
  const { json, metadataOf, register } = await withModel(t);
  assert.equal((await json([...register, '--description-file', '-'], 'two\nlines\n')).code, 0);
  assert.deepEqual(await metadataOf('digits'), { description: 'two\nlines\n' });
  assert.equal((await json(['describe', 'digits', '--description-file', '-'], 'a model')).code, 0);
  const both = ['describe', 'digits@1.0.0', '--description-file', '-', '--metrics-file', '-'];
  assert.equal((await json(both, '{"a":1}')).code, 2);
});

test('stdin that has no metadata is refused, and nothing is registered', async (t) => {
  const { json, write, register } = await withModel(t);
  const terminal = Object.assign(Readable.from([]), { isTTY: true });
  const cases: [args: string[], input: Readable | string, message: RegExp][] = [
    [['--metadata', '-'], terminal, /--metadata - reads stdin, which is a terminal/],
    [['--metrics-file', '-'], terminal, /--metrics-file - reads stdin, which is a terminal/],
    [['--metadata', '-'], '', /stdin is empty/],
    [['--metadata', '-'], '{"metrics":', /stdin is not valid JSON/],
    [['--metadata', '-'], Readable.from([Buffer.from([0xff, 0xfe])]), /stdin.* is not UTF-8/],
    [['--metadata', '-'], Readable.from(endless()), /"stdin" is larger than 1048576 bytes/],
    [
      ['--metadata', '-', '--metrics-file', '-'],
      '{}',
      /--metadata - and --metrics-file - cannot be used together/,
    ],
    [['--metrics-file', '-', '--metrics-file', '-'], '{}', /--metrics-file - and --metrics-file -/],
    [['--metrics-file', ''], '', /--metrics-file is empty/],
    [['--description-file', '-'], terminal, /--description-file - reads stdin, which is a terminal/],
    [['--description-file', '-', '--metadata', '-'], '{}', /--metadata - and --description-file -/],
    [['--description-file', '-', '--metrics-file', '-'], '{}', /--metrics-file - and --description-file -/],
    [['--metadata', 's3://b/m.json'], '', /--metadata "s3:\/\/b\/m\.json" is a URL/],
    [['--metrics-file', 'https://x/m.json'], '', /is a URL, and only local files are read/],
    [['--golden', 's3://b/g.json'], '', /--golden "s3:.* is a URL/],
    [['--data-uri', ''], '', /--data-uri is empty/],
    [['--data-uri', 'train='], '', /--data-uri is empty/],
    [['--metadata', 'empty-key.json'], '', /"empty-key\.json": "metrics": the key "" must not be empty/],
    [['--metric', `${'a'.repeat(257)}=1`], '', /the key "aaa.* must have at most 256 characters/],
    [['--metadata', 'size.json'], '', /"data\.0\.size": must be at most 9007199254740991/],
    [['--run', ''], '', /"run": must not be empty/],
    [
      ['--metrics-file', 'a.json', '--metrics-file', 'b.json'],
      '',
      /"b\.json" has the metric "f1", as another/,
    ],
  ];
  write('empty-key.json', '{"metrics":{"":1}}');
  write('size.json', '{"data":[{"name":"a","size":1e300}]}');
  write('a.json', '{"f1":0.5}');
  write('b.json', '{"f1":0.5}');
  for (const [args, input, message] of cases) {
    const { code, error } = await json([...register, ...args], input);
    assert.deepEqual([code, message.test(error.message)], [2, true], `${args.join(' ')}: ${error.message}`);
  }
  const model = await json(['register', 'digits', 's3://bucket/model.onnx']);
  assert.deepEqual([model.code, /"s3:.*" is a URL/.test(model.error.message)], [2, true]);
  assert.match(model.error.hint, /download it first/);
  assert.equal((await json([...register, '--metrics-file', 'none.json'])).code, 3);
  assert.deepEqual((await json(['list'])).result.models, []);
});

function* endless() {
  for (;;) yield Buffer.alloc(64 * 1024, 0x20);
}

test('a signal ends the wait for stdin', async (t) => {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  await run(['init']);
  writeFileSync(join(cwd, 'model.bin'), 'weights');
  const words = ['register', 'digits', join(cwd, 'model.bin'), '--metadata', '-'];
  const { code, stderr, process } = await run(words, (process) => {
    // It never has anything, and whoever waits for it is interrupted.
    const stdin = new Readable({ read: () => void setImmediate(() => process.emit('SIGINT', 'SIGINT')) });
    Object.assign(process, { stdin });
  });
  assert.equal(code, 130);
  assert.match(stderr, /interrupted by SIGINT/);
  // A terminal and a launcher both send it: the second may come when the work has already ended.
  assert.equal(process.emit('SIGINT', 'SIGINT'), true, 'its default would end the process by the signal');
  assert.deepEqual(process.killed, []);
});

test('--metrics-file adds what an evaluation wrote; flags override it, and it overrides the file', async (t) => {
  const { json, metadataOf, write, register } = await withModel(t);
  write('metadata.json', '{"metrics":{"accuracy":0.1,"kept":1},"params":{"lr":0.1}}');
  write('train.json', '{"train":{"loss":0.2}}');
  write('eval.json', '{"accuracy":0.97,"f1":{"macro":0.96},"auc":0.5}');
  const files = ['--metrics-file', 'train.json', '--metrics-file', 'eval.json'];
  await json([...register, '--metadata', 'metadata.json', ...files, '--metric', 'auc=0.99']);
  assert.deepEqual(await metadataOf('digits'), {
    metrics: { accuracy: 0.97, kept: 1, 'train.loss': 0.2, 'f1.macro': 0.96, auc: 0.99 },
    params: { lr: 0.1 },
  });
  const added = await json(['describe', 'digits@1.0.0', '--metrics-file', '-'], '{"live":{"accuracy":0.9}}');
  assert.equal(added.code, 0);
  assert.equal((await metadataOf('digits')).metrics['live.accuracy'], 0.9);
  const text = await json(['describe', 'digits@1.0.0', '--metrics-file', '-'], '{"live":{"note":"x"}}');
  assert.deepEqual([text.code, /"live\.note"/.test(text.error.message)], [2, true]);
  assert.equal((await json(['list', 'digits', '--where', 'f1.macro>=0.9'])).result.versions.length, 1);
});

test('numbers at the top of a metadata file are told to be metrics, and a typo is told', async (t) => {
  const { json, write, register } = await withModel(t);
  const cases: [metadata: string, hint: RegExp][] = [
    ['{"accuracy":0.97}', /^did you mean \{"metrics":\{"accuracy":0\.97\}\}\? .*--metrics-file/],
    [
      '{"eval":{"accuracy":0.97,"f1":{"macro":1}}}',
      /\{"metrics":\{"eval\.accuracy":0\.97,"eval\.f1\.macro":1\}\}/,
    ],
    ['{"accuracy":0.97,"note":"x"}', /\{"metrics":\{"accuracy":0\.97\}\}/],
    ['{"metric":{"accuracy":0.97}}', /^did you mean metrics instead of "metric"\?/],
    ['{"descripton":"x"}', /^did you mean description instead of "descripton"\?/],
    ['{"runs":5}', /\{"metrics":\{"runs":5\}\}/],
    ['{"unlike":"x"}', /^use metrics, params,.*"extra"$/],
    [`{"${'long'.repeat(50)}":1}`, /did you mean \{"metrics":\{…\}\}\?/],
  ];
  for (const [metadata, hint] of cases) {
    write('m.json', metadata);
    const { code, error } = await json([...register, '--metadata', 'm.json']);
    assert.deepEqual([code, error.code], [2, 'INVALID_INPUT']);
    assert.match(error.hint, hint, metadata);
  }
});

test('--data with a URI names the flag to use', async (t) => {
  const { json, register } = await withModel(t);
  for (const scheme of ['s3', 'gs', 'https', 'hdfs', 'az', 'abfss', 'S3']) {
    for (const named of ['', 'train=']) {
      const { code, error } = await json([...register, '--data', `${named}${scheme}://bucket/train.csv`]);
      assert.deepEqual([code, error.code], [2, 'INVALID_INPUT']);
      assert.match(error.message, /is a URI/);
      assert.ok(error.hint.endsWith(`--data-uri ${named}${scheme}://bucket/train.csv`), error.hint);
    }
  }
  const odd = await json([...register, '--data', 'train=s3://bucket/a b.csv']);
  assert.match(odd.error.hint, /--data-uri 'train=s3:\/\/bucket\/a b\.csv'$/);
  const file = await json([...register, '--data', 'file:///tmp/train.csv']);
  assert.match(file.error.hint, /use the path without file:\/\//);
  assert.equal((await json([...register, '--data', 's3:/none'])).code, 3);
  assert.deepEqual((await json(['list'])).result.models, []);
});
