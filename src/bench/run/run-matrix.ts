import { MlregError, isMlregError } from '../../core/errors.ts';
import { worstVerdict } from '../../core/events/gate-result.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import { type Reference, formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { madeUp } from '../../onnx/feeds/synthesize.ts';
import type { Registry } from '../../registry/registry.ts';
import { requireOnnx, resolve } from '../../registry/resolve.ts';
import { withVerifiedCopies } from '../../registry/verified-copies.ts';
import { hintIfTooNew } from '../../runtime/too-new.ts';
import { chooseInputs } from '../plan/choose-model.ts';
import {
  type Axis,
  type Setting,
  checkAxes,
  chooseSetting,
  describeSetting,
  dimensionsIn,
  refuseUnknownAxes,
  settingsOf,
  shuffledOrder,
} from '../plan/matrix-axes.ts';
import { refuseLoad } from '../plan/plan-load.ts';
import { type BenchOptions, type BenchPlan, planBench } from '../plan/plan.ts';
import type { MatrixBest, MatrixCell, MatrixResult } from '../report/matrix-result.ts';
import { type Rate, chooseBest, runRate } from '../stats/best-setting.ts';
import { type BenchResult, benchVersion } from './bench-version.ts';

const quick = { durationMs: 3000, launches: 1 };

export interface MatrixInput {
  ref: Reference;
  axes: readonly Axis[];
  /**
   * Options of every setting, for everything that the axes do not vary. Default: 3 s and one
   * launch, because a grid has many settings.
   */
  options: BenchOptions;
  /** As in `benchVersion`; only if no axis is a size of inputs. */
  inputFile?: string | undefined;
  onProgress?: (progress: MatrixProgress) => void;
}

export interface MatrixProgress {
  /** The current setting, from 1. */
  cell: number;
  cells: number;
  setting: string;
  /** 0 … 1 of the whole grid. */
  fraction: number;
}

/**
 * Measures a version in every setting of a grid, in a random order, and finds the best setting.
 * Each setting is a bench of its own that is stored with the version. A setting that crashes, hangs
 * or takes too much memory is a cell with that status. All refusals come before the first
 * measurement: INVALID_INPUT for a version that is not an ONNX model, axes that the model does not
 * have and sizes that do not fit; USAGE for invalid axes, or a load. Else as `benchVersion`.
 */
export async function benchMatrix(registry: Registry, input: MatrixInput): Promise<MatrixResult> {
  const record = await resolve(registry, input.ref);
  const { signature } = requireOnnx(record);
  const axes = checkAxes(input.axes);
  const options = withDefaults(input.options);
  refuseUnknownAxes(axes, signature, options);
  const cells = settingsOf(axes).map((setting) => ({
    setting,
    plan: planBench(chooseSetting(options, setting)),
  }));
  for (const { plan } of cells) refuseLoad(plan, '--matrix');
  for (const { setting, plan } of cells) {
    // Other plans use recorded inputs.
    if (plan.synthetic || (goldenSetsOf(record).every(({ self }) => self) && input.inputFile === undefined))
      refuseMisfit(signature, plan, setting);
  }
  const seed = cells[0]?.plan.seed ?? 0;

  // Fixes the version for all settings, even if another is promoted or registered meanwhile.
  const ref: Reference = { name: record.name, selector: { kind: 'version', version: record.version } };
  return withVerifiedCopies(registry, 'bench', async (copies) => {
    const measured: MatrixCell[] = [];
    const warnings = new Set<string>();
    for (const [done, at] of shuffledOrder(cells.length, seed).entries()) {
      const cell = cells[at];
      if (cell === undefined) continue;
      const { setting, plan } = cell;
      const tell = (fraction: number): void =>
        input.onProgress?.({
          cell: done + 1,
          cells: cells.length,
          setting: describeSetting(setting),
          fraction: (done + fraction) / cells.length,
        });
      tell(0);
      const bench = await benchVersion(registry, {
        ref,
        plan,
        copies,
        inputFile: input.inputFile,
        onProgress: ({ fraction }) => tell(fraction),
      });
      // Also if the setting could not be measured.
      tell(1);
      for (const warning of bench.warnings) warnings.add(warning);
      measured[at] = cellOf(bench, setting, done + 1);
    }
    return {
      subject: {
        ref: formatReference(record.name, record.version),
        version: record.version,
        digest: record.artifact.digest,
      },
      axes,
      seed,
      cells: measured,
      best: bestOf(measured),
      warnings: [...warnings],
    };
  });
}

