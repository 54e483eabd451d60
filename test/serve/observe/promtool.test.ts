import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { post, registryWith, serving } from '../../support/served.ts';

const noPromtool =
  spawnSync('promtool', ['--version']).status === 0
    ? false
    : 'promtool (Debian: prometheus) is not installed';

/** What promtool says of metrics; empty: nothing. */
function complaints(text: string): string[] {
  const { status, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  assert.equal(error, undefined);
  const lines = stderr.split('\n').filter((line) => line !== '');
  assert.ok(status === 0 || lines.length > 0);
  return lines;
}

test(
  'Prometheus reads the metrics, and has nothing to say of their names',
  { skip: noPromtool },
  async (t) => {
    const registry = await registryWith(t, { digits: 'digits_mlp' });
    const server = await serving(t, registry, ['digits'], { metricsAliases: 'nv' });
    const data = Array.from({ length: 64 }, () => 1);
    await post(server, '/v2/models/digits/infer', {
      inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], data }],
    });
    await post(server, '/v2/models/no"such\\model/infer', {});
    const text = await (await fetch(`${server.url}/metrics`)).text();
    // The names of Triton are what they are.
    assert.deepEqual(
      complaints(text).filter((line) => !line.startsWith('nv_')),
      [],
    );
    assert.ok(complaints('mlreg_requests 1\nmlreg_requests 2\n').length > 0, 'the check can fail');
  },
);
