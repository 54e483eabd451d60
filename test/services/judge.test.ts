import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MlregResult, PythonResult } from './onnx-backend/backend-case.ts';
import { judge } from './onnx-backend/judge.ts';

function judged(python: PythonResult['result'], mlreg: MlregResult['result'], ...types: string[]): string {
  return judge({ folder: '', result: python, reason: null, types }, { result: mlreg, reason: '' }).kind;
}

test('what Python passes mlreg must pass, or skip for a type that the binding lacks', () => {
  assert.equal(judged('passed', 'passed', 'float'), 'passed by both');
  assert.equal(judged('passed', 'failed', 'float'), 'DIFFERENT');
  assert.equal(judged('passed', 'skipped', 'float', 'int64'), 'DIFFERENT');
  assert.equal(judged('passed', 'skipped', 'float', 'sequence'), 'excepted');
  assert.equal(judged('passed', 'failed', 'bfloat16'), 'DIFFERENT');
});

test('mlreg must not pass outputs that differ in Python, nor break over anything', () => {
  assert.equal(judged('differs', 'passed', 'float'), 'DIFFERENT');
  assert.equal(judged('differs', 'failed', 'float'), "failed by Python's ONNX Runtime too");
  assert.equal(judged('not loaded', 'broken', 'float'), 'DIFFERENT');
  assert.equal(judged('not fed', 'passed', 'float'), 'passed by mlreg alone');
});
