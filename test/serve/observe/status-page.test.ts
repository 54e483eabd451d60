import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusPage } from '../../../src/serve/observe/status-page.ts';
import type { ServerStatus } from '../../../src/serve/observe/status.ts';

const usage = { cpuSeconds: 1, residentBytes: 2e6, openFiles: 3 };

function status(text: string): ServerStatus {
  return {
    mlreg: text,
    node: text,
    onnxruntime: text,
    startedAt: text,
    uptimeSeconds: 3723,
    ready: true,
    models: [
      {
        ref: text,
        name: text,
        version: text,
        stages: [text],
        up: false,
        pending: 1,
        restarts: 2,
        requests: 3,
        failed: 4,
        timeouts: 5,
        lastRequestAt: null,
        lately: { seconds: 60, perSecond: 1.5, failed: 0, p50Ms: 0.31, p95Ms: null, p99Ms: null },
        process: usage,
      },
    ],
    process: { ...usage, heapBytes: 1, maxFiles: null, loopLagMs: 1 },
    system: {
      cpus: 2,
      memoryBytes: 8e9,
      availableBytes: 4e9,
      memoryLimitBytes: null,
      disks: [{ path: text, sizeBytes: 1, availableBytes: 1 }],
    },
    gpus: [
      {
        index: '0',
        name: text,
        utilization: 0.5,
        memoryUsedBytes: 1,
        memoryBytes: 2,
        celsius: null,
        watts: null,
      },
    ],
    gpuNote: text,
    log: { linesLost: 7, trouble: text },
  };
}

test('no text becomes markup, or moves other text', () => {
  const hostile = `</style><script>alert('x')</script>"&\u202e\u001b[2J`;
  const page = statusPage(status(hostile));
  assert.equal(page.replaceAll(statusPage(status('')), ''), page);
  const tags = (html: string): string[] => html.match(/<[^>]*>/g) ?? [];
  assert.deepEqual(tags(page), tags(statusPage(status('x'))));
  assert.doesNotMatch(page, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('the page says what stands where', () => {
  const page = statusPage(status('digits@1.0.0'));
  for (const text of ['up 1 h 2 min', '1.5', '0.31 ms', '7 lines lost', '8 GB', 'GPU 0', '50% busy', 'down'])
    assert.ok(page.includes(text), text);
});
