import { Chalk } from 'chalk';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelName } from '../../src/core/versions/reference.ts';
import type { Version } from '../../src/core/versions/version.ts';
import { testFailure } from '../../src/registry/inspect/test-failure.ts';
import type { TestCase, TestResult } from '../../src/registry/inspect/test-result.ts';
import { testView } from '../../src/render/inspect/test-view.ts';

const style = { color: new Chalk({ level: 0 }), width: 80, now: 0 };

function result(facts: Partial<TestResult>): TestResult {
  return {
    ref: 'digits@1.0.0',
    name: 'digits' as ModelName,
    version: '1.0.0' as Version,
    digest: 'sha256:00',
    verdict: 'pass',
    status: 'ok',
    error: null,
    golden: { source: 'registered', digest: 'sha256:11', cases: 1 },
    goldenSets: [
      {
        source: 'registered',
        digest: 'sha256:11',
        self: false,
        cases: facts.cases?.length ?? 1,
        verdict: facts.verdict ?? 'pass',
      },
    ],
    cases: [],
    skippedOutputs: [],
    testable: true,
    onnxruntime: '1.30.0',
    warnings: [],
    ...facts,
  };
}

const base = { case: 'cases[0]', skippedOutputs: [], outputs: [] };
const worst = {
  output: 'y',
  dtype: 'float32',
  index: [0, 3],
  expected: 2,
  actual: 2.000001,
  abs: 0.000001,
  rel: 5e-7,
  atol: 1e-5,
  rtol: 1e-4,
};
const close: TestCase = { ...base, match: true, worst };
const skipped: TestCase = {
  ...base,
  case: 'cases[1]',
  match: null,
  worst: null,
  skipped: 'the input "s" is a sequence',
};

test('a match says how far off it is, and that some cases were skipped', () => {
  assert.equal(
    testView.text(result({ cases: [close, skipped] }), style),
    [
      '✓ outputs of digits@1.0.0 match its golden set (2 cases, 1 skipped)',
      '  ✓ cases[0]  off by at most 0.000001, at "y"[0,3]',
      '  ○ cases[1]  skipped: the input "s" is a sequence',
    ].join('\n'),
  );
});

test('where nothing was compared, that is the headline', () => {
  const nothing = result({ verdict: 'inconclusive', cases: [skipped] });
  assert.match(
    testView.text(nothing, style),
    /^○ digits@1\.0\.0: nothing could be compared \(1 case\)\n {2}○ cases\[1\]/,
  );
  const error = { message: 'crashed with SIGSEGV', stderr: '', case: 'cases[0]' };
  const crash = result({
    verdict: 'inconclusive',
    status: 'crash',
    error,
    cases: [{ ...base, match: null, worst: null }],
  });
  assert.equal(testView.text(crash, style), '✗ digits@1.0.0 crash in cases[0]: crashed with SIGSEGV');
  assert.match(
    testFailure(crash)?.message ?? '',
    /could not be tested \(crash in cases\[0\]\): crashed with SIGSEGV/,
  );
});

test('strings are quoted, numbers that JSON cannot hold are not; what others wrote is escaped', () => {
  const texts = {
    ...worst,
    dtype: 'string',
    expected: 'a\u001b[2J',
    actual: '',
    abs: null,
    rel: null,
    atol: 0,
    rtol: 0,
  };
  const said = testView.text(
    result({ verdict: 'fail', cases: [{ ...base, match: false, worst: texts }] }),
    style,
  );
  assert.match(said, /expected {2}"a\\u\{1b\}\[2J"\n +got {7}""$/);
  const nan = { ...worst, actual: 'NaN', abs: null, rel: null };
  const failed = result({ verdict: 'fail', cases: [{ ...base, match: false, worst: nan }] });
  assert.match(testView.text(failed, style), /got {7}NaN\n +allowed {3}nothing: NaN and infinities/);
  assert.match(
    testFailure(failed)?.message ?? '',
    /"y"\[0,3\]: expected 2, got NaN \(NaN and infinities match only themselves\)$/,
  );
  const infinite = { ...worst, expected: 'Infinity', actual: '-Infinity', abs: 'Infinity', rel: 'NaN' };
  const opposite = result({ verdict: 'fail', cases: [{ ...base, match: false, worst: infinite }] });
  assert.match(
    testFailure(opposite)?.message ?? '',
    /expected Infinity, got -Infinity \(NaN and infinities match only themselves\)$/,
  );
  assert.match(
    testView.text(opposite, style),
    /allowed {3}nothing: NaN and infinities match only themselves$/,
  );
  const hostile = { ...skipped, case: 'a\u001b[2J/test_data_set_0', skippedOutputs: ['\u202e'] };
  assert.doesNotMatch(testView.text(result({ cases: [hostile] }), style), /\u001b|\u202e/);
});
