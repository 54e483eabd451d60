import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import type { EnginePlan, PlannedOutput } from './plan.ts';
import { badRequest } from './refusal.ts';
import { readTensors, writeTensors } from './tensors-codec.ts';

/** A chain of versions as its clients see it: the inputs of its first part, the outputs of its last. */
export type ChainView = Pick<EnginePlan, 'name' | 'version' | 'inputs' | 'signature' | 'unusable'> & {
  outputs: PlannedOutput[];
};

/** What a part of a chain gets. */
export interface ChainStep {
  /** A `ChainView` as JSON. */
  view: string;
  /** What the client sent; undefined: this part neither reads nor answers it. */
  original: { kind: number; head: number; body: Uint8Array } | undefined;
  /** What the part before gave, in the order of this part's inputs; undefined: it is the first. */
  tensors: Uint8Array | undefined;
  /** Positions of the outputs that the next part takes; undefined: it is the last. */
  wanted: readonly number[] | undefined;
}

const headNumbers = 6;

/**
 * The body of a request to a part. Little-endian: bytes of the view, of the original and of the
 * tensors, the original's kind (0: there is none) and head, the number of wanted outputs; their
 * positions; then view, original and tensors, each from a multiple of 8 on, as `readTensors` needs it.
 */
export function writeStep({ view, original, tensors, wanted = [] }: ChainStep): Buffer {
  const segments = [Buffer.from(view), original?.body ?? nothing, tensors ?? nothing];
  const numbers = [
    ...segments.map(({ length }) => length),
    original?.kind ?? 0,
    original?.head ?? 0,
    wanted.length,
    ...wanted,
  ];
  const start = padded(4 * numbers.length);
  const out = Buffer.alloc(segments.reduce((sum, { length }) => sum + padded(length), start));
  numbers.forEach((number, at) => out.writeUInt32LE(number, 4 * at));
  let at = start;
  for (const segment of segments) {
    out.set(segment, at);
    at += padded(segment.length);
  }
  return out;
}

const nothing = new Uint8Array();

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function readStep(body: Uint8Array) {
  const from = Buffer.from(body.buffer, body.byteOffset, body.length);
  const [viewBytes, originalBytes, tensorsBytes, kind, head, wantedCount] = Array.from(
    { length: headNumbers },
    (_, at) => from.readUInt32LE(4 * at),
  ) as [number, number, number, number, number, number];
  const wanted = Array.from({ length: wantedCount }, (_, at) => from.readUInt32LE(4 * (headNumbers + at)));
  let at = padded(4 * (headNumbers + wantedCount));
  const segment = (bytes: number): Buffer => {
    const found = from.subarray(at, at + bytes);
    at += padded(bytes);
    return found;
  };
  const view = segment(viewBytes).toString('utf8');
  return { view, kind, head, original: segment(originalBytes), tensors: segment(tensorsBytes), wanted };
}

interface Note {
  /** For the last part: what the client asked, and how that is answered. */
  answer: { codec: Codec; asked: Asked; model: ServedModel } | undefined;
}

/**
 * Requests to the parts of a chain. The first part reads what the client sent, by the codec of its
 * kind; between parts go tensors; the last part reads the request once more for what its answer
 * depends on, and answers in the client's form, so that no request is read in the server's own
 * process.
 */
export function chainCodec(codecs: () => readonly (Codec | undefined)[]): Codec {
  /** By the model that runs, and the view of its chain: the codecs know a model by its identity. */
  const models = new WeakMap<ServedModel, Map<string, ServedModel>>();

  function seenAs(view: string, own: ServedModel): ServedModel {
    let known = models.get(own);
    if (known === undefined) models.set(own, (known = new Map()));
    let model = known.get(view);
    if (model === undefined) {
      const { outputs, ...rest } = JSON.parse(view) as ChainView;
      model = { plan: { ...own.plan, ...rest, outputs }, outputs, all: outputs.map((_, at) => at) };
      if (known.size >= mostViews) known.clear();
      known.set(view, model);
    }
    return model;
  }

  return {
    decode({ body }, own): Asked {
      const { view, kind, head, original, tensors, wanted } = readStep(body);
      const codec = codecs()[kind];
      const model = codec === undefined ? undefined : seenAs(view, own);
      const asked = model === undefined ? undefined : codec?.decode({ body: original, head }, model);
      const inputs = tensors.length === 0 ? asked?.inputs : inputsOf(tensors, own);
      if (inputs === undefined) throw badRequest('a part of a chain has no inputs');
      if (wanted.length > 0 || codec === undefined || asked === undefined || model === undefined)
        return { inputs, wanted, note: { answer: undefined } satisfies Note };
      return { inputs, wanted: asked.wanted, note: { answer: { codec, asked, model } } satisfies Note };
    },
    encode(outputs: readonly Given[], { note }: Asked, _own: ServedModel, out: ByteWriter): number {
      const { answer } = note as Note;
      if (answer !== undefined) return answer.codec.encode(outputs, answer.asked, answer.model, out);
      writeTensors([], outputs, out);
      return 0;
    },
  };
}

/** Chains with the same part, and versions of their other parts, while they are swapped. */
const mostViews = 16;

function inputsOf(body: Buffer, { plan }: ServedModel): Asked['inputs'] {
  const { tensors } = readTensors(body);
  if (tensors.length !== plan.inputs.length) throw badRequest('the tensors are not those of the model');
  return tensors.map(({ type, dims, data }) => ({ type, dims, data, location: 'cpu' }));
}
