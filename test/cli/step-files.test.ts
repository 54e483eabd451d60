import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { outputLines, writeStepFiles } from '../../src/cli/output/step-files.ts';
import { readOutputs } from '../support/github-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';

const values = { ref: 'digits@1.0.0', version: '1.0.0', digest: 'sha256:00', verdict: null, changed: true };
const hostile = [
  'a\nverdict=pass',
  '<<EOF\nx\nEOF\nverdict=pass',
  '\r\nmlreg-0<<x',
  '',
  '\n',
  'verdict<<EOF',
];

test('whatever a value holds, it stays one value', () => {
  const text = hostile.map((value, index) => outputLines([`v${index}`, value])).join('');
  assert.deepEqual(
    [...readOutputs(text)],
    hostile.map((value, index) => [`v${index}`, value]),
  );
  const ends = new Set(text.match(/mlreg-[0-9a-f-]{36}/g));
  assert.equal(ends.size, hostile.length, 'each has an end of its own');
});

test('outputs are added to what others wrote, also after a line without an end', async (t) => {
  const path = join(tempFolder(t), 'output');
  writeFileSync(path, 'ref=old\nmine=1');
  for (const version of hostile) {
    assert.deepEqual(await writeStepFiles({ GITHUB_OUTPUT: path }, { ...values, version }, '# x'), []);
    assert.deepEqual(Object.fromEntries(readOutputs(readFileSync(path, 'utf8'))), {
      mine: '1',
      ref: 'digits@1.0.0',
      version,
      digest: 'sha256:00',
      changed: 'true',
      verdict: '',
    });
  }
});

test('a summary that would make GitHub drop all of it is left out, with a warning', async (t) => {
  const path = join(tempFolder(t), 'summary');
  const env = { GITHUB_STEP_SUMMARY: path };
  const most = 'é'.repeat(512 * 1024 - 1);
  assert.deepEqual(await writeStepFiles(env, values, most), []);
  const [warning] = await writeStepFiles(env, values, '# one more');
  assert.match(warning ?? '', /^could not write .*summary \(GITHUB_STEP_SUMMARY\): .*1 MiB/);
  assert.equal(readFileSync(path, 'utf8'), `\n${most}\n`);
});
