import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '../../src/core/events/policy.ts';
import { policy } from '../../src/api/published.ts';
import { schemaReader } from '../support/documented-json.ts';
import { failsWith } from '../support/temp-folder.ts';

const accepts = schemaReader().compile(policy);
const stage = (value: unknown) => ({ stages: { production: value } });

test('the published schema accepts what policy apply does', () => {
  const accepted = [
    {},
    stage({ soak: '1.5h', from: ['staging'] }),
    stage({ soak: '0', from: ['staging'], require: ['p95<20ms'], whenEmpty: 'pass', protected: ['bot'] }),
    ...['100ns', '2us', '2µs', '2μs', '5ms', '5s', '2m', '24h', '7d', '0'].map((duration) =>
      stage({ bench: { duration, timeout: duration, reuse: duration } }),
    ),
    ...['2GiB', '100MB', '0.5GB', '512B', '3kB', '3KiB', '1.5MiB'].map((memoryLimit) =>
      stage({ bench: { memoryLimit } }),
    ),
    stage({ onPromote: ['./deploy', '--now'] }),
    { metrics: { churn_cost: 'lower' } },
  ];
  for (const value of accepted) {
    const text = JSON.stringify(value);
    parsePolicy(text, 'policy.json');
    assert.ok(accepts(value), `${text} ${JSON.stringify(accepts.errors)}`);
  }
});

test('what policy apply refuses, the schema refuses too, where JSON Schema can say it', () => {
  const refused = [
    [],
    { stage: {} },
    { stages: { Production: {} } },
    stage({ soak: '24h' }),
    stage({ soak: 'x', from: ['staging'] }),
    stage({ soak: '-1h', from: ['staging'] }),
    stage({ from: [] }),
    stage({ require: ['\0'] }),
    stage({ protected: ['a\0'] }),
    stage({ whenEmpty: 'maybe' }),
    stage({ bench: { duration: '5' } }),
    stage({ bench: { timeout: '5 s' } }),
    stage({ bench: { reuse: 'a day' } }),
    stage({ bench: { memoryLimit: 'much' } }),
    stage({ bench: { iterations: 0 } }),
    stage({ onPromote: [] }),
    stage({ onPromote: './deploy' }),
    { metrics: { churn_cost: 'less' } },
    { metrics: { 'a\0': 'lower' } },
  ];
  for (const value of refused) {
    const text = JSON.stringify(value);
    assert.throws(() => parsePolicy(text, 'policy.json'), failsWith('INVALID_INPUT'), text);
    assert.equal(accepts(value), false, text);
  }
});
