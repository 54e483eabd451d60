import * as z from 'zod';
import { count } from './kinds.ts';

const ms = z.number().nonnegative();

const time = {
  op: z.string(),
  domain: z.string().nullable().describe("ai.onnx, ai.onnx.ml …; null: inserted by ONNX Runtime's optimizer"),
  countPerRun: z.number().nonnegative().describe('Nodes of a loop body count once per iteration'),
  msPerRun: ms.describe('Excluding nodes of subgraphs, which are listed separately'),
  share: z
    .number()
    .nonnegative()
    .describe('Share of the time of all nodes, 0 to 1; all 0 if no node took a microsecond'),
};

/** From a profiled session, separate from the timed ones. */
export const operatorProfile = z
  .strictObject({
    runs: count.describe('Number of profiled runs; other values are means over them'),
    slowdown: z
      .number()
      .nullable()
      .describe('Slowdown by profiling: median profiled call / median timed run; null: unknown'),
    phases: z
      .strictObject({
        createMs: ms.describe('Session creation; not profiled, see phases.createMs'),
        firstRunMs: ms.describe('First run of a session; not profiled'),
        feedsMs: ms.describe('Creation of the input tensors, once'),
        callMs: ms.describe("A call of onnxruntime-node's run()"),
        runMs: ms.describe('Part of callMs inside ONNX Runtime'),
        nodesMs: ms.describe('Part of runMs in nodes'),
        fetchMs: ms.describe('Overhead of onnxruntime-node per call: callMs - runMs'),
      })
      .describe('Time per phase in milliseconds'),
    operators: z.array(z.strictObject(time)).describe('Longest first'),
    nodes: z
      .array(z.strictObject({ name: z.string(), ...time }))
      .describe('The ten slowest nodes; names are cut after 200 characters'),
  })
  .meta({ id: 'OperatorProfile', description: "Time per operator, from ONNX Runtime's profiler" });
