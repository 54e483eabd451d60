import { constant, graph, model, node, tensor } from './onnx-writer.ts';

const [rows, width] = [16, 256];

/**
 * Products of a 16 × 256 matrix with a 256 × 256 one, `layers` in a row, of some ten microseconds
 * each: latency goes with their number.
 */
export function layeredModel(layers: number): Uint8Array {
  const value = (index: number): string => (index === 0 ? 'x' : index === layers ? 'y' : `x${index}`);
  // Each averages, so that values stay what they are.
  const weights = Array.from({ length: width * width }, () => 1 / width);
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', [rows, width])],
      outputs: [tensor('y', 'float32', [rows, width])],
      initializers: [constant('float32', [width, width], weights, 'w')],
      nodes: Array.from({ length: layers }, (_, at) => node('MatMul', [value(at), 'w'], [value(at + 1)])),
    }),
  });
}
