import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput, withoutWorkflowCommands, type OutputSettings } from '../../src/cli/output/output.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { MlregError } from '../../src/core/errors.ts';
import type { View } from '../../src/render/view.ts';

interface Written {
  stdout: string;
  stderr: string;
}

/** Streams that remember, on a terminal or not. */
function outputWith(settings: Partial<OutputSettings> & { isTTY?: boolean } = {}) {
  const written: Written = { stdout: '', stderr: '' };
  const stream = (name: keyof Written): NodeJS.WriteStream =>
    ({
      isTTY: settings.isTTY === true,
      columns: 80,
      write: (text: string) => {
        written[name] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const output = createOutput({
    asked: undefined,
    color: undefined,
    env: {},
    now: () => 0,
    stdout: stream('stdout'),
    stderr: () => stream('stderr'),
    ...settings,
  });
  return { output, written };
}

const hostile = '\u001b]52;c;cm0gLXJm\u0007\u202e\r\n::error::no\t##[group]';
/** Fields that no command has: what is shown here is no command's result. */
const view: View<string, never> = {
  json: (text) => ({ text }) as never,
  text: (text, { color }) => color.red(text),
  plain: (text) => [[text, 1, null, true]],
  quiet: (text) => [text],
};

test('in a pipe, a row is one line of cells separated by tabs, whatever a cell holds', async () => {
  const { output, written } = outputWith();
  await output.show('list', view, hostile);
  const [line, ...rest] = written.stdout.split('\n');
  assert.deepEqual(rest, ['']);
  assert.equal(line?.split('\t').length, 4);
  assert.doesNotMatch(written.stdout, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('--json prints one line in a pipe, indents on a terminal, and always parses to the same value', async () => {
  for (const isTTY of [false, true]) {
    const { output, written } = outputWith({ asked: 'json', isTTY });
    await output.show('list', view, `${hostile}\u009b31m\u007f😀é`, {
      changed: false,
      warnings: ['careful'],
    });
    assert.deepEqual(JSON.parse(written.stdout), {
      schemaVersion: 1,
      command: 'list',
      changed: false,
      text: `${hostile}\u009b31m\u007f😀é`,
      warnings: ['careful'],
    });
    assert.match(written.stdout, /😀é/, 'plain letters stay readable');
    assert.doesNotMatch(written.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|##\[/);
    assert.equal(written.stdout.trimEnd().includes('\n'), isTTY);
    assert.equal(written.stderr, '', 'warnings are in the object');
  }
});

test('--markdown prints the markdown of a view that has one, in a pipe and on a terminal alike', async () => {
  const marked: View<string, never> = { ...view, markdown: (text) => `| ${text} |\n::error::` };
  for (const isTTY of [false, true]) {
    const { output, written } = outputWith({ asked: 'markdown', isTTY, env: { GITHUB_ACTIONS: 'true' } });
    await output.show('compare', marked, 'x');
    assert.equal(written.stdout, '| x |\n\\u{3a}:error::\n');
  }
  const { output, written } = outputWith();
  await output.show('compare', marked, 'x');
  assert.equal(written.stdout, 'x\t1\t\ttrue\n', 'only where it was asked for');
});

test('a view may take its time to draw for a terminal', async () => {
  const slow: View<string, never, Promise<string>> = {
    ...view,
    text: async (text) => `drawn ${text}`,
  };
  const { output, written } = outputWith({ isTTY: true });
  await output.show('show', slow, 'x');
  assert.equal(written.stdout, 'drawn x\n');
});

test('warnings go to stderr, escaped, one line each', async () => {
  const { output, written } = outputWith();
  await output.show('list', view, 'x', { warnings: [hostile] });
  assert.match(written.stderr, /^warning: [^\n\r]*\n$/);
});

test('colour needs a terminal or FORCE_COLOR, and NO_COLOR, TERM=dumb and --no-color turn it off', async () => {
  const cases: [settings: Partial<OutputSettings> & { isTTY: boolean }, coloured: boolean][] = [
    [{ isTTY: true }, true],
    [{ isTTY: true, color: true }, true],
    [{ isTTY: false }, false],
    [{ isTTY: true, env: { NO_COLOR: '1' } }, false],
    [{ isTTY: true, env: { NO_COLOR: '' } }, true],
    [{ isTTY: true, env: { TERM: 'dumb' } }, false],
    [{ isTTY: true, color: false }, false],
    ...['1', '2', '3', 'true', 'yes'].map((forced): [{ isTTY: boolean; env: NodeJS.ProcessEnv }, boolean] => [
      { isTTY: false, env: { FORCE_COLOR: forced } },
      true,
    ]),
    [{ isTTY: false, env: { FORCE_COLOR: '' } }, false],
    [{ isTTY: true, env: { FORCE_COLOR: '' } }, true],
    [{ isTTY: true, env: { FORCE_COLOR: '0' } }, false],
    [{ isTTY: true, env: { FORCE_COLOR: 'false' } }, false],
    [{ isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' } }, true],
    [{ isTTY: true, env: { FORCE_COLOR: '1' }, color: false }, false],
  ];
  for (const [settings, coloured] of cases) {
    const { output, written } = outputWith({ ...settings, asked: 'table' });
    await output.show('list', view, 'x');
    await output.error(new MlregError('CONFLICT', 'no', { hint: 'yes' }));
    assert.equal(written.stdout.includes('\u001b['), coloured, JSON.stringify(settings));
    assert.equal(written.stderr.includes('\u001b['), coloured, JSON.stringify(settings));
  }
});

test('an error is three parts in text: what, why, what next', async () => {
  const { output, written } = outputWith();
  await output.error(new MlregError('CONFLICT', `held by "${hostile}"`, { hint: 'mlreg history x' }));
  assert.match(written.stderr, /^error: held by "[^\n\r]*"\n {2}try: mlreg history x\n$/);
  assert.equal(written.stdout, '');
});

test('an error is one object with --json, with its exit code', async () => {
  for (const [code, exitCode] of Object.entries(exitCodes) as [keyof typeof exitCodes, number][]) {
    const { output, written } = outputWith({ asked: 'json' });
    await output.error(new MlregError(code, 'm', { hint: 'h', details: { ref: 'x@1.0.0' } }));
    assert.deepEqual(JSON.parse(written.stderr), {
      schemaVersion: 1,
      error: { code, message: 'm', hint: 'h', exitCode, details: { ref: 'x@1.0.0' } },
    });
  }
});

test("under GitHub Actions no line of text can be one of the runner's commands", async () => {
  const { output, written } = outputWith({ env: { GITHUB_ACTIONS: 'true' }, isTTY: true, color: false });
  await output.show(
    'list',
    view,
    'fine\n::error::a\n \t ::add-mask::b\r::stop-commands::c\nx ##[error]d ###[e]',
  );
  await output.error(new MlregError('INTERNAL', 'at\n::set-output name=x::y', { hint: '##[group]' }));
  for (const line of `${written.stdout}\n${written.stderr}`.split(/[\r\n]/)) {
    assert.doesNotMatch(line.trimStart(), /^::/);
    assert.ok(!line.includes('##['), line);
  }
  assert.match(written.stdout, /^fine\n/);
});

test('text that is no workflow command stays as it is', () => {
  for (const text of ['a::b', 'std::vector', 'x\n: :', '#[derive]', '## [x]', ':'])
    assert.equal(withoutWorkflowCommands(text), text);
});

test('flags choose the form, then MLREG_FORMAT, then the stream', async () => {
  const forms = { table: 'x\n', tsv: 'x\t1\t\ttrue\n', quiet: 'x\n' };
  const json = /^\{\s*"schemaVersion"/;
  const cases: [settings: Partial<OutputSettings> & { isTTY: boolean }, expected: string | RegExp][] = [
    [{ isTTY: true }, forms.table],
    [{ isTTY: false }, forms.tsv],
    [{ isTTY: true, env: { MLREG_FORMAT: '' } }, forms.table],
    [{ isTTY: true, asked: 'tsv' }, forms.tsv],
    [{ isTTY: true, asked: 'json' }, json],
    [{ isTTY: false, asked: 'table' }, forms.table],
    [{ isTTY: true, env: { MLREG_FORMAT: 'tsv' } }, forms.tsv],
    [{ isTTY: true, env: { MLREG_FORMAT: 'json' } }, json],
    [{ isTTY: false, env: { MLREG_FORMAT: 'table' } }, forms.table],
    [{ isTTY: false, env: { MLREG_FORMAT: 'json' }, asked: 'tsv' }, forms.tsv],
    [{ isTTY: false, env: { MLREG_FORMAT: 'json' }, asked: 'quiet' }, forms.quiet],
    [{ isTTY: false, env: { MLREG_FORMAT: 'wrong' }, asked: 'quiet' }, forms.quiet],
  ];
  for (const [settings, expected] of cases) {
    const { output, written } = outputWith({ color: false, ...settings });
    await output.show('list', view, 'x');
    if (typeof expected === 'string') assert.equal(written.stdout, expected, JSON.stringify(settings));
    else assert.match(written.stdout, expected);
  }
});

test('MLREG_FORMAT leaves a document as it is; a flag does not', async () => {
  const document = { ...view, document: true };
  for (const format of ['table', 'tsv', 'json', 'wrong']) {
    const { output, written } = outputWith({ env: { MLREG_FORMAT: format } });
    await output.show('card', document, 'x');
    assert.equal(written.stdout, 'x\t1\t\ttrue\n', format);
  }
  const { output, written } = outputWith({ asked: 'json' });
  await output.show('card', document, 'x');
  assert.match(written.stdout, /^\{"schemaVersion"/);
});

test('errors are JSON with MLREG_FORMAT=json, unless a flag asks for another form', async () => {
  for (const [asked, isJson] of [
    [undefined, true],
    ['json', true],
    ['quiet', false],
    ['table', false],
  ] as const) {
    const { output, written } = outputWith({ asked, env: { MLREG_FORMAT: 'json' } });
    await output.error(new MlregError('CONFLICT', 'no', { hint: 'yes' }));
    assert.equal(written.stderr.startsWith('{"schemaVersion":1,"error":'), isJson, String(asked));
  }
});

test('only a terminal and COLUMNS limit the width of a table', async () => {
  const widthOf = async (isTTY: boolean, columns: number | undefined, env: NodeJS.ProcessEnv) => {
    let width = 0;
    const measuring: View<string, never> = { ...view, text: (_, style) => String((width = style.width)) };
    const stdout = { isTTY, columns, write: () => true, on: () => undefined } as OutputSettings['stdout'];
    await outputWith({ asked: 'table', env, stdout }).output.show('list', measuring, 'x');
    return width;
  };
  assert.equal(await widthOf(true, 120, { COLUMNS: '60' }), 120);
  assert.equal(await widthOf(true, undefined, {}), 80);
  assert.equal(await widthOf(false, undefined, { COLUMNS: '60' }), 60);
  for (const COLUMNS of ['', '0', '-1', '1e3', '0x50', 'wide', '9'.repeat(30)])
    assert.equal(await widthOf(false, undefined, { COLUMNS }), Number.POSITIVE_INFINITY, COLUMNS);
});
