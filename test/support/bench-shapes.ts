/**
 * Tables of models, each benched for a few runs in a child of its own: what comes of it is a
 * measurement, or has a name.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { BenchOptions } from '../../src/bench/plan/plan.ts';
import { benchModel, modelFile } from './bench-model.ts';
import {
  type Encoded,
  graph,
  type GraphOptions,
  model,
  type ModelOptions,
  node,
  tensor,
  type Shape,
} from './onnx-writer.ts';
import { failsWith } from './temp-folder.ts';

export interface ModelShape {
  bytes: Uint8Array;
  /** Beside the model file. */
  files?: Record<string, Uint8Array>;
  options?: BenchOptions;
  /** Refused before anything runs: what is wrong, and where. */
  refused?: RegExp;
  /** The runtime refuses it: its words. */
  error?: RegExp;
  /** Of a model that is measured: the shapes that are fed, and the outputs that are not fetched. */
  shapes?: Record<string, number[]>;
  skipped?: string[];
}

type Rest = Omit<ModelOptions, 'graph'>;

export function shaped(options: GraphOptions, rest: Rest = {}): Uint8Array {
  return model({ ...rest, graph: graph(options) });
}

/** `y` is `x`, of one type and shape. */
export function identity(dtype: string | number, shape: Shape, rest: Rest = {}): Uint8Array {
  const [inputs, outputs] = [[tensor('x', dtype, shape)], [tensor('y', dtype, shape)]];
  return shaped({ inputs, outputs, nodes: [node('Identity', ['x'], ['y'])] }, rest);
}

/** `y` is what the nodes make of `x`, both two floats unless the options say otherwise. */
export function vector(nodes: Encoded<'node'>[], options: GraphOptions = {}, rest: Rest = {}): Uint8Array {
  const [inputs, outputs] = [[tensor('x', 'float32', [2])], [tensor('y', 'float32', [2])]];
  return shaped({ inputs, outputs, nodes, ...options }, rest);
}

/** A test for each model. */
export function testShapes(models: Record<string, ModelShape>): void {
  for (const [name, shape] of Object.entries(models)) {
    test(name, async (t) => {
      const file = modelFile(t, shape.bytes);
      for (const [path, bytes] of Object.entries(shape.files ?? {}))
        writeFileSync(join(dirname(file), path), bytes);
      const { refused, error } = shape;
      const bench = async () => (await benchModel(file, { iterations: 5, ...shape.options })).report;
      if (refused !== undefined) return assert.rejects(bench, failsWith('INVALID_INPUT', refused));
      const report = await bench();
      if (error !== undefined) {
        assert.deepEqual([report.status, report.error?.launch], ['error', 1], report.error?.message);
        return assert.match(report.error?.message ?? '', error);
      }
      assert.equal(report.status, 'ok', report.error?.message);
      assert.equal(report.latencyMs?.n, 5);
      if (shape.shapes !== undefined) assert.deepEqual(report.input.shapes, shape.shapes);
      assert.deepEqual(report.outputs.skipped, shape.skipped ?? []);
    });
  }
}
