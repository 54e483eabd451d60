import type { Signature } from './signature.ts';

/** What the bytes of an ONNX file show, without ONNX Runtime and without loading the weights. */
export interface OnnxModel {
  irVersion: number;
  /** The default domain is written `ai.onnx`. Sorted by domain. */
  opsets: { domain: string; version: number }[];
  producer: { name: string; version: string };
  signature: Signature;
  /** Nodes of the main graph and of every nested graph and function. */
  nodeCount: number;
  /**
   * Elements in all initializers (for sparse ones, their stored values), external data included,
   * and learned numbers in attributes (since version 2 of the graph digest).
   */
  parameterCount: number;
  /**
   * How often each operator occurs; those outside `ai.onnx` are written `domain.Name`. Sorted by
   * name.
   */
  operators: Record<string, number>;
  /**
   * Paths of external data files, relative to the folder of the model file, `/`-separated, sorted.
   */
  externalData: string[];
  /** `sha256:<hex>` of what the graph does, without the values of its weights. */
  graphDigest: string;
  /** How the digest was made; absent: 1. Digests of different versions cannot be compared. */
  graphDigestVersion?: number;
}
