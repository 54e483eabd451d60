import { writeAscii } from '../../data/write-number.ts';
import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import { datatypes } from './datatypes.ts';
import { readValues, type ExactInteger } from './json-values.ts';
import { rawBytes, writeRaw, writeValues } from './values-out.ts';
import { badRequest, shown } from './refusal.ts';
import {
  checkDatatype,
  checkShape,
  inputNamed,
  missingInput,
  outputNamed,
  readRaw,
  tensor,
} from './tensors-in.ts';
import type { FedTensor } from '../../runtime/child/repeated-model.ts';

/** What an answer needs to know of its request. */
interface Note {
  /** As JSON text; undefined: none was given. */
  id: string | undefined;
  /** Whether each wanted output is binary. */
  binary: readonly boolean[];
}

type Json = Record<string, unknown>;

/**
 * The bodies of `infer` of the Open Inference Protocol, version 2, over REST, with the extension for
 * binary tensors: the first `head` bytes are JSON (0: all of them), and the data of the tensors that
 * have a `binary_data_size` follow in order. Specifications: KServe's predict-api/v2/required_api.md
 * and Triton's protocol/extension_binary_data.md.
 */
export const oipCodec: Codec = { decode, encode };

function decode({ body, head }: { body: Uint8Array; head: number }, model: ServedModel): Asked {
  if (head > body.length)
    throw badRequest(`Inference-Header-Content-Length is ${head}, but the body has ${body.length} bytes`);
  const text = Buffer.from(body.buffer, body.byteOffset, head === 0 ? body.length : head).toString('utf8');
  const root = parse(text);
  const { inputs: given, outputs: requested, parameters, id } = root;
  if (!Array.isArray(given)) throw badRequest('the request must have "inputs": a list of tensors');
  if (id !== undefined && typeof id !== 'string') throw badRequest('"id" must be a string');
  const binary = { body, at: head === 0 ? body.length : head };
  const { plan } = model;
  const inputs: (FedTensor | undefined)[] = plan.inputs.map(() => undefined);
  const exact = exactIntegers(text);
  for (let at = 0; at < given.length; at++) {
    const value: unknown = given[at];
    if (!isObject(value)) throw badRequest(`inputs[${at}] must be an object`);
    const position = inputNamed(plan, value['name']);
    if (inputs[position] !== undefined) throw badRequest(`input ${shown(value['name'])} is given twice`);
    inputs[position] = readInput(model, position, value, binary, (place) => exact(at, place));
  }
  if (binary.at < body.length)
    throw badRequest(`${body.length - binary.at} bytes follow the data of the last binary input`);
  for (let at = 0; at < inputs.length; at++)
    if (inputs[at] === undefined) throw missingInput(plan.inputs[at] as (typeof plan.inputs)[number]);
  const byDefault = isObject(parameters) && parameters['binary_data_output'] === true;
  const note: Note = { id: id === undefined ? undefined : JSON.stringify(id), binary: [] };
  if (requested === undefined || (Array.isArray(requested) && requested.length === 0)) {
    note.binary = byDefault ? model.all.map(() => true) : [];
    return { inputs: inputs as FedTensor[], wanted: model.all, note };
  }
  if (!Array.isArray(requested)) throw badRequest('"outputs" must be a list of objects with a "name"');
  const wanted = requested.map((output: unknown, at) => {
    if (!isObject(output)) throw badRequest(`outputs[${at}] must be an object`);
    return outputNamed(model.outputs, plan, output['name']);
  });
  if (new Set(wanted).size < wanted.length) throw badRequest('an output is requested twice');
  note.binary = requested.map((output: Json) => wantsBinary(output, byDefault));
  return { inputs: inputs as FedTensor[], wanted, note };
}

function parse(text: string): Json {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    const why = text === '' ? 'the body is empty' : (error as Error).message;
    throw badRequest(`the request is not JSON: ${why.slice(0, 200)}`);
  }
  if (!isObject(root)) throw badRequest('the request must be a JSON object with "inputs"');
  return root;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readInput(
  { plan }: ServedModel,
  position: number,
  given: Json,
  binary: { body: Uint8Array; at: number },
  exact: ExactInteger,
): FedTensor {
  const input = plan.inputs[position] as (typeof plan.inputs)[number];
  const dtype = checkDatatype(input, given['datatype']);
  const elements = checkShape(input, given['shape']);
  const shape = given['shape'] as number[];
  const { parameters } = given;
  const size = isObject(parameters) ? parameters['binary_data_size'] : undefined;
  if (size === undefined)
    return tensor(dtype, shape, readValues(input, dtype, shape, elements, given['data'], exact));
  if (!Number.isInteger(size) || (size as number) < 0)
    throw badRequest(
      `input ${shown(input.name)}: "binary_data_size" must be a number of bytes, not ${shown(size)}`,
    );
  if (given['data'] !== undefined)
    throw badRequest(`input ${shown(input.name)} has both "data" and "binary_data_size"`);
  const end = binary.at + (size as number);
  if (end > binary.body.length)
    throw badRequest(
      `input ${shown(input.name)} says that it has ${shown(size)} bytes of binary data, but ${binary.body.length - binary.at} are left; ` +
        'the header Inference-Header-Content-Length says where they begin',
    );
  const bytes = binary.body.subarray(binary.at, end);
  binary.at = end;
  return tensor(dtype, shape, readRaw(input, dtype, shape, elements, bytes));
}

