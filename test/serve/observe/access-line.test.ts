import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAccessFormat } from '../../../src/serve/observe/access-line.ts';
import { beginExchange, exchangeHeaders } from '../../../src/serve/observe/exchange.ts';
import { answered } from '../../support/request-events.ts';

const begin = (url: string, headers: Record<string, string> = {}) =>
  beginExchange({ method: 'POST', url, remote: '::1', headers }, () => 'made-1');

test('whatever a client sends, a line is one line of ASCII, short, and JSON', () => {
  const text = fc.string({ unit: 'binary', maxLength: 600 });
  const format = createAccessFormat();
  fc.assert(
    fc.property(text, text, text, (path, id, trace) => {
      const exchange = begin(`/${path}`, { 'x-request-id': id, traceparent: trace, 'content-length': id });
      const line = format.line({ ...answered(), model: path, exchange });
      assert.match(line, /^[ -~]{1,4095}$/);
      const { path: shown } = JSON.parse(line) as { path: string };
      assert.doesNotMatch(shown, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

test('a line is of its own request, whichever came before on the same path', () => {
  const format = createAccessFormat();
  const lines = [
    answered(),
    answered({ code: 500 }),
    answered({ version: '2.0.0' }),
    answered({ protocol: 'grpc' }),
    answered({ model: null, version: null }),
  ];
  for (const event of [...lines, ...lines.toReversed()]) {
    const { status, version, protocol, model } = JSON.parse(format.line(event)) as Record<string, unknown>;
    assert.deepEqual(
      { status, version, protocol, model },
      { status: event.code, version: event.version, protocol: event.protocol, model: event.model },
    );
  }
});

test('times are in milliseconds, to the microsecond', () => {
  const event = answered({ totalMs: 12.3456, queueMs: 0.0004, computeMs: 1000 });
  const { totalMs, queueMs, computeMs } = JSON.parse(createAccessFormat().line(event)) as Record<
    string,
    number
  >;
  assert.deepEqual({ totalMs, queueMs, computeMs }, { totalMs: 12.346, queueMs: 0, computeMs: 1000 });
});

test('a time is written as its second and millisecond', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  const event = answered();
  const line = createAccessFormat().line({ ...event, exchange: { ...event.exchange, at } });
  assert.equal((JSON.parse(line) as { time: string }).time, '2026-01-02T03:04:05.006Z');
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

test('a trace is taken only if it is one by the standard', () => {
  const of = (traceparent: string) => begin('/', { traceparent }).trace?.traceId;
  assert.equal(of(`00-${traceId}-${spanId}-01`), traceId);
  assert.equal(of(`cc-${traceId}-${spanId}-01-what-comes-later`), traceId, 'a later version');
  const wrong = [
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
    '',
  ];
  for (const traceparent of wrong) assert.equal(of(traceparent), undefined, traceparent);
});

test('an answer names this span, and only flags that are known', () => {
  const exchange = begin('/', { traceparent: `00-${traceId}-${spanId}-fd` });
  const { traceparent = '' } = exchangeHeaders(exchange, undefined);
  assert.equal(traceparent, `00-${traceId}-${exchange.trace?.spanId}-01`);
  assert.match(exchange.trace?.spanId ?? '', /^[0-9a-f]{16}$/);
});

test('the state of a trace is kept, unless it is too long', () => {
  const of = (tracestate: string) =>
    begin('/', { traceparent: `00-${traceId}-${spanId}-00`, tracestate }).trace?.state;
  assert.equal(of('vendor=1,other=2'), 'vendor=1,other=2');
  assert.equal(of('x'.repeat(513)), undefined);
});
