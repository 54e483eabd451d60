import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { OnnxModel } from '../core/versions/onnx-model.ts';
import type { Signature } from '../core/versions/signature.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';

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
