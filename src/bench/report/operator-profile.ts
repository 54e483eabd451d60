import type { NodeTime, OperatorTime } from '../child/operator-profile.ts';

/**
 * Where the time of a run goes, according to ONNX Runtime's own profile. The profiled session is
 * separate from the timed ones, because writing the profile makes runs slower. The time of a node
 * is its own: that of an If, Loop or Scan excludes the nodes of its subgraphs, which are counted
 * themselves.
 */
export interface OperatorProfile {
  /** Profiled runs. All numbers except counts are means over these runs. */
  runs: number;
  /** Median call while profiling / median of the timed runs; null if no runs were timed. */
  slowdown: number | null;
  phases: ProfilePhases;
  /** Longest first. */
  operators: OperatorTime[];
  /** The ten slowest nodes. The runtime counts whole microseconds, rounded down. */
  nodes: NodeTime[];
}

/**
 * Milliseconds. `callMs` = `runMs` + `fetchMs`; `runMs` = `nodesMs` + the runtime's work between
 * the nodes.
 */
export interface ProfilePhases {
  /**
   * Time to create the session: load, optimise, allocate. Not profiled: the median of the launches,
   * as in `phases`.
   */
  createMs: number;
  /** The first run of a session, a median like `createMs`. */
  firstRunMs: number;
  /** Time to create the input tensors in JavaScript, once: all timed runs use the same tensors. */
  feedsMs: number;
  /** One call of onnxruntime-node's run(), until the outputs are available, while profiling. */
  callMs: number;
  /** The part of `callMs` inside ONNX Runtime: its `model_run`. */
  runMs: number;
  /** The part of `runMs` in nodes. */
  nodesMs: number;
  /**
   * What onnxruntime-node adds to a call: passing the inputs, creating JavaScript tensors for the
   * outputs, a turn of the event loop.
   */
  fetchMs: number;
}

/**
 * Domain by operator, for operators as `OnnxModel` counts them. Without those that occur in two
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
