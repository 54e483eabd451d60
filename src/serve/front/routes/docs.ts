import { answerJson, answerPage } from '../answer.ts';
import { docsPage } from '../docs/docs-page.ts';
import { openapiDocument } from '../docs/openapi.ts';
import type { Call, Route } from '../route.ts';

async function openapi({ response, front }: Call): Promise<void> {
  answerJson(response, 200, await openapiDocument(front));
}

async function docs({ request, response, front }: Call): Promise<void> {
  const { host = 'localhost' } = request.headers;
  const isSecure = 'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https';
  answerPage(response, 200, await docsPage(front, `${isSecure ? 'https' : 'http'}://${host}`));
}

/** How the models that are served are called: for people, and for tools that make clients. */
export const docsRoutes: readonly Route[] = [
  { method: 'GET', path: '/docs', handle: docs },
  { method: 'GET', path: '/openapi.json', handle: openapi },
];
