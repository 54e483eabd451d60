import type { FedTensor } from '../../runtime/child/repeated-model.ts';
import { MalformedMessage, WireReader } from '../protobuf/wire-reader.ts';
import { writeLength, writeMessage, writePacked, writeText } from '../protobuf/wire-writer.ts';
import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import { datatypes } from './datatypes.ts';
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
import { readContents, writeContents } from './typed-contents.ts';
import { rawBytes, writeRaw } from './values-out.ts';

/** What an answer needs to know of its request. */
interface Note {
  id: string;
  /** Whether the values are in `raw_output_contents`, and whether they are in `contents`. */
  raw: boolean;
  typed: boolean;
}

/** An input of a request, before it is compared with the model's. */
interface GivenInput {
  name: string;
  datatype: string;
  shape: number[];
  /** InferTensorContents. */
  contents: WireReader | undefined;
}

/** What the length of a gRPC message stands in, with a byte that says it is not compressed. */
const prefixBytes = 5;

/**
 * The messages of `ModelInfer` of the Open Inference Protocol, version 2, over gRPC: a request is a
 * ModelInferRequest, an answer a ModelInferResponse with the prefix that gRPC wants. Their fields are
 * described in `grpc/protocols.ts`; they are read and written by hand, because every request pays.
 */
export const grpcCodec: Codec = { decode, encode };

function decode({ body }: { body: Uint8Array }, model: ServedModel): Asked {
  try {
    return read(Buffer.from(body.buffer, body.byteOffset, body.length), model);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw badRequest(`the request is no ModelInferRequest: ${error.message}`);
  }
}

function read(message: Buffer, model: ServedModel): Asked {
  const given: GivenInput[] = [];
  const raw: Buffer[] = [];
  const names: string[] = [];
  let id = '';
  let binary: boolean | undefined;
  for (const reader = new WireReader(message); reader.next();) {
    if (reader.field === 5) given.push(readInput(reader.message()));
    else if (reader.field === 7) raw.push(reader.content());
    else if (reader.field === 6) names.push(readRequested(reader.message()));
    else if (reader.field === 3) id = reader.text();
    else if (reader.field === 4) {
      const [key, value] = readParameter(reader.message());
      if (key === 'binary_data_output' && typeof value === 'boolean') binary = value;
    }
  }
  if (raw.length > 0 && raw.length !== given.length)
    throw badRequest(
      `there are ${raw.length} raw_input_contents for ${given.length} inputs: each input needs one`,
    );
  const inputs = given.length === 0 ? [] : tensorsOf(given, raw, model);
  for (let at = 0; at < model.plan.inputs.length; at++)
    if (inputs[at] === undefined) throw missingInput(model.plan.inputs[at]!);
  const typed = raw.length === 0;
  return {
    inputs,
    wanted: names.length === 0 ? model.all : wantedOf(names, model),
    note: { id, raw: binary ?? true, typed: binary === undefined ? typed : !binary } satisfies Note,
  };
}

function tensorsOf(given: readonly GivenInput[], raw: readonly Buffer[], { plan }: ServedModel): FedTensor[] {
  const inputs: FedTensor[] = [];
  for (let at = 0; at < given.length; at++) {
    const { name, datatype, shape, contents } = given[at]!;
    const position = inputNamed(plan, name);
    if (inputs[position] !== undefined) throw badRequest(`input ${shown(name)} is given twice`);
    const input = plan.inputs[position]!;
    const dtype = checkDatatype(input, datatype);
    const elements = checkShape(input, shape);
    if (raw.length > 0 && contents !== undefined)
      throw badRequest(`input ${shown(name)} has contents, but the request has raw_input_contents`);
    const data =
      raw.length > 0
        ? readRaw(input, dtype, shape, elements, raw[at]!)
        : readContents(input, dtype, shape, elements, contents);
    inputs[position] = tensor(dtype, shape, data);
  }
  return inputs;
}

function readInput(reader: WireReader): GivenInput {
  const input: GivenInput = { name: '', datatype: '', shape: [], contents: undefined };
  while (reader.next()) {
    if (reader.field === 1) input.name = reader.text();
    else if (reader.field === 2) input.datatype = reader.text();
    else if (reader.field === 3) reader.eachInteger((size) => input.shape.push(size));
    else if (reader.field === 4) refuseSharedMemory(readParameter(reader.message()));
    else if (reader.field === 5) input.contents = reader.message();
  }
  return input;
}

/** The name of a requested output. */
function readRequested(reader: WireReader): string {
  let name = '';
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) {
      const parameter = readParameter(reader.message());
      refuseSharedMemory(parameter);
      const [key, value] = parameter;
      if (key === 'classification' && value !== 0)
        throw badRequest('the parameter "classification" is not supported: ask for the whole output');
    }
  }
  return name;
}

function wantedOf(names: readonly string[], { outputs, plan }: ServedModel): number[] {
  const wanted = names.map((name) => outputNamed(outputs, plan, name));
  if (new Set(wanted).size < wanted.length) throw badRequest('an output is requested twice');
  return wanted;
}

type Parameter = [key: string, value: string | number | boolean | undefined];

/** An entry of a map to InferParameter. A number that is no integer is undefined. */
function readParameter(reader: WireReader): Parameter {
  const entry: Parameter = ['', undefined];
  while (reader.next()) {
    if (reader.field === 1) entry[0] = reader.text();
    else if (reader.field === 2) {
      for (const value = reader.message(); value.next();) {
        if (value.field === 1) entry[1] = value.boolean();
        else if (value.field === 2 || value.field === 5) entry[1] = value.integer();
        else if (value.field === 3) entry[1] = value.text();
      }
    }
  }
  return entry;
}

function refuseSharedMemory([key]: Parameter): void {
  if (key === 'shared_memory_region')
    throw badRequest('shared memory is not supported: send the values in the request');
}

function encode(outputs: readonly Given[], asked: Asked, model: ServedModel, out: ByteWriter): number {
  const { plan } = model;
  const { id, typed, raw: wantsRaw } = asked.note as Note;
  // FP16 has no other form.
  const raw = wantsRaw || outputs.some(({ type }) => type === 'float16');
  out.reserve(prefixBytes);
  const start = out.at;
  out.at += prefixBytes;
  writeText(out, 1, plan.name);
  writeText(out, 2, plan.version);
  if (id !== '') writeText(out, 3, id);
  for (let at = 0; at < outputs.length; at++) {
    const { type, dims, data } = outputs[at]!;
    writeMessage(out, 5, () => {
      writeText(out, 1, model.outputs[asked.wanted[at]!]!.name);
      writeText(out, 2, datatypes[type]);
      if (dims.length > 0) writePacked(out, 3, dims);
      if (typed) writeContents(type, data, out);
    });
  }
  if (raw) {
    for (const { type, data } of outputs) {
      writeLength(out, 6, rawBytes(type, data));
      writeRaw(type, data, out);
    }
  }
  out.bytes[start] = 0;
  out.bytes.writeUInt32BE(out.at - start - prefixBytes, start + 1);
  return 0;
}
