import { expositionType } from '../../observe/exposition.ts';
import { statusPage } from '../../observe/status-page.ts';
import { answerBytes, answerJson, answerPage } from '../answer.ts';
import { describeAllStats, describeStats } from '../describe.ts';
import type { Call, Route } from '../route.ts';

async function metrics({ response, front }: Call): Promise<void> {
  const text = await front.observer.metrics();
  answerBytes(response, 200, Buffer.from(text), expositionType, fresh);
}

/** A page for browsers, JSON for programs. */
async function status({ request, response, front }: Call): Promise<void> {
  const facts = await front.observer.status();
  const wantsPage = request.headers.accept?.includes('text/html') === true;
  if (!wantsPage)
    return answerBytes(response, 200, Buffer.from(JSON.stringify(facts)), 'application/json', fresh);
  answerPage(response, 200, statusPage(facts));
}

const fresh = { 'Cache-Control': 'no-store', Vary: 'Accept' };

function stats(call: Call): void {
  answerJson(call.response, 200, describeStats(call));
}

function allStats({ response, front }: Call): void {
  answerJson(response, 200, describeAllStats(front));
}

/** What goes on: for Prometheus, for people, and as Triton tells it. */
export const observeRoutes: readonly Route[] = [
  { method: 'GET', path: '/metrics', handle: metrics },
  { method: 'GET', path: '/', handle: status },
  { method: 'GET', path: '/v2/models/stats', handle: allStats },
  { method: 'GET', path: '/v2/models/{model}/stats', handle: stats },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}/stats', handle: stats },
];