function wantsBinary({ parameters }: Json, byDefault: boolean): boolean {
  if (!isObject(parameters)) return byDefault;
  if (parameters['classification'] !== undefined && parameters['classification'] !== 0)
    throw badRequest('the parameter "classification" is not supported: ask for the whole output');
  const asked = parameters['binary_data'];
  return typeof asked === 'boolean' ? asked : byDefault;
}

/**
 * Reads the request again with the digits of its integers, which Node 22 does not give: once,
 * whatever the number of large ones.
 */
function exactIntegers(text: string): (input: number, place: number) => bigint | undefined {
  let again: { inputs: { data: unknown }[] } | undefined;
  const flat = new Map<number, unknown[]>();
  return (input, place) => {
    const withSource = JSON.parse as (
      text: string,
      reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
    ) => { inputs: { data: unknown }[] };
    again ??= withSource(text, (_key, value, context) =>
      typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '')
        ? BigInt(context?.source ?? 0)
        : value,
    );
    const data = again.inputs[input]?.data;
    const values = flat.get(input) ?? (Array.isArray(data) ? data.flat(Infinity) : [data]);
    flat.set(input, values);
    const value = values[place];
    return typeof value === 'bigint' ? value : undefined;
  };
}

/** What every answer of a model has: bytes, so that it is not made again for each. */
interface Frame {
  /** Up to the id. */
  start: Buffer;
  /** For each output, up to its shape. */
  outputs: Buffer[];
}

const frames = new WeakMap<ServedModel, Frame>();
const comma = 44;

function frameOf(model: ServedModel): Frame {
  const known = frames.get(model);
  if (known !== undefined) return known;
  const { name, version } = model.plan;
  const frame = {
    start: Buffer.from(`{"model_name":${JSON.stringify(name)},"model_version":${JSON.stringify(version)}`),
    outputs: model.outputs.map((output) =>
      Buffer.from(`{"name":${JSON.stringify(output.name)},"datatype":"`),
    ),
  };
  frames.set(model, frame);
  return frame;
}

function encode(outputs: readonly Given[], asked: Asked, model: ServedModel, out: ByteWriter): number {
  const { id, binary } = asked.note as Note;
  const frame = frameOf(model);
  const start = out.at;
  writeBytes(out, frame.start);
  if (id !== undefined) writeText(out, `,"id":${id}`);
  writeShort(out, ',"outputs":[');
  let anyBinary = false;
  for (let at = 0; at < outputs.length; at++) {
    const { type, dims, data } = outputs[at] as Given;
    if (at > 0) out.bytes[out.at++] = comma;
    writeBytes(out, frame.outputs[asked.wanted[at] as number] as Buffer);
    writeShort(out, datatypes[type]);
    writeShort(out, '","shape":[');
    for (let axis = 0; axis < dims.length; axis++) {
      if (axis > 0) out.bytes[out.at++] = comma;
      writeShort(out, String(dims[axis]));
    }
    if (binary[at] === true) {
      anyBinary = true;
      writeShort(out, `],"parameters":{"binary_data_size":${rawBytes(type, data)}}}`);
      continue;
    }
    writeShort(out, '],"data":[');
    const notFinite = writeValues(type, data, out);
    writeShort(out, notFinite === 0 ? ']}' : `],"parameters":{"non_finite":${notFinite}}}`);
  }
  writeShort(out, ']}');
  if (!anyBinary) return 0;
  const head = out.at - start;
  for (let at = 0; at < outputs.length; at++) {
    const { type, data } = outputs[at] as Given;
    if (binary[at] === true) writeRaw(type, data, out);
  }
  return head;
}

/** Room for separators, which are written without a look at it. */
const spare = 64;

function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.reserve(bytes.length + spare);
  out.bytes.set(bytes, out.at);
  out.at += bytes.length;
}

/** A few characters of ASCII. */
function writeShort(out: ByteWriter, text: string): void {
  out.reserve(text.length + spare);
  out.at = writeAscii(out.bytes, out.at, text);
}

function writeText(out: ByteWriter, text: string): void {
  out.reserve(3 * text.length + spare);
  out.at += out.bytes.write(text, out.at, 'utf8');
}
