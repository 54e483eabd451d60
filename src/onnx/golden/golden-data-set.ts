import { statSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature, ValueInfo } from '../../core/versions/signature.ts';
import { dataTypeName } from '../tensors/data-types.ts';
import type { FeedDtype, TensorValue } from '../feeds/feed-dtypes.ts';
import { withFile, ByteWindow, malformed, malformedReason, type Span } from '../file/bytes.ts';
import type { GivenCase, GivenValue } from './golden-case.ts';
import type { DataSetFiles } from './golden-set.ts';
import { readTensor, type TensorFacts } from '../file/read-values.ts';
import { checkTensorData, readTensorData } from '../tensors/tensor-data.ts';
import { WireMessage } from '../file/wire.ts';

/**
 * The case of a `test_data_set_N`. A TensorProto with the name of an input (or output) belongs to
 * it; any other file belongs to the input (or output) at its position, not counting inputs with a
 * default. INVALID_INPUT for a file that belongs to none.
 */
export function readDataSet(
  { name, inputs, outputs }: DataSetFiles,
  files: ReadonlyMap<string, string>,
  signature: Signature,
): GivenCase {
  const required = signature.inputs.filter(({ hasDefault }) => hasDefault !== true);
  return {
    name,
    where: quote(name),
    inputs: match('input', inputs, files, signature.inputs, required),
    outputs: match('output', outputs, files, signature.outputs, signature.outputs),
    tolerance: {},
  };
}

function match(
  side: 'input' | 'output',
  positions: ReadonlyMap<number, string>,
  files: ReadonlyMap<string, string>,
  named: readonly ValueInfo[],
  positioned: readonly ValueInfo[],
): Map<string, GivenValue> {
  const values = new Map<string, GivenValue>();
  for (const [position, path] of positions) {
    const file: ProtoFile = { path, location: files.get(path) ?? path };
    const own = nameIn(file);
    const info = named.find(({ name }) => name === own) ?? positioned[position];
    if (info === undefined) {
      throw refuse(
        file,
        `no ${side} at position ${position}: the model has ${positioned.length} (${positioned.map(({ name }) => quote(name)).join(', ')})`,
        { hint: `remove it, or set the tensor's name to the name of its ${side}` },
      );
    }
    const earlier = values.get(info.name);
    if (earlier !== undefined)
      throw refuse(file, `duplicate value for ${side} ${quote(info.name)}: also in ${earlier.where}`, {
        hint: `remove one of them, or set the tensor's name to the name of its ${side}`,
      });
    values.set(info.name, valueIn(file));
  }
  return values;
}

interface ProtoFile {
  path: string;
  location: string;
}

function valueIn(file: ProtoFile): GivenValue {
  return {
    where: quote(file.path),
    fileBytes: statSync(file.location).size,
    head: () => readProto(file, (_, { dataType, dims }) => ({ dtype: dataTypeName(dataType), shape: dims })),
    check: () => readProto(file, (window, facts) => checkTensorData(window, facts, dtypeOf(facts))),
    load: () =>
      readProto(file, (window, facts): TensorValue => {
        const dtype = dtypeOf(facts);
        return { dtype, shape: facts.dims, data: readTensorData(window, facts, dtype) };
      }),
  };
}

/** Called only for values that `fitCase` found to have such a type. */
function dtypeOf({ dataType }: TensorFacts): FeedDtype {
  return dataTypeName(dataType) as FeedDtype;
}

function whole(window: ByteWindow): Span {
  return { start: 0, end: window.size, depth: 0 };
}

function readProto<T>(file: ProtoFile, use: (window: ByteWindow, facts: TensorFacts) => T): T {
  return readBytes(file, (window) => {
    const facts = readTensor(window, whole(window));
    if (facts.dataType === 0) throw malformed('it has no data type');
    return use(window, facts);
  });
}

/** `TensorProto.name`; no other proto that such a file can contain has that field. */
function nameIn(file: ProtoFile): string {
  return readBytes(file, (window) => {
    const message = new WireMessage(window, whole(window), 'TensorProto');
    let name = '';
    while (message.next()) if (message.field === 8) name = message.text();
    return name;
  });
}

function readBytes<T>(file: ProtoFile, use: (window: ByteWindow) => T): T {
  try {
    return withFile(file.location, (source) => use(new ByteWindow(source)));
  } catch (cause) {
    const reason = malformedReason(cause);
    if (reason === undefined) throw cause;
    throw refuse(file, `not a readable TensorProto: ${reason}`, {
      hint: 'write it with onnx.numpy_helper.from_array(…).SerializeToString()',
      cause,
    });
  }
}

function refuse({ path }: ProtoFile, why: string, how: { hint: string; cause?: unknown }): MlregError {
  return new MlregError('INVALID_INPUT', `${quote(path)}: ${why}`, how);
}
