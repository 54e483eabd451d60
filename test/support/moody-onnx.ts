/**
 * Small models whose latency or outputs depend on more than their shape. Source of the operators:
 * onnx.ai, opset 17.
 */
import { constant, graph, model, node, real, tensor } from './onnx-writer.ts';

/** Adds 1 to `x` as many times as `turns` says: latency depends on a value. Exact up to 2^24. */
export function countingLoop(): Uint8Array {
  const body = graph({
    name: 'body',
    inputs: [tensor('i', 'int64', []), tensor('go', 'bool', []), tensor('v', 'float32', [1])],
    outputs: [tensor('still', 'bool', []), tensor('w', 'float32', [1])],
    nodes: [node('Identity', ['go'], ['still']), node('Add', ['v', 'one'], ['w'])],
  });
  return model({
    graph: graph({
      inputs: [tensor('turns', 'int64', []), tensor('x', 'float32', [1])],
      outputs: [tensor('y', 'float32', [1])],
      initializers: [constant('bool', [], [1], 'yes'), constant('float32', [1], [1], 'one')],
      nodes: [node('Loop', ['turns', 'yes', 'x'], ['y'], { body })],
    }),
  });
}

/**
 * Adds a random number to `x`: another one at each run of a session, the same ones in each session.
 */
export function moodyAdder(): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', ['n'])],
      outputs: [tensor('y', 'float32', [1])],
      nodes: [
        node('RandomUniform', [], ['mood'], { shape: [1], seed: real(7) }),
        node('Add', ['x', 'mood'], ['y']),
      ],
    }),
  });
}

/** The sum of as many zeros as `size` says: the memory that it takes depends on a value. */
export function sizedSum(): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('size', 'int64', [1])],
      outputs: [tensor('y', 'float32', [1])],
      initializers: [constant('int64', [1], [1], 'all')],
      nodes: [
        node('ConstantOfShape', ['size'], ['many']),
        node('ReduceSum', ['many'], ['sum'], { keepdims: 0 }),
        node('Reshape', ['sum', 'all'], ['y']),
      ],
    }),
  });
}
