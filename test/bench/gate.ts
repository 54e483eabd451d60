/**
 * What five metric gates add to a promotion (`npm run bench:gate`): two versions take turns in a
 * stage, in rounds with and without gates, in alternation. The ratio of the medians should be at
 * most 1.3; nothing fails if it is not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModelName, parseExplicitReference, parseStageName } from '../../src/core/versions/reference.ts';
import { createRegistry } from '../../src/open-registry.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { register } from '../../src/registry/register/register.ts';
import { fixture } from '../support/temp-folder.ts';

const rounds = 60;
const perRound = 10;
const target = 1.3;

const folder = mkdtempSync(join(tmpdir(), 'mlreg-bench-gate-'));
const options = { actor: 'bench', waitMs: 10_000, now: Date.now };
const { registry } = await createRegistry(join(folder, 'registry'), options);
try {
  for (const model of ['digits_mlp', 'digits_mlp_retrained']) {
    await register(registry, {
      name: parseModelName('digits'),
      path: fixture(`${model}/model.onnx`),
      number: { kind: 'auto' },
      metadata: {
        metrics: { accuracy: 0.97, f1_macro: 0.97, log_loss: 0.1, roc_auc: 0.999, recall_macro: 0.97 },
      },
      ifExists: 'reuse',
    });
  }
  const stage = parseStageName('production');
  const refs = ['digits@1.0.0', 'digits@1.0.1'].map(parseExplicitReference);
  const require = [
    'accuracy>=0.9',
    'f1_macro>=0.9',
    'log_loss<1',
    'roc_auc>=production-0.005',
    'recall_macro>=production',
  ];
  let turn = 0;
  const milliseconds = async (gates: string[]): Promise<number> => {
    const started = performance.now();
    for (let count = 0; count < perRound; count += 1) {
      const ref = refs[turn % refs.length];
      turn += 1;
      const result = ref && (await promote(registry, { ref, stage, require: gates, whenEmpty: 'pass' }));
      if (result?.changed !== true) throw new Error('nothing moved');
    }
    return (performance.now() - started) / perRound;
  };
  for (const gates of [[], require]) await milliseconds(gates);
  const [without, withGates]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    // Who comes first changes, so that neither always follows the other.
    const arms: [number[], string[]][] = [
      [without, []],
      [withGates, require],
    ];
    for (const [times, gates] of round % 2 === 0 ? arms : arms.toReversed())
      times.push(await milliseconds(gates));
  }
  const ratio = median(withGates) / median(without);
  console.log(`a promotion without gates   ${median(without).toFixed(3)} ms`);
  console.log(`with five metric gates      ${median(withGates).toFixed(3)} ms`);
  console.log(
    `ratio                       ${ratio.toFixed(3)}  (target: at most ${target})${ratio > target ? '  MISSED' : ''}`,
  );
} finally {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
