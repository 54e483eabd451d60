import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recipes } from '../../support/training-guide.ts';
import { attempt, installPackages } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';
import { tryRecipe } from './try-recipe.ts';

/**
 * The scripts of `mlreg help from-training`, with the packages that it names: what they export
 * passes its golden set and is measured, and a wrong export is found. MLREG_TRAINING: only scripts
 * whose command it matches, such as `lightgbm`. PyPI's torch takes 6 GB for Linux; pip can be told
 * of another index by PIP_EXTRA_INDEX_URL.
 */
export async function fromTraining(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const wanted = new RegExp(process.env['MLREG_TRAINING'] ?? '');
  let ran = 0;
  let failed = 0;
  for (const recipe of recipes) {
    const name = recipe.script.join(' ');
    if (!wanted.test(name)) {
      skipped.push(`${name}: MLREG_TRAINING does not match it`);
      continue;
    }
    const python = attempt(name, skipped, () => installPackages(cache, recipe.packages));
    if (python === undefined) continue;
    ran += 1;
    const folder = mkdtempSync(join(tmpdir(), 'mlreg-from-training-'));
    try {
      await tryRecipe(python, recipe, folder);
      console.log(`${name}: its model passes and is measured, and a wrong export fails`);
    } catch (error) {
      failed += 1;
      console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { ran: ran > 0, ok: failed === 0, skipped };
}
