import { escapeText } from '../../core/text/quote.ts';
import type { PartEvent, RequestEvent } from './request-event.ts';

/** Lines that fit a pipe's atomic write, whatever the client sends. */
const longestText = 256;

export interface AccessFormat {
  /**
   * One JSON object of ASCII, without the end of the line. Durations are in milliseconds with three
   * decimals.
   */
  line: (event: RequestEvent) => string;
  /** A line of the log that is about the log itself. */
  lostLine: (lines: number, now: number) => string;
}

/**
 * Lines are put together by hand, because it is done for each request. What does not change from
 * one request of a path to the next is kept as text.
 */
export function createAccessFormat(): AccessFormat {
  const timeText = createTimeText();
  const kept = new Map<string, Kept>();
  return {
    line(event) {
      const { at, path } = event.exchange;
      let like = kept.get(path);
      if (like === undefined || !isLike(like.event, event)) {
        if (kept.size >= mostKept) kept.clear();
        like = { event, text: sharedText(event) };
        if (path.length <= longestText) kept.set(path, like);
      }
      return lineOf(timeText(at), like.text, event);
    },
    lostLine: (lines, now) => `{"time":"${timeText(now)}","lostLines":${lines}}`,
  };
}

/** Clients may ask for any path. */
const mostKept = 256;

interface Kept {
  event: RequestEvent;
  text: string;
}

function isLike(one: RequestEvent, other: RequestEvent): boolean {
  return (
    one.code === other.code &&
    one.protocol === other.protocol &&
    one.version === other.version &&
    one.model === other.model &&
    one.exchange.method === other.exchange.method &&
    one.exchange.remote === other.exchange.remote &&
    one.exchange.client === other.exchange.client
  );
}

function sharedText({ protocol, code, model, version, exchange }: RequestEvent): string {
  const { remote, client, method, path } = exchange;
  return (
    `"remote":${text(remote)},"client":${nameOrNull(client)},"protocol":"${protocol}","method":${text(method)},"path":${text(path)},` +
    `"model":${nameOrNull(model)},"version":${nameOrNull(version)},"status":${code}`
  );
}

function lineOf(time: string, shared: string, event: RequestEvent): string {
  const { totalMs, queueMs, computeMs, batch, cache, parts, exchange } = event;
  const { requestId, trace, bytesIn, bytesOut } = exchange;
  // The ids consist of harmless characters: see `isRequestId`, `readTraceContext`.
  return (
    `{"time":"${time}","id":"${requestId}",${shared},"bytesIn":${bytesIn},"bytesOut":${bytesOut},` +
    `"totalMs":${ms(totalMs)},"queueMs":${ms(queueMs)},"computeMs":${ms(computeMs)},"batch":${batch},` +
    `"cache":${cache === undefined ? 'null' : `"${cache}"`},"traceId":${trace === undefined ? 'null' : `"${trace.traceId}"`}` +
    `${parts === undefined ? '' : `,"parts":[${parts.map(partText).join(',')}]`}}`
  );
}

function partText({ model, version, code, totalMs, queueMs, computeMs, batch }: PartEvent): string {
  return (
    `{"model":${nameOrNull(model)},"version":${nameOrNull(version)},"status":${code},` +
    `"totalMs":${ms(totalMs)},"queueMs":${ms(queueMs)},"computeMs":${ms(computeMs)},"batch":${batch}}`
  );
}

function nameOrNull(name: string | null): string {
  return name === null ? 'null' : text(name);
}

const plain = /^[ !#-[\]-~]{0,256}$/;

/** Others' text as a JSON string of ASCII: nothing in it can end the line or act on a terminal. */
function text(value: string): string {
  if (plain.test(value)) return `"${value}"`;
  const shown = value.length > longestText ? `${value.slice(0, longestText)}…` : value;
  return JSON.stringify(escapeText(shown)).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const thousandths = Array.from({ length: 1000 }, (_, index) => `.${String(index).padStart(3, '0')}`);

/** Three decimals, from a table: printing a double costs ten times as much. */
function ms(value: number | null): string {
  if (value === null) return 'null';
  const us = Math.round(value * 1000);
  return `${Math.floor(us / 1000)}${thousandths[us % 1000]}`;
}

/** ISO 8601 in UTC. The text of a second is kept, which saves most of the cost. */
function createTimeText(): (epochMs: number) => string {
  let second = -1;
  let secondText = '';
  return (epochMs) => {
    const whole = Math.floor(epochMs / 1000);
    if (whole !== second) {
      secondText = new Date(whole * 1000).toISOString().slice(0, 20);
      second = whole;
    }
    return `${secondText}${String(Math.floor(epochMs) - whole * 1000).padStart(3, '0')}Z`;
  };
}
