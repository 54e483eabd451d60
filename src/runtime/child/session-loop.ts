import { readSync, writeSync } from 'node:fs';
import { controlKind, flag, frameLength, readRequest, type RequestFrame, noRun } from '../session/frames.ts';
import { replyBuffer } from '../session/reply-buffer.ts';
import type {
  BeginRun,
  LoadProgress,
  LoadReply,
  OpenedModel,
  OpenModel,
  SessionRequest,
} from '../session/session-kind.ts';
import { loadRuntime, type Runtime, versionOf } from './session.ts';
import { startWatchdog } from './watchdog.ts';

/** The socket to the parent, among the inherited descriptors: see `startSessionChild`. */
const socket = 3;
const readBytes = 1 << 18;
/** Turns without a turn of the event loop, in which ONNX Runtime's outputs are freed. */
const turnsBetween = 64;

/**
 * Serves one model: loads ONNX Runtime, makes it ready by `rehearse`, waits for the request that names the model, and then answers
 * what is there in each turn, until the parent closes the socket. It reads and writes the socket
 * while it waits, because ONNX Runtime blocks the thread anyway and the event loop would only cost.
 */
export async function runSession(
  open: OpenModel<never, unknown>,
  rehearse: (runtime: Runtime) => Promise<unknown>,
): Promise<void> {
  // Ctrl-C goes to the whole process group; the parent decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const [parent, memoryLimitBytes] = process.argv.slice(2).map(Number);
  // Another thread starts meanwhile, which takes as long.
  const watched = startWatchdog(parent ?? 0, memoryLimitBytes ?? 0);
  const runtime = await loadRuntime().catch((error: unknown) => asError(error));
  if (!(runtime instanceof Error)) await rehearse(runtime).catch(() => undefined);
  await watched;
  const replies = replyBuffer();
  const tell = (id: number, said: LoadReply<unknown> | LoadProgress): void => {
    replies.add({ ...noRun, id, status: 200, batch: 1 }, (out) => {
      const text = JSON.stringify(said);
      out.reserve(Buffer.byteLength(text));
      out.at += out.bytes.write(text, out.at, 'utf8');
      return 0;
    });
  };
  let model: OpenedModel<unknown> | undefined;
  let turns = 0;
  for (const frames of turnsOf(socket)) {
    const arrived = performance.now();
    const requests: SessionRequest[] = [];
    for (const frame of frames) {
      if (frame.kind !== controlKind) {
        const { id, kind, head, body } = frame;
        requests.push({ id, kind, head, body, alone: (frame.flags & flag.alone) !== 0, arrived });
        continue;
      }
      const [opened, reply] = await load(runtime, open, frame, (run) => {
        tell(frame.id, { kind: 'runs', run });
        // At once: the run may never end.
        writeAll(replies.frames());
        replies.clear();
      });
      model = opened ?? model;
      tell(frame.id, reply);
    }
    if (model !== undefined && requests.length > 0) await model.answer(requests, replies);
    writeAll(replies.frames());
    replies.clear();
    if (++turns % turnsBetween === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // An exit would wait for native threads.
  process.kill(process.pid, 'SIGKILL');
}

async function load(
  runtime: Runtime | Error,
  open: OpenModel<never, unknown>,
  frame: RequestFrame,
  begins: BeginRun,
): Promise<[OpenedModel<unknown> | undefined, LoadReply<unknown>]> {
  if (runtime instanceof Error)
    return [undefined, { kind: 'no-runtime', message: runtime.message.split('\n', 1)[0] ?? '' }];
  try {
    const job = JSON.parse(Buffer.from(frame.body).toString('utf8')) as never;
    const model = await open(runtime, job, begins);
    return [model, { kind: 'ok', facts: model.facts, onnxruntime: versionOf(runtime) }];
  } catch (error) {
    return [undefined, { kind: 'error', message: asError(error).message }];
  }
}

/** All whole frames that are there, again and again, until the other end closes. */
function* turnsOf(descriptor: number): Generator<RequestFrame[]> {
  let buffer = Buffer.allocUnsafeSlow(readBytes);
  let end = 0;
  for (;;) {
    const got = readSync(descriptor, buffer, end, buffer.length - end, null);
    if (got === 0) return;
    end += got;
    const frames: RequestFrame[] = [];
    let at = 0;
    let needed = 0;
    for (;;) {
      const length = frameLength(buffer, at, end);
      if (length === undefined) break;
      if (at + length > end) {
        needed = length;
        break;
      }
      frames.push(readRequest(buffer, at));
      at += length;
    }
    if (frames.length > 0) yield frames;
    const rest = end - at;
    if (needed > buffer.length || (buffer.length > readBytes && needed <= readBytes)) {
      const next = Buffer.allocUnsafeSlow(Math.max(readBytes, needed));
      buffer.copy(next, 0, at, end);
      buffer = next;
    } else if (at > 0) buffer.copyWithin(0, at, end);
    end = rest;
  }
}

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(socket, bytes, at, bytes.length - at);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
