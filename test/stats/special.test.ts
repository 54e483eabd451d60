import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specialFunctions, type SpecialFunctions } from '../../src/stats/special.ts';
import { readCases } from '../support/evaluated-cases.ts';

interface SpecialCase {
  name: keyof SpecialFunctions;
  of: number[];
  expected: number;
}

const cases = readCases('special') as SpecialCase[];

for (const name of new Set(cases.map((one) => one.name)))
  test(`${name} is scipy's`, async () => {
    const functions = await specialFunctions();
    const call: (...of: number[]) => number = functions[name];
    for (const { of, expected } of cases.filter((one) => one.name === name)) {
      const off = Math.abs(call(...of) - expected);
      const digits = Math.max(...of.slice(1)) > 5000 ? 1e-9 : 1e-10;
      assert.ok(
        off <= digits * Math.abs(expected) || Math.abs(expected) < 1e-300,
        `${name}(${of.join(', ')}) is ${call(...of)}, not ${expected}`,
      );
    }
  });
