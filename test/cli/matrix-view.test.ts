import assert from 'node:assert/strict';
import { Chalk } from 'chalk';
import { test } from 'node:test';
import type { OperatorProfile } from '../../src/bench/report/operator-profile.ts';
import type { MatrixCell, MatrixResult } from '../../src/bench/report/matrix-result.ts';
import { matrixView } from '../../src/render/bench/matrix-view.ts';
import { profileMarkdown, profileText } from '../../src/render/bench/profile-text.ts';

const style = { color: new Chalk({ level: 0 }), width: 100, now: 0 };
const hostile = 'seq\u001b[31m|@ada';

function cell(at: number, items: number | null, rest: Partial<MatrixCell> = {}): MatrixCell {
  const rate = items === null ? null : { value: items, low: items, high: items };
  return {
    id: null,
    setting: [
      ['threads', at],
      [hostile, 64],
    ],
    order: at,
    threads: at,
    batch: null,
    status: 'ok',
    message: null,
    p50: { value: 0.25, low: 0.2, high: 0.3, method: 'order-statistics' },
    p95: null,
    p99: null,
    runs: 40,
    throughput: rate,
    items: rate,
    peakRssMb: 1,
    verdict: null,
    gates: [],
    ...rest,
  };
}

const failed: Partial<MatrixCell> = {
  status: 'oom',
  message: 'used more than it\u001b[2K should',
  p50: null,
  runs: null,
};

const result: MatrixResult = {
  subject: { ref: 'digits@1.0.0', version: '1.0.0', digest: 'sha256:0' },
  axes: [
    { name: 'threads', values: [1, 2, 3] },
    { name: hostile, values: [64] },
  ],
  seed: 1,
  cells: [cell(1, 1234), cell(2, 1200), cell(3, null, failed)],
  best: [{ cell: 0, clear: false, rivals: [1], dimensions: [[hostile, 64]], by: 'itemsPerSec', value: 1234 }],
  warnings: [],
};

test('the table has a row for every setting, with a star at the best and an open one at what may be as good', () => {
  const text = matrixView.text(result, style);
  assert.doesNotMatch(text, /\u001b/);
  assert.match(text, /^ +★ +1 +64 +250 µs +– +1,234 +1,234 +ok$/m);
  assert.match(text, /^ +☆ +2 +64 /m);
  assert.match(text, /^ +3 +64 +– +– +– +– +oom$/m);
  assert.match(
    text,
    /best: threads=1 seq\\u\{1b\}\[31m\|@ada=64 with 1,234 items\/s \(not clearly better than threads=2/,
  );
  assert.match(text, /threads=3 .* oom: used more than it\\u\{1b\}\[2K should/);
});

test("in Markdown the model's words are code, and no mark-up", () => {
  const markdown = matrixView.markdown?.(result) ?? '';
  assert.match(markdown, /\*\*best\*\* \| 1 \| 64 \|/);
  assert.doesNotMatch(markdown.replaceAll(/`[^`]*`/g, ''), /@ada|\u001b/);
  const head = markdown.split('\n').find((line) => line.startsWith('|')) ?? '';
  assert.equal(head.split(/(?<!\\)\|/).length, 10, 'a pipe in a name ends no cell');
});

test('a grid of which nothing will do says so', () => {
  const cells = [cell(1, null, failed), cell(2, null, failed)];
  const text = matrixView.text({ ...result, cells, best: [] }, style);
  assert.match(text, /✗ digits@1\.0\.0: 0 of 2 settings passed/);
  assert.deepEqual(
    (matrixView.json({ ...result, cells, best: [] })['matrix'] as { best: unknown[] }).best,
    [],
  );
});

test('a profile shows what the model calls its nodes as text', () => {
  const time = { domain: null, countPerRun: 1.5, msPerRun: 0.003, share: 0.25 };
  const profile: OperatorProfile = {
    runs: 10,
    slowdown: 1.5,
    phases: {
      createMs: 9,
      firstRunMs: 2,
      feedsMs: 1,
      callMs: 0.02,
      runMs: 0.015,
      nodesMs: 0.012,
      fetchMs: 0.005,
    },
    operators: [
      { op: 'Conv', domain: 'ai.onnx', countPerRun: 1, msPerRun: 0.009, share: 0.75 },
      { op: 'Fused', ...time },
    ],
    nodes: [{ name: 'a\u001b[31m\n|', op: 'Fused', ...time }],
  };
  const text = profileText(profile, style).join('\n');
  assert.match(text, /a\\u\{1b\}\[31m\\u\{0a\}\|/);
  assert.match(text, /Conv +1 +9 µs +9 µs +75\.0% +75\.0%/);
  assert.match(text, /Fused +1\.5 +3 µs +2 µs +25\.0% +100\.0% +ONNX Runtime/);
  assert.match(text, /between nodes +3 µs +15\.0%/);
  assert.match(
    profileMarkdown(profile),
    /\| `Fused` \| 1\.5 \| 3 µs \| 2 µs \| 25\.0% \| 100\.0% \| ONNX Runtime \|/,
  );
});
