import { labelScores } from '../../images/label-scores.ts';
import { float16Value } from '../../onnx/tensors/half-floats.ts';
import { byteWriter } from '../../runtime/session/reply-buffer.ts';
import { codecIds } from '../engine/codecs.ts';
import { Refusal, shown } from '../engine/refusal.ts';
import { type RowOutput, rowOutputs } from '../engine/table/row-outputs.ts';
import { writeRecords } from '../engine/table/write-rows.ts';
import { readTensors, writeTensors } from '../engine/tensors-codec.ts';
import type { ServedVersion, VersionImages } from '../served.ts';
import { answerBytes, jsonType } from './answer.ts';
import { type ImagePart, imageParts } from './image-parts.ts';
import { cacheHeader, fallbackHeader, type Inferred, inferMade, orRefusal } from './infer-on.ts';
import { noteReply } from './note.ts';
import type { Call } from './route.ts';

const usualTop = 5;
const mostTop = 1000;
/** For answers to this process: no limit. */
const anySize = 0x7fff_ffff;
/** Swaps during one request. */
const mostTries = 4;

/**
 * Predictions for the images of a body: the most likely labels where the version names them, else the
 * outputs of each. The images of one request are answered by one version.
 */
export async function predictImages(call: Call, body: Buffer): Promise<void> {
  const { request, response } = call;
  const top = topOf(request.url ?? '');
  const parts = await imageParts(body, request.headers['content-type'] ?? '');
  for (let tries = 1; ; tries++) {
    const all = await Promise.all(parts.map((part) => inferPart(call, part, parts.length > 1)));
    const [first, ...others] = all as [Inferred, ...Inferred[]];
    if (others.some(({ served }) => served !== first.served)) {
      if (tries < mostTries) continue;
      throw new Refusal(503, 'the version that answers changed too often');
    }
    const { served, reply, fallback } = first;
    const images = imagesOf(served);
    const predictions = all.map(({ reply: { body: outputs } }, at) =>
      predictionOf(served, images, outputs, top, parts[at]?.file),
    );
    if (fallback !== undefined) response.setHeader(fallbackHeader, fallback);
    if (reply.cache !== undefined) response.setHeader(cacheHeader, reply.cache);
    noteReply(call, served, reply);
    const { name, version } = served;
    const head = `{"model_name":${JSON.stringify(name)},"model_version":${JSON.stringify(version)},"predictions":[`;
    answerBytes(response, 200, Buffer.from(`${head}${predictions.join(',')}]}`), jsonType);
    return;
  }
}

/** Refused if the version takes none. */
function imagesOf({ images }: ServedVersion): VersionImages {
  if ('plan' in images) return images;
  throw new Refusal(images.status, images.why);
}

async function inferPart(call: Call, { file, bytes }: ImagePart, isNamed: boolean): Promise<Inferred> {
  const isGone = (): boolean => call.response.destroyed;
  const found = await inferMade(call, async (served) => {
    const images = imagesOf(served);
    const tensor = await images.read(bytes, isGone).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      const which = isNamed || file !== undefined ? `the image ${shown(file)}` : 'the image';
      throw new Refusal(error.status, `${which}: ${error.message}`);
    });
    const out = byteWriter();
    writeTensors(
      served.outputs.map((_, at) => at),
      [tensor],
      out,
    );
    return { kind: codecIds.tensors, head: anySize, body: out.bytes.subarray(0, out.at), isGone };
  });
  orRefusal(found.reply);
  return found;
}

/** One image's part of the answer, as JSON. */
function predictionOf(
  served: ServedVersion,
  { plan }: VersionImages,
  body: Uint8Array,
  top: number,
  file: string | undefined,
): string {
  const { tensors } = readTensors(body);
  const wanted = served.outputs.map((_, at) => at);
  const outputs = rowOutputs(tensors, wanted, served, 1, { inputs: [plan], batch: plan.rows });
  const named = file === undefined ? '' : `"file":${JSON.stringify(file)},`;
  const scores = scoresOf(outputs, plan, top);
  if (scores !== undefined) return `{${named}${JSON.stringify({ ...scores[0], top: scores }).slice(1)}`;
  const out = byteWriter();
  writeRecords(outputs, 1, true, out);
  return `{${named}${out.bytes.toString('utf8', 1, out.at)}`;
}

function scoresOf(outputs: readonly RowOutput[], plan: VersionImages['plan'], top: number) {
  const given = outputs.map(({ name, type, width, data, classes }) => {
    const isFloat = type.startsWith('float') && !Array.isArray(data);
    const row = isFloat ? Array.from(data.subarray(0, width), Number) : [];
    const values = type === 'float16' ? row.map((half) => float16Value(half)) : row;
    return { name, type, values, classes };
  });
  try {
    return labelScores(given, { labels: plan.labels, logits: plan.logits, top });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Refusal(500, error.message);
  }
}

/** `?top=3` */
function topOf(url: string): number {
  const at = url.indexOf('?');
  let top = usualTop;
  if (at === -1) return top;
  for (const [key, value] of new URLSearchParams(url.slice(at))) {
    if (key !== 'top') throw new Refusal(400, `unknown parameter ${shown(key)}; for images there is top=5`);
    top = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    if (top < 1 || top > mostTop)
      throw new Refusal(400, `top=${shown(value)} must be a number from 1 to ${mostTop}`);
  }
  return top;
}
