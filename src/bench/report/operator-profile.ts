import type { NodeTime, OperatorTime } from '../child/operator-profile.ts';

/**
 * Where the time of a run goes, as ONNX Runtime's own profile has it, of a session beside the timed
 * ones: writing the profile makes runs slower. What a node takes is its own: an If, Loop or Scan
 * stands without the nodes of its subgraphs, which stand for themselves.
 */
export interface OperatorProfile {
  /** Profiled runs; all but counts are means over them. */
  runs: number;
  /** Median call while profiling / median of the timed runs; null: there is no such. */
  slowdown: number | null;
  phases: ProfilePhases;
  /** Longest first. */
  operators: OperatorTime[];
  /** The ten that take longest. The runtime counts whole microseconds, rounded down. */
  nodes: NodeTime[];
}

/**
 * Milliseconds. `callMs` = `runMs` + `fetchMs`; `runMs` = `nodesMs` + what the runtime does between
 * the nodes.
 */
export interface ProfilePhases {
  /**
   * To create the session: load, optimise, allocate. Not profiled: the median of the launches, as
   * in `phases`.
   */
  createMs: number;
  /** The first run of a session, likewise. */
  firstRunMs: number;
  /** To make the input tensors in JavaScript. Once: timed runs all feed the same ones. */
  feedsMs: number;
  /** A call of onnxruntime-node's run(), from the call to the outputs, while profiling. */
  callMs: number;
  /** Of that, inside of ONNX Runtime: its `model_run`. */
  runMs: number;
  /** Of that, in nodes. */
  nodesMs: number;
  /**
   * What onnxruntime-node adds to a call: handing over the inputs, making JavaScript tensors of the
   * outputs, a turn of the event loop.
   */
  fetchMs: number;
}

/**
 * Domain by operator, of the operators as `OnnxModel` counts them. Without those that occur in two
 * domains.
 */
export function domainsOf(operators: Readonly<Record<string, number>>): Map<string, string> {
  const domains = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const key of Object.keys(operators)) {
    const dot = key.lastIndexOf('.');
    const op = key.slice(dot + 1);
    if (domains.has(op)) ambiguous.add(op);
    domains.set(op, dot === -1 ? 'ai.onnx' : key.slice(0, dot));
  }
  for (const op of ambiguous) domains.delete(op);
  return domains;
}
