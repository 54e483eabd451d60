import { createRequire } from 'node:module';
import { frameLength, noRun, readReply } from '../../runtime/session/frames.ts';
import { replyBuffer } from '../../runtime/session/reply-buffer.ts';
import type { SessionRequest } from '../../runtime/session/session-kind.ts';
import { NotServed } from '../../runtime/session/load-into.ts';
import type { ModelReply, Supervised } from '../../runtime/session/supervise.ts';
import type * as Engine from '../engine/inline-engine.ts';
import type { EngineFacts, EnginePlan } from '../engine/plan.ts';

/**
 * Runs the engine in this process: half the CPU of a child for a small model, and no protection. A
 * model that crashes, loops or fills the memory does that to the server.
 */
export async function openInline(
  plan: EnginePlan,
  { maxQueue, deadlineMs }: { maxQueue: number; deadlineMs: number },
): Promise<Supervised<EngineFacts>> {
  // Otherwise ONNX Runtime starts a thread that reports to its makers.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { loadRuntime, openEngine, versionOf } = loadEngine();
  const runtime = await loadRuntime().catch((error: unknown) => {
    throw new NotServed('no-runtime', error instanceof Error ? error.message : String(error));
  });
  const model = await openEngine(runtime, plan).catch((error: unknown) => {
    throw new NotServed('error', error instanceof Error ? error.message : String(error));
  });
  interface Waiting {
    request: SessionRequest;
    settle: (reply: ModelReply) => void;
    isGone: (() => boolean) | undefined;
  }
  const replies = replyBuffer();
  let waiting: Waiting[] = [];
  let running = new Map<number, Waiting>();
  let scheduled = false;
  let nextId = 1;
  let idlers: (() => void)[] = [];

  const failure = (status: number, message: string): ModelReply => ({
    ...noRun,
    status,
    head: 0,
    body: Buffer.from(message),
    totalMs: 0,
  });
  const turn = async (): Promise<void> => {
    const now = performance.now();
    const due: Waiting[] = [];
    for (const one of waiting) {
      const { arrived } = one.request;
      if (one.isGone?.() === true) one.settle(failure(499, 'the client left'));
      else if (now - arrived >= deadlineMs)
        one.settle({ ...failure(504, `no answer within ${deadlineMs} ms`), totalMs: now - arrived });
      else due.push(one);
    }
    waiting = [];
    running = new Map(due.map((one) => [one.request.id, one]));
    await model.answer(
      due.map(({ request }) => request),
      replies,
    );
    // The bodies are given away, and the buffer is used again.
    const frames = Buffer.from(replies.frames());
    replies.clear();
    const done = performance.now();
    for (let at = 0; at < frames.length;) {
      const reply = readReply(frames, at);
      at += frameLength(frames, at, frames.length) ?? frames.length;
      const one = running.get(reply.id);
      one?.settle({ ...reply, totalMs: done - one.request.arrived });
    }
    running.clear();
    if (waiting.length > 0) return void setImmediate(() => void turn());
    scheduled = false;
    for (const resolve of idlers) resolve();
    idlers = [];
  };
  const pending = (): number => waiting.length + running.size;
  const idle = (): Promise<void> =>
    pending() === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve));
  return {
    facts: model.facts,
    onnxruntime: versionOf(runtime),
    pending,
    deaths: () => 0,
    recycled: () => 0,
    broken: () => null,
    pid: () => process.pid,
    rssBytes: () => null,
    infer: ({ kind, head, body, isGone }) =>
      new Promise((settle) => {
        if (pending() >= maxQueue) return settle(failure(429, `${maxQueue} requests are waiting already`));
        const request = { id: nextId++, kind, head, body, alone: false, arrived: performance.now() };
        waiting.push({ request, settle, isGone });
        if (scheduled) return;
        scheduled = true;
        setImmediate(() => void turn());
      }),
    idle,
    close: idle,
  };
}

/**
 * The engine, in a file of its own in dist/: a server with children, which is the usual one, must not
 * load what runs in them.
 */
function loadEngine(): typeof Engine {
  const file = import.meta.url.endsWith('.ts') ? '../engine/inline-engine.ts' : './onnx-engine.js';
  return createRequire(import.meta.url)(file) as typeof Engine;
}
