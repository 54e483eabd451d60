import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Context } from '../context.ts';
import type { CommandHelp } from '../help/command-help.ts';
import { guides } from '../help/guides.ts';
import type { topics } from '../help/topics.ts';
import { guessWord } from '../usage-error.ts';

/** A map: what people type may be the name of a property that every object has. */
const explained = new Map<string, string>(
  Object.entries({
    references: `A version is named NAME[@SELECTOR]. NAME is the model: lower-case words with / between them.

  SELECTOR         means                                          example
  (none)           same as latest (read-only commands)            digits
  exact version    that version                                   digits@1.4.0
  range            the highest in the range, not yanked           digits@^1.2   digits@'>=1 <2'
  stage            the version that the stage points at           digits@production
  stage~N          the version N rollbacks would return to        digits@production~1
  latest           the highest version that is not yanked;        digits@latest
                   prereleases only if there is no release
  digest           the highest version with this digest,          digits@sha256:1f0c9a7e
                   preferably not yanked; at least 8 digits

Commands that change a version (promote, approve, tag, describe, yank, unyank, delete) require a
selector, so that two CI jobs do not act on each other's latest.
Also accepted: models:/digits@production, models:/digits/1.4.0 and models:/digits/Production
(MLflow), digits#production and digits@v1.4.0 (GTO).
`,
    'exit-codes': `  code  name                   meaning
  0                            done, or nothing to do ("changed": false)
  1     INTERNAL               unexpected error: a bug in mlreg
  2     USAGE, INVALID_INPUT   wrong flags, a bad name or value, a malformed metadata or model file
  3     NOT_FOUND              no registry, model, version, stage holder, file or optional runtime
  4     CONFLICT               --expect did not match, version exists or holds a stage, no earlier
                               version to roll back to, or a file changed while it was being read
  5     GATE_FAILED            a gate or a golden set failed or was inconclusive, or a benchmark
                               ended with crash, timeout, oom or error
  6     INTEGRITY              data is missing or corrupt
  7     BUSY                   registry locked for longer than --wait; safe to retry
  8     STORAGE                disk full, read-only, I/O error
  10    HOOK_FAILED            with --fail-on-hook: the stage moved, but the policy's onPromote
                               program failed
  130   INTERRUPTED            interrupted by SIGINT (143: SIGTERM, 129: SIGHUP); no partial changes

With --json, a failure prints to stderr:
  {"schemaVersion":1,"error":{"code","message","hint","exitCode"}}
`,
    metadata: `A metadata file is one JSON object; every key is optional:

  metrics      {"auc": 0.93}                      finite numbers
  params       {"lr": 0.01, "solver": "lbfgs"}    scalars; objects and lists are kept as JSON text
  tags         {"team": "vision"}                 strings
  description  "What it is for"
  framework    "scikit-learn 1.9"
  data         [{"name": "train", "hash": "sha256:…", "uri": "s3://…"}]
  source       {"repository": "…", "commit": "…"} recorded automatically: git commit, CI run
  run          "https://…"                        the training run
  parents      ["digits@1.0.0"]                   versions it is derived from
  extra        any JSON

Unknown keys, duplicate keys, NaN and Infinity are errors. An integer too large for a double, for
example the seed 12345678901234567890, keeps its digits: in params, source and extra it becomes a
string, as with --param; as a metric it is an error. Flags override the file:
--metric auc=0.93, --param, --tag, --description TEXT or --description-file FILE, --data NAME=PATH
(hashed for you), --data-hash, --data-uri, --parent, --run.
`,
    policies: `A promotion can require gates. They are checked before the stage moves. If the holder, the policy or
anything about the two versions (a metric, a tag, an approval, a yank, a benchmark) changes in
between, they are checked again. If a gate does not pass, nothing moves (exit code 5), and the
attempt is recorded. mlreg history --gates and mlreg show show the results.

  gate                     meaning
  accuracy>=0.9  rmse<4    a metric; also <=, >, =, !=; 90% means 0.9, and is
                           inconclusive for a metric above 1
  "my metric">=1           quote names with spaces and the keywords below
  accuracy>=production     not worse than the holder of production
  accuracy>=production-0.005
                           … minus 0.005; also +, * and percentages: -1%
  p95<20ms                 latency (p50, p90, p95, p99), measured now on this machine
  p95<=production*1.05     … relative to the holder, measured in the same run;
                           +5% is the same
  size<100MB               size of the artifact: B kB MB GB KiB MiB GiB; also size<=production*2
  age<30d                  time since registration: ns us ms s m h d. Ages and soak count only while
                           the clock can be trusted (mlreg doctor)
  golden                   its golden set passes
  signature=compatible     compatible with callers of the holder: inputs and outputs by name,
                           outputs also by position
  data                     the hash of its training data is recorded
  approvals>=1             number of approvals (mlreg approve) since its metrics last changed,
                           except by the actor who registered it

Combine gates with a comma or "and", or repeat --require:

  mlreg promote digits@1.1.0 --to production --require 'accuracy>=0.97, size<10MB' --require golden

The longest matching stage name is used. Quote a stage name that looks like arithmetic ("canary-1");
spaces make it arithmetic: production - 1. A gate that cannot be decided (missing metric, empty
stage, too close to call) is inconclusive, and blocks. --when-empty pass allows a first promotion
when the stage to compare with is empty. --force -m WHY promotes anyway; the event records the
overridden gates.

A policy applies to every promotion, including register --stage. It is a JSON file:

  {"stages": {"production": {
     "from": ["staging"],              it must currently hold one of these stages
     "soak": "24h",                    for this long
     "require": ["accuracy>=0.97", "accuracy>=production-0.005", "golden", "approvals>=1"],
     "whenEmpty": "pass",              verdict on comparing with an empty stage (default: block)
     "protected": ["release-bot"],     actors allowed to promote (not authenticated)
     "bench": {"duration": "5s"},      how latency is measured; also batch, shapes, threads, reuse …
     "onPromote": ["/srv/bin/deploy", "--now"]}},
   "metrics": {"churn_cost": "lower"}}  direction of metrics that mlreg does not know

  mlreg policy apply policy.json
  mlreg policy check digits@1.1.0 --to staging

onPromote is a program with arguments, run without a shell: an absolute path, or a name found on
PATH. It runs on the machine that promotes, after the change, for at most a minute. It gets the
event as JSON on stdin, and MLREG_REGISTRY, MLREG_MODEL, MLREG_STAGE, MLREG_FROM and MLREG_TO in the
environment (to run one elsewhere, use mlreg watch --exec). If it fails or cannot start, the
promotion is kept, with a warning and an event, and exit code 10 with --fail-on-hook. Review
policies that others applied before you promote. Measurements are limited to 45 s in total, or to
"timeout" in "bench". --policy FILE adds the requirements of a file.

--reuse-bench 24h, or "reuse": "24h" in "bench" (the shorter one applies), uses the latest stored
benchmark of at most that age for latency gates, if bytes, inputs, machine, ONNX Runtime and threads
are the same. Comparisons with a holder need a benchmark with --baseline on the holder's bytes. The
reason shows the benchmark and its age. If it cannot decide, latency is measured.
`,
    golden: `A golden set is a set of inputs with expected outputs. mlreg register --golden PATH stores it with a
version, mlreg test runs it; mlreg test --against PATH runs another one. PATH is a JSON file:

  {"atol": 1e-5, "rtol": 1e-4,
   "cases": [{"inputs":  {"X": {"dtype": "float32", "shape": [1, 2], "data": [0.5, 1]}},
              "outputs": {"label": {"dtype": "int64", "shape": [1], "data": [3]}}}]}

or a folder test_data_set_N with input_0.pb, output_0.pb … (TensorProto files, as in the ONNX
backend tests), or a folder that contains several of these. In JSON, data is flat and in row-major
order; floats may be "NaN", "Infinity" and "-Infinity"; 64-bit integers may be strings.

A float matches if |got - expected| <= atol + rtol * |expected|; NaN matches NaN, and an infinity
matches only itself. Integers, booleans and strings must be equal. Flags override the file; the
file overrides these defaults:

  dtype               atol     rtol
  float32, float64    1e-5     1e-4
  float16             2.5e-3   1e-3

mlreg bench uses its inputs in turn, and compares the outputs before and after timing. bench --input
PATH takes inputs in either form; outputs are optional and ignored.

Outputs are compared in the shape that the model returns. If it declares another shape, register and
test warn, as ONNX Runtime does.

Outputs missing from the golden set are not compared. Cases with sequence, map or optional inputs
are skipped, and so are outputs of these types; the result lists them.
`,
    ...guides,
  } satisfies Record<keyof typeof topics, string>),
);

