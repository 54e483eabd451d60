import { answerBytes, answerJson } from '../answer.ts';
import type { Call, Route } from '../route.ts';

/** KServe's client reads the JSON, Triton's only the status. */
function live({ response }: Call): void {
  answerJson(response, 200, { live: true });
}

function ready({ response, front }: Call): void {
  const isReady = front.isReady();
  answerJson(response, isReady ? 200 : 503, { ready: isReady });
}

function alive({ response }: Call): void {
  answerBytes(response, 200, Buffer.from('ok\n'), 'text/plain');
}

function readyText({ response, front }: Call): void {
  const isReady = front.isReady();
  answerBytes(response, isReady ? 200 : 503, Buffer.from(isReady ? 'ok\n' : 'not ready\n'), 'text/plain');
}

/** Whether the process is there, and whether it takes requests. Probes have no tokens. */
export const healthRoutes: readonly Route[] = [
  { method: 'GET', path: '/v2/health/live', open: true, handle: live },
  { method: 'GET', path: '/v2/health/ready', open: true, handle: ready },
  { method: 'GET', path: '/healthz', open: true, handle: alive },
  { method: 'GET', path: '/livez', open: true, handle: alive },
  { method: 'GET', path: '/readyz', open: true, handle: readyText },
];
