/**
 * Small models that are well-formed and do harm: what a registry may be handed. Source of the
 * operators: onnx.ai, opset 17.
 */
import { constant, graph, model, node, reals, tensor } from './onnx-writer.ts';

/**
 * Loads, and never returns from its first run: a Loop without a trip count whose condition stays
 * true.
 */
export function endlessLoop(): Uint8Array {
  const body = graph({
    name: 'body',
    inputs: [tensor('i', 'int64', []), tensor('go', 'bool', []), tensor('v', 'float32', [1])],
    outputs: [tensor('still', 'bool', []), tensor('w', 'float32', [1])],
    nodes: [node('Identity', ['go'], ['still']), node('Identity', ['v'], ['w'])],
  });
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', [1])],
      outputs: [tensor('y', 'float32', [1])],
      initializers: [constant('bool', [], [1], 'yes')],
      nodes: [node('Loop', ['', 'yes', 'x'], ['y'], { body })],
    }),
  });
}

/** Takes `bytes` of memory while it loads: ONNX Runtime folds the constant of that shape. */
export function allocationBomb(bytes = 2 ** 31): Uint8Array {
  return model({
    graph: graph({
      outputs: [tensor('y', 'float32', ['n'])],
      initializers: [constant('int64', [1], [bytes / 4], 's')],
      nodes: [node('ConstantOfShape', ['s'], ['y'])],
    }),
  });
}

/** Refused when the session is created. */
export function unknownOperator(): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', [1])],
      outputs: [tensor('y', 'float32', [1])],
      nodes: [node('NoSuchOperator', ['x'], ['y'])],
    }),
  });
}

/**
 * Crashes ONNX Runtime while it loads: a decision tree so deep that following it overflows the
 * native stack. Made once for each depth, since writing it takes half a second.
 */
export function bottomlessTree(depth = 100_000): Uint8Array {
  const made = trees.get(depth) ?? deepTree(depth);
  trees.set(depth, made);
  return made;
}

const trees = new Map<number, Uint8Array>();

function deepTree(depth: number): Uint8Array {
  const count = 2 * depth + 1;
  const ids = Array.from({ length: count }, (_, id) => id);
  const inner = (id: number): boolean => id < depth;
  const zeros = ids.map(() => 0);
  const leaves = ids.filter((id) => !inner(id));
  return model({
    opset: { '': 17, 'ai.onnx.ml': 3 },
    graph: graph({
      inputs: [tensor('x', 'float32', [1, 1])],
      outputs: [tensor('y', 'float32', [1, 1])],
      nodes: [
        node(
          'TreeEnsembleRegressor',
          ['x'],
          ['y'],
          {
            n_targets: 1,
            nodes_treeids: zeros,
            nodes_nodeids: ids,
            nodes_featureids: zeros,
            nodes_values: reals(ids),
            nodes_modes: ids.map((id) => (inner(id) ? 'BRANCH_LEQ' : 'LEAF')),
            // The last branch leads to two leaves; every other one to the next branch and a leaf.
            nodes_truenodeids: ids.map((id) => (inner(id) ? id + 1 : 0)),
            nodes_falsenodeids: ids.map((id) =>
              inner(id) ? (id === depth - 1 ? count - 1 : depth + 1 + id) : 0,
            ),
            target_treeids: leaves.map(() => 0),
            target_nodeids: leaves,
            target_ids: leaves.map(() => 0),
            target_weights: reals(leaves),
          },
          { domain: 'ai.onnx.ml' },
        ),
      ],
    }),
  });
}
