import { codecIds } from '../engine/codecs.ts';
import { Refusal } from '../engine/refusal.ts';
import { cacheHeader, fallbackHeader, infer, orRefusal } from '../front/infer-on.ts';
import { noteOf, nothingNoted, notReached } from '../front/note.ts';
import type { FrontContext, Target } from '../front/route.ts';
import { WireReader } from '../protobuf/wire-reader.ts';
import {
  growingBytes,
  writeBytes,
  writeMessage,
  writeNumberField,
  writeText,
} from '../protobuf/wire-writer.ts';
import type { Call, CallListener } from './call.ts';
import { frame, withoutPrefix } from './message-frames.ts';
import type { Method } from './server.ts';
import { asGrpcError, httpStatus } from './status.ts';
import { unary } from './unary.ts';

export const inferPath = '/inference.GRPCInferenceService/ModelInfer';
export const streamInferPath = '/inference.GRPCInferenceService/ModelStreamInfer';

/** What the front has to know of a ModelInferRequest; the rest is read beside the model. */
function readHead(message: Buffer): { model: string; version: string | undefined; id: string } {
  const head = { model: '', version: undefined as string | undefined, id: '' };
  for (const reader = new WireReader(message); reader.next();) {
    if (reader.field === 1) head.model = reader.text();
    else if (reader.field === 2) head.version = reader.text() || undefined;
    else if (reader.field === 3) head.id = reader.text();
  }
  return head;
}

/** One prediction. */
export function inferMethod(front: FrontContext): Method {
  return unary((request, call) => {
    const { model, version } = readHead(request);
    const target = { front, model, version, since: call.exchange.since };
    // What its event says if the client leaves before the answer.
    call.infers = notReached(target);
    void answerCall(call, target, request);
  });
}

async function answerCall(call: Call, target: Target, body: Buffer): Promise<void> {
  try {
    const request = { kind: codecIds.grpc, head: 0, body, isGone: () => call.ended };
    const { served, reply, fallback } = await infer(target, request);
    call.infers = noteOf(served, reply);
    if (fallback !== undefined) call.addHeader(fallbackHeader, fallback);
    if (reply.cache !== undefined) call.addHeader(cacheHeader, reply.cache);
    call.finish(asBuffer(orRefusal(reply).body));
  } catch (error) {
    call.fail(error);
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Requests of one stream that are with the model at once; more wait. */
const mostInFlight = 32;

/**
 * Predictions one after another, answered in the order of their requests: Triton's
 * `ModelStreamInfer`. One that fails is answered with its error, and the stream goes on, unless the
 * client sent `triton_grpc_error: true`.
 */
export function streamInferMethod(front: FrontContext): Method {
  return (call) => call.listen(streamListener(front, call));
}

function streamListener(front: FrontContext, call: Call): CallListener {
  const endsAtError = call.headers['triton_grpc_error'] === 'true';
  const waiting: Buffer[] = [];
  /** Answers in the order of their requests; undefined while one is not there. */
  const answers: { bytes: Buffer | undefined }[] = [];
  let clientEnded = false;
  let stopping = false;

  call.onDrain(pump);
  return {
    onMessage: (message) => {
      waiting.push(message);
      pump();
    },
    onEnd: () => {
      clientEnded = true;
      pump();
    },
    onCancel: () => {
      waiting.length = 0;
    },
    onDrain: () => {
      stopping = true;
      pump();
    },
  };

  /** Sends what is ready, starts what can be started, and lets the client wait when that is too much. */
  function pump(): void {
    let keepsUp = true;
    while (keepsUp && answers[0]?.bytes !== undefined) keepsUp = call.send(answers.shift()!.bytes!);
    while (waiting.length > 0 && answers.length < mostInFlight) start(waiting.shift()!);
    if (!keepsUp || waiting.length > 0) call.pause();
    else call.resume();
    if (answers.length > 0 || waiting.length > 0) return;
    if (clientEnded) call.finish();
    else if (stopping) call.fail(new Refusal(503, 'the server is shutting down'));
  }

  function start(message: Buffer): void {
    const slot: { bytes: Buffer | undefined } = { bytes: undefined };
    answers.push(slot);
    void fill(slot, message);
  }

  async function fill(slot: { bytes: Buffer | undefined }, message: Buffer): Promise<void> {
    try {
      slot.bytes = await answerOne(message);
      pump();
    } catch (error) {
      call.fail(error);
    }
  }

  /** Rejects with what ends the stream. */
  async function answerOne(message: Buffer): Promise<Buffer> {
    const since = performance.now();
    const exchange = { ...call.exchange, at: Date.now(), since, bytesIn: message.length, bytesOut: 0 };
    let noted = nothingNoted;
    let code = 200;
    let id = '';
    try {
      const { model, version, id: given } = readHead(message);
      id = given;
      const target = { front, model, version, since };
      noted = notReached(target);
      const request = { kind: codecIds.grpc, head: 0, body: message, isGone: () => call.ended };
      const { served, reply } = await infer(target, request);
      noted = noteOf(served, reply);
      const answer = frame(streamed(withoutPrefix(asBuffer(orRefusal(reply).body))));
      exchange.bytesOut = answer.length;
      return answer;
    } catch (error) {
      code = httpStatus(error);
      if (endsAtError) throw error;
      return frame(failed(id, asGrpcError(error).message));
    } finally {
      call.release(message.length);
      const totalMs = performance.now() - since;
      front.observer.observe({ protocol: 'grpc', infers: true, ...noted, code, totalMs, exchange });
    }
  }
}

/** `parameters: {triton_final_response: true}`, which Triton adds to the last answer of each request. */
const finalParameter = (() => {
  const out = growingBytes(64);
  writeMessage(out, 4, () => {
    writeText(out, 1, 'triton_final_response');
    writeMessage(out, 2, () => writeNumberField(out, 1, 1));
  });
  return out.written();
})();

/** A ModelStreamInferResponse with an answer. Fields of a message may stand in any order. */
function streamed(answer: Buffer): Buffer {
  const out = growingBytes(16 + answer.length + finalParameter.length);
  writeBytes(out, 2, Buffer.concat([answer, finalParameter]));
  return out.written();
}

/** A ModelStreamInferResponse that says which request failed, and why. */
function failed(id: string, message: string): Buffer {
  const out = growingBytes();
  writeText(out, 1, message);
  writeMessage(out, 2, () => {
    if (id !== '') writeText(out, 3, id);
  });
  return out.written();
}
