import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { graph, model, node, tensor } from './onnx-writer.ts';

/** A model that passes the columns `p_0` … on as `probabilities`, and the place of the highest as `label`. */
export function classifier(folder: string, classes: number, outputs = ['label', 'probabilities']): string {
  const all = {
    label: tensor('label', 'int64', ['N']),
    probabilities: tensor('probabilities', 'float32', ['N', classes]),
  };
  return write(folder, {
    inputs: [tensor('p', 'float32', ['N', classes])],
    outputs: outputs.map((name) => all[name as keyof typeof all]),
    nodes: [
      ...(outputs.includes('label') ? [node('ArgMax', ['p'], ['label'], { axis: 1, keepdims: 0 })] : []),
      ...(outputs.includes('probabilities') ? [node('Identity', ['p'], ['probabilities'])] : []),
    ],
  });
}

/** The same whose labels are words. */
export function wordClassifier(folder: string, words: readonly string[]): string {
  return write(folder, {
    inputs: [tensor('p', 'float32', ['N', words.length])],
    outputs: [tensor('label', 'string', ['N']), tensor('probabilities', 'float32', ['N', words.length])],
    nodes: [
      node('ArgMax', ['p'], ['place'], { axis: 1, keepdims: 0 }),
      node(
        'LabelEncoder',
        ['place'],
        ['label'],
        { keys_int64s: words.map((_, at) => at), values_strings: words },
        { domain: 'ai.onnx.ml' },
      ),
      node('Identity', ['p'], ['probabilities']),
    ],
  });
}

/** A model that passes the column `x` on as `y`. */
export function identity(folder: string): string {
  return write(folder, {
    inputs: [tensor('x', 'float32', ['N', 1])],
    outputs: [tensor('y', 'float32', ['N', 1])],
    nodes: [node('Identity', ['x'], ['y'])],
  });
}

function write(folder: string, content: Parameters<typeof graph>[0]): string {
  const file = join(folder, 'model.onnx');
  writeFileSync(file, model({ opset: { '': 17, 'ai.onnx.ml': 3 }, graph: graph(content) }));
  return file;
}
