import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { escapeText, quote } from '../../core/text/quote.ts';
import { parseReference } from '../../core/versions/reference.ts';
import type { Session } from '../context.ts';
import { startProgress } from '../output/progress.ts';
import { optional, readBenchOptions, type PlanOptions } from './plan-options.ts';
import { requireRef } from './require-ref.ts';

/** Measures a version with every setting of a grid, shows the table, and exits with its verdict. */
export async function measureMatrix(
  session: Session,
  text: string | undefined,
  options: PlanOptions,
): Promise<void> {
  refuseTogether(options);
  const [{ benchMatrix, isAxis, matrixFailure, parseAxes }, { matrixView }] = await Promise.all([
    import('../../api/verbs/run/bench.ts'),
    import('../../render/bench/matrix-view.ts'),
  ]);
  const words = takeRef(text, options.matrix ?? [], isAxis);
  const ref = parseReference(words.ref);
  const axes = parseAxes(words.axes);
  const benchOptions = await readBenchOptions(options);
  const progress = startProgress(session, 'percent');
  await session.withRegistry(async (registry) => {
    try {
      const result = await benchMatrix(registry, {
        ref,
        axes,
        options: benchOptions,
        inputFile: optional(options.input, (path) => resolve(session.cwd, path)),
        onProgress: ({ cell, cells, setting, fraction }) =>
          progress.update({
            done: Math.floor(100 * fraction),
            total: 100,
            what: `setting ${cell} of ${cells}: ${escapeText(setting)}`,
          }),
      });
      progress.stop();
      await session.output.show('bench', matrixView, result, {
        changed: result.cells.some(({ id }) => id !== null),
        warnings: result.warnings,
      });
      const problem = matrixFailure(result);
      if (problem !== undefined) session.fail(problem);
    } finally {
      progress.stop();
    }
  });
}

/** --matrix takes all words up to the next option, including the reference if it comes last. */
function takeRef(
  text: string | undefined,
  words: readonly string[],
  isAxis: (word: string) => boolean,
): { ref: string; axes: string[] } {
  const others = words.filter((word) => !isAxis(word));
  const [stray] = text === undefined ? others.slice(1) : others;
  if (stray !== undefined) {
    throw new MlregError('USAGE', `--matrix ${quote(stray)} is not of the form AXIS=VALUE,VALUE`, {
      hint: 'mlreg bench NAME@production --matrix threads=1,2 batch=1,8,32',
    });
  }
  return { ref: requireRef(text ?? others[0]), axes: words.filter(isAxis) };
}

function refuseTogether({ baseline, maxRegression, stat, profile, url }: PlanOptions): void {
  const given = Object.entries({ baseline, 'max-regression': maxRegression, stat, profile, url });
  const [other] = given.find(([, value]) => value !== undefined) ?? [];
  if (other === undefined) return;
  throw new MlregError('USAGE', `--matrix and --${other} cannot be used together`, {
    hint: 'find the setting first, then measure it with --threads 2 --batch 8',
  });
}