function withDefaults(options: BenchOptions): BenchOptions {
  const { durationMs, iterations } = options;
  const launches = options.launches ?? Math.min(quick.launches, iterations ?? quick.launches);
  // A number of runs without a duration is exact.
  return {
    ...options,
    launches,
    durationMs: durationMs ?? (iterations === undefined ? quick.durationMs : undefined),
  };
}

/** Refuses settings that do not fit the model, before anything runs. */
function refuseMisfit(signature: Signature, plan: BenchPlan, setting: Setting): void {
  try {
    chooseInputs(signature, plan);
  } catch (error) {
    if (!isMlregError(error, 'INVALID_INPUT')) throw error;
    throw new MlregError(error.code, `setting ${describeSetting(setting)}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

function cellOf({ id, report, samples }: BenchResult, setting: Setting, order: number): MatrixCell {
  const { status, error, latencyMs, throughputPerSec, itemsPerSec, plan, memory, gates } = report;
  const throughput = throughputPerSec === null ? null : runRate(samples, throughputPerSec);
  return {
    id,
    setting,
    order,
    threads: plan.threads ?? report.session.intraOpThreads,
    batch: plan.batch,
    status,
    message: error?.message ?? null,
    p50: latencyMs?.p50 ?? null,
    p95: latencyMs?.p95 ?? null,
    p99: latencyMs?.p99 ?? null,
    runs: latencyMs?.n ?? null,
    throughput,
    items: throughput === null || itemsPerSec === null ? null : scaled(throughput, itemsPerSec),
    peakRssMb: memory?.peakRssMb ?? null,
    verdict: worstVerdict(gates),
    gates,
  };
}

function scaled({ value, low, high }: Rate, to: number): Rate {
  const factor = to / value;
  return { value: to, low: low === null ? null : low * factor, high: high === null ? null : high * factor };
}

/**
 * Compares settings that were measured and do not break a limit: by items per second if all have
 * them, else by runs.
 */
export function bestOf(cells: readonly MatrixCell[]): MatrixBest[] {
  const by = cells.every(({ items, throughput }) => items !== null || throughput === null)
    ? 'itemsPerSec'
    : 'throughputPerSec';
  const groups = Map.groupBy(cells.keys(), (at) => describeSetting(dimensionsIn(cells[at]?.setting ?? [])));
  return [...groups.values()].flatMap((positions) => {
    const candidates = positions.flatMap((cell) => {
      const { items = null, throughput = null, verdict } = cells[cell] ?? {};
      const rate = by === 'itemsPerSec' ? items : throughput;
      return rate !== null && (verdict === null || verdict === 'pass') ? [{ cell, rate }] : [];
    });
    const best = chooseBest(candidates);
    if (best === null) return [];
    const found = candidates.find(({ cell }) => cell === best.cell);
    return [
      {
        ...best,
        dimensions: dimensionsIn(cells[best.cell]?.setting ?? []),
        by,
        value: found?.rate.value ?? 0,
      } satisfies MatrixBest,
    ];
  });
}

/**
 * The error for a grid that counts against the version: no setting keeps to the limits, or none
 * could be measured.
 */
export function matrixFailure({ subject, cells, best }: MatrixResult): MlregError | undefined {
  if (best.length > 0) return undefined;
  const limits = (cells[0]?.gates ?? []).map(({ gate }) => gate).join(', ');
  const outcomes = Map.groupBy(cells, ({ status, verdict }) =>
    status === 'ok' ? (verdict ?? 'ok') : status,
  );
  const counted = [...outcomes].map(([outcome, { length }]) => `${length} ${outcome}`).join(', ');
  const measured = cells.some(({ status }) => status === 'ok');
  const why = cells[0]?.message ?? null;
  return new MlregError(
    'GATE_FAILED',
    measured
      ? `no setting of ${subject.ref} meets ${limits}: ${counted}`
      : `no setting of ${subject.ref} could be measured: ${counted}${why === null ? '' : `: ${why}`}`,
    {
      hint: outcomes.has('inconclusive')
        ? 'measure longer: --duration 10s'
        : measured
          ? 'try other settings, or compare with other versions'
          : (hintIfTooNew(why ?? '') ??
            `try one setting alone: mlreg bench ${subject.ref} --threads 1 --launches 1 (${madeUp})`),
      details: Object.fromEntries([...outcomes].map(([outcome, { length }]) => [outcome, length])),
    },
  );
}
