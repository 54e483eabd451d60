import type { Command } from 'commander';
import { chooseForm } from '../../bench/choose-form.ts';
import { measure } from '../../bench/measure.ts';
import { measureMatrix } from '../../bench/matrix.ts';
import { addPlanOptions, type PlanOptions } from '../../bench/plan-options.ts';
import {
  addStoredOptions,
  listStored,
  recheckStored,
  showStored,
  type StoredOptions,
} from '../../bench/stored.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('bench')
    .argument('[ref]', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('measure the latency of an ONNX model, or show stored measurements')
    .description(
      'Measures the inference latency of a version on this machine. The inputs are the cases of its golden set, used in turn, those of --input, or ' +
        'synthetic ones. If there is a golden set, the outputs are compared with it before and after timing, in the same session: if they ' +
        'differ, the exit code is 5, and if they differ before timing, nothing is timed. With --baseline, both versions are measured in the same run, ' +
        'in alternating blocks, with up to three looks, each at twice the runs, until the limit is met or exceeded with 95% confidence. ' +
        'With --rate, requests arrive at random times, as from many independent clients, and latency counts from the arrival; ' +
        'a rate above capacity is reported as saturated and fails every limit. With --url, a running server answers instead of this machine. ONNX Runtime runs in a child process with time and ' +
        'memory limits. The result, with every latency, is stored with the version: --list lists stored runs, --show shows one, --recheck checks ' +
        'one against other limits. These three measure nothing and change nothing.',
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
      ['Measure the version in production:', 'mlreg bench digits@production --duration 3s'],
      [
        'Fail the job when it is too slow:',
        'mlreg bench digits@production --batch 8 --iterations 500 --max-p95 1s',
      ],
      [
        'Compare with the version in production, in the same run:',
        'mlreg bench digits@1.0.1 --baseline digits@production \\\n  --max-regression 200% --stat p50 --duration 1s',
      ],
      [
        'Find the threads and batch size with the highest throughput within a limit:',
        'mlreg bench digits@production --matrix threads=1,2 batch=1,8,32 \\\n  --max-p95 1s --duration 500ms',
      ],
      ['Show the time per operator:', 'mlreg bench digits@production --profile --duration 1s'],
      [
        'Use your own inputs (mlreg help golden-sets; outputs are not needed):',
        'mlreg bench digits@production --input golden.json --duration 1s',
      ],
      [
        'Sizes of named dimensions, and one thread:',
        'mlreg bench digits@1.1.0 --shape batch=32 --threads 1 --launches 1 --duration 1s',
      ],
      [
        'Measure the response time at 200 requests per second, with two sessions:',
        'mlreg bench digits@1.1.0 --rate 200 --concurrency 2 \\\n  --iterations 100 --max-p95 10s',
      ],
      [
        'Measure the maximum throughput:',
        'mlreg bench digits@1.1.0 --scenario offline --concurrency 2 --duration 1s',
      ],
      ['List stored runs of one model (or, without it, of all):', 'mlreg bench --list digits'],
      [
        'Show the last run again, as a pull request comment:',
        'mlreg bench --show "$(mlreg bench --list digits --limit 1 --quiet)" --markdown',
      ],
      [
        'Check the last run against another limit, without measuring:',
        'mlreg bench --recheck "$(mlreg bench --list digits --limit 1 --quiet)" --max-p99 1s',
      ],
    ],
    output:
      'The first form is a measurement, stored or just made; then --matrix; then --list. --quiet prints the reference, with --list the ids.',
    exitCodes: {
      0: 'measured or rechecked, and all limits met; --list and --show always',
      2: 'wrong flags, inputs or a shape that the model does not have, not an ONNX model, or an ambiguous id',
      3: 'no such registry, version, file or stored run, the server of --url does not have the model, or ONNX Runtime is not installed',
      5: 'too slow, outputs differ from the golden set, inconclusive, or the model crashed, timed out or used too much memory; with --matrix: in every setting',
      ...registryCodes,
      4: 'the inputs changed during the measurement, or the server of --url has another version',
      8: 'the disk or database failed, or the server of --url does not answer or refuses requests',
      9: 'the server of --url wants a token, or another one',
      6: "the version's bytes are missing or corrupt",
    },
    seeAlso: ['show', 'test', 'compare', 'promote', 'golden-sets', 'references'],
  };
}
