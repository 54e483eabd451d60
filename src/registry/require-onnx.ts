import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { formatReference } from '../core/reference.ts';
import type { OnnxModel } from '../core/onnx-model.ts';
import type { Signature } from '../core/signature.ts';
import type { VersionRecord } from '../core/version-record.ts';

/** The ONNX file of a version, its signature and its operators. INVALID_INPUT for a version that is no ONNX model. */
export function requireOnnx({ name, version, format, entry, onnx }: VersionRecord): {
  entry: string;
  signature: Signature;
  operators: OnnxModel['operators'];
} {
  if (entry !== null && onnx !== null) return { entry, signature: onnx.signature, operators: onnx.operators };
  const ref = formatReference(name, version);
  throw new MlregError('INVALID_INPUT', `cannot run ${ref}: it is not an ONNX model (${quote(format)})`, {
    hint: 'register an ONNX export of the model',
  });
}
