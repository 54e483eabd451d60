import { randomUUID } from 'node:crypto';
import {
  comparisonKind,
  evaluationKind,
  type ComparedMetric,
  type StoredComparison,
  type StoredEvaluation,
} from '../../src/core/measurements/evaluation.ts';
import type { RegistryEvent } from '../../src/core/events/event.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { sha256Hex } from '../../src/storage/hash-chain.ts';
import { digestOfText } from './metadata-samples.ts';
import { exact, version } from './temp-registry.ts';

type Data = { file?: string | null; text?: string; target?: string };

/** The data that tests evaluate on; `text` stands for its bytes. */
export function dataOf({ file = 'test.csv', text = 'test', target = 'target' }: Data = {}) {
  return { file, digest: digestOfText(text), target, rows: 540, missingTarget: 0, rejected: 0 };
}

export function storedEvaluation(
  metrics: StoredEvaluation['metrics'],
  { data = {}, ...rest }: Partial<Omit<StoredEvaluation, 'data'>> & { data?: Data } = {},
): StoredEvaluation {
  return {
    task: 'classification',
    data: dataOf(data),
    as: null,
    asOf: null,
    rows: 540,
    outputs: { label: 'label', probability: 'probabilities', prediction: null },
    metrics,
    undefinedMetrics: {},
    intervals: {},
    positive: null,
    labels: ['a', 'b', 'c'],
    classes: [],
    confusion: null,
    calibration: null,
    slices: [],
    importance: null,
    ...rest,
  };
}

/** Saves an evaluation beside `digits@selector`. */
export function saveEvaluation(
  registry: Registry,
  selector: string,
  result: StoredEvaluation,
): Promise<RegistryEvent> {
  const { digest, target } = result.data;
  return registry.metadata.addMeasurement(evaluationKind, {
    id: randomUUID(),
    model: exact(`digits@${selector}`).name,
    version: version(selector),
    fingerprint: sha256Hex(`${digest} ${target} ${result.task}`).slice(0, 16),
    status: 'ok',
    result,
    samples: new Uint8Array(),
    actor: 'tester',
    at: registry.now(),
  });
}

export function comparedMetric(rest: Partial<ComparedMetric>): ComparedMetric {
  const one = { name: 'accuracy', direction: 'higher', baseline: 0.9, candidate: 0.92 } as const;
  const about = { delta: 0.02, low: 0.005, high: 0.035, p: 0.008, better: 'candidate' } as const;
  return { ...one, ...about, test: 'mcnemar', ...rest } as ComparedMetric;
}

/** Saves a comparison of two versions of digits, beside the second. */
export async function saveComparison(
  registry: Registry,
  [baseline, candidate]: [string, string],
  metrics: ComparedMetric[],
): Promise<RegistryEvent> {
  const side = async (selector: string): Promise<StoredComparison['baseline']> => {
    const record = await registry.metadata.version(exact(`digits@${selector}`).name, version(selector));
    return { ref: `digits@${selector}`, digest: record?.artifact.digest ?? '' };
  };
  return registry.metadata.addMeasurement(comparisonKind, {
    id: randomUUID(),
    model: exact(`digits@${candidate}`).name,
    version: version(candidate),
    fingerprint: 'x',
    status: 'ok',
    result: {
      task: 'classification',
      data: dataOf(),
      rows: 540,
      baseline: await side(baseline),
      candidate: await side(candidate),
      metrics,
    },
    samples: new Uint8Array(),
    actor: 'tester',
    at: registry.now(),
  });
}
