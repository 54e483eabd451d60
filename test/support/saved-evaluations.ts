import { randomUUID } from 'node:crypto';
import { evaluationKind, type StoredEvaluation } from '../../src/core/measurements/evaluation.ts';
import { modelName, version, type TempRegistry } from './temp-registry.ts';

const dayMs = 86_400e3;

/** The day that series begin with, and the time of one of its days. */
export const firstDay = Date.UTC(2026, 0, 1);
export const day = (number: number): number => firstDay + number * dayMs;

/** Stores an evaluation of a version, as `evaluate --save --at` does, without a model. */
export async function saveEvaluation(
  registry: Pick<TempRegistry, 'metadata'> & { clock: { at: number } },
  ref: string,
  on: { at: number | null; metrics: StoredEvaluation['metrics'] } & Partial<StoredEvaluation>,
): Promise<void> {
  const [name = '', number = ''] = ref.split('@');
  const { at, metrics, ...rest } = on;
  await registry.metadata.addMeasurement(evaluationKind, {
    id: randomUUID(),
    model: modelName(name),
    version: version(number),
    fingerprint: 'f'.repeat(16),
    status: 'ok',
    result: {
      task: 'classification',
      data: { file: 'live.csv', digest: `sha256:${randomUUID()}`, target: 'label' },
      as: null,
      asOf: at === null ? null : new Date(at).toISOString(),
      rows: 500,
      metrics,
      ...rest,
    },
    samples: new Uint8Array(),
    actor: 'tester',
    at: registry.clock.at,
  });
}

/** One evaluation a day, from `from` on. */
export async function saveDays(
  registry: Parameters<typeof saveEvaluation>[0],
  ref: string,
  { from = 0, ...rest }: { from?: number } & Partial<StoredEvaluation>,
  values: readonly number[],
): Promise<void> {
  for (const [index, accuracy] of values.entries())
    await saveEvaluation(registry, ref, { at: day(from + index), metrics: { accuracy }, ...rest });
}

/** Around 0.9, by less than the sampling error of 500 labels. */
export const quiet = (days: number): number[] =>
  Array.from({ length: days }, (_, index) => 0.9 + [0.004, -0.008, 0.002, 0.008, -0.006][index % 5]!);
