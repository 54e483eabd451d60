import { codecIds } from '../../engine/codecs.ts';
import { Refusal, shown } from '../../engine/refusal.ts';
import { answerBytes, jsonType } from '../answer.ts';
import { inferOn } from '../infer-on.ts';
import { requireVersion } from '../require-version.ts';
import type { Call, Route } from '../route.ts';

const lengthHeader = 'inference-header-content-length';

async function infer(call: Call): Promise<void> {
  const { request, response, front } = call;
  requireVersion(call);
  const head = headOf(request.headers[lengthHeader]);
  const body = await request.readBody(front.limits.maxBodyBytes);
  const reply = await inferOn(call, { kind: codecIds.oip, head, body });
  if (reply.head === 0) return answerBytes(response, 200, reply.body, jsonType);
  answerBytes(response, 200, reply.body, 'application/octet-stream', {
    'Inference-Header-Content-Length': reply.head,
  });
}

/** How many bytes of the body are JSON; 0: all of them. */
function headOf(header: string | string[] | undefined): number {
  if (header === undefined) return 0;
  const length = Number(header);
  if (/^\d{1,10}$/.test(String(header)) && length > 0 && length <= 0xffff_ffff) return length;
  throw new Refusal(400, `Inference-Header-Content-Length must be a number of bytes, not ${shown(header)}`);
}

/** Inference by the Open Inference Protocol. */
export const inferRoutes: readonly Route[] = [
  { method: 'POST', path: '/v2/models/{model}/infer', infers: true, handle: infer },
  { method: 'POST', path: '/v2/models/{model}/versions/{version}/infer', infers: true, handle: infer },
];