/** `mlreg help [command|topic]`, and `mlreg help COMMAND SUBCOMMAND` */
export function defineHelp(program: Command, context: Context): Command {
  return program
    .command('help')
    .argument('[topic...]', 'command, subcommand or topic')
    .summary('show help for a command or topic')
    .description(
      `Shows the help page of a command, as COMMAND --help does, or a topic: ${[...explained.keys()].join(', ')}.`,
    )
    .action((words: string[]) => {
      const command = findCommand(program, words);
      const text = explained.get(words.join(' ')) ?? (command && fullHelp(command));
      if (text === undefined) throw noHelp(program, words);
      context.stdout.write(text);
    });
}

function noHelp(program: Command, words: string[]): MlregError {
  const upper = words.slice(0, -1);
  const names = findCommand(program, upper)?.commands.flatMap((one) => [one.name(), ...one.aliases()]) ?? [];
  const guess = guessWord(words.at(-1) ?? '', upper.length === 0 ? [...names, ...explained.keys()] : names);
  return new MlregError('USAGE', `no help topic or command ${quote(words.join(' '))}`, {
    hint:
      guess === undefined
        ? `topics: ${[...explained.keys()].join(', ')}; for commands see mlreg --help`
        : `did you mean ${[...upper, guess].join(' ')}?`,
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Help for one command:', 'mlreg help promote'],
      ['How to name a version:', 'mlreg help references'],
    ],
    output: 'Text, with or without --json and --quiet.',
    exitCodes: { 0: 'shown', 2: 'no such command or topic' },
    seeAlso: [...explained.keys()],
  };
}

function findCommand(from: Command, [word, ...rest]: string[]): Command | undefined {
  if (word === undefined) return from;
  const command = from.commands.find((one) => one.name() === word || one.aliases().includes(word));
  return command && findCommand(command, rest);
}

/** With the text around it, which `helpInformation` leaves out. */
function fullHelp(command: Command): string {
  let text = '';
  const write = (part: string): void => void (text += part);
  command.configureOutput({ writeOut: write }).outputHelp();
  return text;
}
