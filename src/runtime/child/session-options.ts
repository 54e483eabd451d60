import type { InferenceSession } from 'onnxruntime-node';

/**
 * Options of an ONNX Runtime session. All of them are set, so that nothing depends on the machine's
 * defaults, unless the defaults were requested.
 */
export interface SessionChoices {
  /** Null: ONNX Runtime's default. */
  intraOpThreads: number | null;
  interOpThreads: number | null;
  /**
   * Session config entries by their ONNX Runtime key, such as `session.intra_op.allow_spinning`.
   */
  extra: Record<string, string>;
}

export function sessionOptions(session: SessionChoices): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    ...(session.intraOpThreads === null ? {} : { intraOpNumThreads: session.intraOpThreads }),
    ...(session.interOpThreads === null ? {} : { interOpNumThreads: session.interOpThreads }),
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(Object.keys(session.extra).length > 0 ? { extra: nest(session.extra) } : {}),
  };
}

/** onnxruntime-node joins nested keys with dots: `{session: {disable_prepacking: '1'}}`. */
function nest(entries: Record<string, string>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entries)) {
    const path = key.split('.');
    const last = path.pop() ?? key;
    let level = root;
    for (const part of path) level = (level[part] ??= {}) as Record<string, unknown>;
    level[last] = value;
  }
  return root;
}
