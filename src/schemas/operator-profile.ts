import * as z from 'zod';
import { count } from './kinds.ts';

const ms = z.number().nonnegative();

const time = {
  op: z.string(),
  domain: z
    .string()
    .nullable()
    .describe('ai.onnx, ai.onnx.ml …; null: ONNX Runtime put it there while it optimised the graph'),
  countPerRun: z.number().nonnegative().describe('Of the body of a loop: as often as it runs'),
  msPerRun: ms.describe('Without the nodes of its subgraphs, which are counted themselves'),
  share: z
    .number()
    .nonnegative()
    .describe(
      'Of the time of all nodes, 0 … 1; they add up to 1, or are all 0 where no node took a microsecond',
    ),
};

/** Of a profiled session beside the timed ones. */
export const operatorProfile = z
  .strictObject({
    runs: count.describe('Profiled runs; the rest are means over them'),
    slowdown: z
      .number()
      .nullable()
      .describe('Median call while profiling / median of the timed runs; null: there is none'),
    phases: z
      .strictObject({
        createMs: ms.describe('To create the session; not profiled, as phases.createMs'),
        firstRunMs: ms.describe('The first run of a session, likewise'),
        feedsMs: ms.describe('To make the input tensors, once'),
        callMs: ms.describe("A call of onnxruntime-node's run()"),
        runMs: ms.describe('Of that, inside of ONNX Runtime'),
        nodesMs: ms.describe('Of that, in nodes'),
        fetchMs: ms.describe('What onnxruntime-node adds to a call: callMs - runMs'),
      })
      .describe('Where the time goes, in milliseconds'),
    operators: z.array(z.strictObject(time)).describe('Longest first'),
    nodes: z
      .array(z.strictObject({ name: z.string(), ...time }))
      .describe('The ten that take longest; names are cut after 200 characters'),
  })
  .meta({ id: 'OperatorProfile', description: 'What each operator takes, by the profile of ONNX Runtime' });
