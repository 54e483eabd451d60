import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';
import type { Runtime } from '../../runtime/child/session.ts';
import { headerBytes } from '../../runtime/session/frames.ts';
import { replyBuffer } from '../../runtime/session/reply-buffer.ts';
import { codecIds } from './codecs.ts';
import { openEngine } from './open-engine.ts';
import type { EnginePlan } from './plan.ts';

/** ONNX (ir 9, opset 17): `y = Relu(x)`, both float32 of `[n,4]`. */
const modelBytes = Buffer.from(
  'CAk6QAoMCgF4EgF5IgRSZWx1EgR0ZXN0WhQKAXgSDwoNCAESCQoDEgFuCgIIBGIUCgF5Eg8KDQgBEgkKAxIBbgoCCARCBAoAEBE=',
  'base64',
);

const signature: EnginePlan['signature'] = {
  inputs: [{ name: 'x', type: 'tensor(float32)', dtype: 'float32', shape: ['n', 4] }],
  outputs: [{ name: 'y', type: 'tensor(float32)', dtype: 'float32', shape: ['n', 4] }],
};

function madeUp(rows: number): FeedPlan[] {
  return [{ name: 'x', dtype: 'float32', shape: [rows, 4], fill: { kind: 'ones' }, seed: 1 }];
}

const plan: EnginePlan = {
  name: 'rehearsal',
  version: '0.0.0',
  modelFile: '',
  session: {
    intraOpThreads: 1,
    interOpThreads: 1,
    extra: { 'session.intra_op.allow_spinning': '0' },
  },
  signature,
  inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4] }],
  outputs: [{ name: 'y', tensor: 'y', dtype: 'float32', shape: [null, 4] }],
  unusable: {},
  maxBatch: 2,
  golden: null,
  warmup: [madeUp(1), madeUp(2)],
};

/**
 * Opens a small model as a real one would be, and answers a request with it. The first session of a
 * process takes some 25 ms, the next one 2: ONNX Runtime registers its operators, and V8 compiles
 * our code. A spare that has done that loads a version in a few milliseconds. Rejects if the model
 * does not load; a real model would not either, and its message is the one to report. Resolves with
 * the answer.
 */
export async function rehearse(runtime: Runtime): Promise<string> {
  const model = await openEngine(runtime, plan, { model: modelBytes });
  const body = Buffer.from('{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[-1,0,0.5,2]}]}');
  const request = { id: 1, kind: codecIds.oip, head: 0, body, alone: false, arrived: performance.now() };
  const replies = replyBuffer();
  await model.answer([request], replies);
  return replies.frames().toString('latin1', headerBytes);
}
