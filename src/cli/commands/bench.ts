import type { Command } from 'commander';
import { chooseForm } from '../bench/choose-form.ts';
import { measure } from '../bench/measure.ts';
import { measureMatrix } from '../bench/matrix.ts';
import { addPlanOptions, type PlanOptions } from '../bench/plan-options.ts';
import {
  addStoredOptions,
  listStored,
  recheckStored,
  showStored,
  type StoredOptions,
} from '../bench/stored.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('bench')
    .argument('[ref]', 'the version: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('measure the latency of an ONNX model, and look at what was measured')
    .description(
      'Measures how long one inference of the version takes on this machine. The inputs are the cases of its golden set, in turn, those of --input, or ' +
        'synthetic ones. Where there is a golden set, the outputs are compared with it before and after, in the session that is timed: a difference ' +
        'ends with exit code 5, and nothing is timed if it is found before. With --baseline it is compared with another ' +
        'version, measured in the same run in blocks that alternate: up to three looks, each at twice the runs, until the margin is met or exceeded ' +
        'with 95% confidence. With --rate, runs become due at random times, as from many independent clients, and the latency is from when each was due; ' +
        'what asks for more than can be done is called saturated, and no limit is met. ONNX Runtime runs in a child process with limits of ' +
        'time and memory. The result is stored with the version, with every latency: --list finds stored runs, --show shows one, --recheck judges ' +
        'one by other thresholds. These run nothing and change nothing.',
    );
  addStoredOptions(addPlanOptions(command));
  return command.action(
    act((session, text: string | undefined, options: PlanOptions & StoredOptions) => {
      switch (chooseForm(command, text)) {
        case 'measure':
          return measure(session, text ?? '', options);
        case 'matrix':
          return measureMatrix(session, text, options);
        case 'list':
          return listStored(session, text, options);
        case 'show':
          return showStored(session, options);
        case 'recheck':
          return recheckStored(session, options, options);
      }
    }),
  );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['How fast is what is in production?', 'mlreg bench digits@production --duration 3s'],
      [
        'Fail the job when it is too slow:',
        'mlreg bench digits@production --batch 8 --iterations 500 --max-p95 1s',
      ],
      [
        'Is it slower than what is in production? Both are measured in the same run:',
        'mlreg bench digits@1.0.1 --baseline digits@production \\\n  --max-regression 200% --stat p50 --duration 1s',
      ],
      [
        'How many threads, and how large a batch, for the most items in a second within a limit?',
        'mlreg bench digits@production --matrix threads=1,2 batch=1,8,32 \\\n  --max-p95 1s --duration 500ms',
      ],
      ['Which operators take the time:', 'mlreg bench digits@production --profile --duration 1s'],
      [
        'On inputs of your own, in turn (mlreg help golden; outputs are not needed):',
        'mlreg bench digits@production --input golden.json --duration 1s',
      ],
      [
        'Sizes of named dimensions, and one thread:',
        'mlreg bench digits@1.1.0 --shape batch=32 --threads 1 --launches 1 --duration 1s',
      ],
      [
        'What do callers wait for at 200 requests per second, with two sessions?',
        'mlreg bench digits@1.1.0 --rate 200 --concurrency 2 \\\n  --iterations 100 --max-p95 10s',
      ],
      [
        'How many inferences per second can be had?',
        'mlreg bench digits@1.1.0 --scenario offline --concurrency 2 --duration 1s',
      ],
      ['What was measured, of all models or of one:', 'mlreg bench --list digits'],
      [
        'The last run again, as it was shown then, for a comment on a pull request:',
        'mlreg bench --show "$(mlreg bench --list digits --limit 1 --quiet)" --markdown',
      ],
      [
        'Would it have passed another limit? Nothing is run:',
        'mlreg bench --recheck "$(mlreg bench --list digits --limit 1 --quiet)" --max-p99 1s',
      ],
    ],
    output:
      'JSON: id, status, subject {ref}, baseline, input {source, cases, shapes}, outputs {match, maxAbs, worst}, latencyMs {p50, p95, n}, throughputPerSec, memory, compare {stat, ratio, low, high}, open {response, service, saturated}, gates[] {gate, verdict, needRuns}, environment, profile {operators[], nodes[], phases}; with --matrix: matrix {axes[], cells[], best[]}; with --list: benches[] {id, at, ref, mode, scenario, batch, rate, concurrency, status, latencyMs, verdict, baseline, fingerprint}, nextPage (null at the end). --quiet prints the reference, with --list the ids.',
    exitCodes: {
      0: 'measured, or judged again, and the gates passed, if there are any; --list and --show, also of a run that failed',
      2: 'wrong flags, inputs or a shape that the model does not have, no ONNX model, or the start of several ids',
      3: 'no such registry, version, file or stored run, or ONNX Runtime is not installed',
      5: 'too slow, other outputs than its golden set, not certain enough, or the model crashed, timed out or took too much memory; with --matrix: in every setting',
      ...registryCodes,
      4: 'the inputs changed while they were measured',
      6: 'bytes of the version are missing or changed',
    },
    seeAlso: ['show', 'test', 'compare', 'promote', 'golden', 'references'],
  };
}
