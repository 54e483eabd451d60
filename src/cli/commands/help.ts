import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
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
  (none)           the same as latest, for reading commands       digits
  exact version    that version                                   digits@1.4.0
  range            the highest in it that is not yanked           digits@^1.2   digits@'>=1 <2'
  stage            the version that the stage points at           digits@production
  stage~N          where N rollbacks would land                   digits@production~1
  latest           the highest that is not yanked; a prerelease   digits@latest
                   only where there is no release
  digest           the highest version with those bytes, not a    digits@sha256:1f0c9a7e
                   yanked one if there is another; at least 8
                   digits

Commands that change a version (promote, approve, tag, describe, yank, unyank, delete) need a
selector: two CI jobs would act on each other's latest.
Also read: models:/digits@production, models:/digits/1.4.0 and models:/digits/Production (MLflow),
digits#production and digits@v1.4.0 (GTO).
`,
    'exit-codes': `  code  name                   meaning
  0                            done, or already so ("changed": false)
  1     INTERNAL               unexpected failure: a bug
  2     USAGE, INVALID_INPUT   wrong flags, a bad name or value, a malformed metadata or model file
  3     NOT_FOUND              no registry, model, version, stage holder, file or optional runtime
  4     CONFLICT               --expect did not hold, version taken or held by a stage, nothing
                               earlier to roll back to, or a file changed while it was read
  5     GATE_FAILED            a gate or a golden set failed or could not decide, or a bench ended
                               in crash, timeout, oom or error
  6     INTEGRITY              bytes or rows are missing or not what was recorded
  7     BUSY                   the write lock was not had within --wait; safe to run again
  8     STORAGE                disk full, read-only, I/O error
  10    HOOK_FAILED            with --fail-on-hook: the stage moved, and a program that the policy
                               runs after it failed
  130   INTERRUPTED            stopped by SIGINT (143: SIGTERM, 129: SIGHUP); nothing is half done

With --json, a nonzero exit prints to stderr:
  {"schemaVersion":1,"error":{"code","message","hint","exitCode"}}
`,
    metadata: `A metadata file is one JSON object; every key is optional:

  metrics      {"auc": 0.93}                      finite numbers
  params       {"lr": 0.01, "solver": "lbfgs"}    scalars; objects and lists are kept as JSON text
  tags         {"team": "vision"}                 strings
  description  "What it is for"
  framework    "scikit-learn 1.9"
  data         [{"name": "train", "hash": "sha256:…", "uri": "s3://…"}]
  source       {"repository": "…", "commit": "…"} recorded by itself: git commit, CI run
  run          "https://…"                        the training run
  parents      ["digits@1.0.0"]                   versions it was made from
  extra        anything                           any JSON

Other keys, duplicate keys, NaN and Infinity are refused. An integer that no double holds, such as
the seed 12345678901234567890, keeps its digits: in params, source and extra it becomes a string, as
with --param; as a metric it is refused. Flags override the file:
--metric auc=0.93, --param, --tag, --description TEXT or --description-file FILE, --data NAME=PATH
(hashed for you), --data-hash, --data-uri, --parent, --run.
`,
    policies: `A promotion can demand gates. They are judged before the stage moves, and it moves only if what they
were judged on is still so. If the holder changed meanwhile, the policy, or anything of the two
versions (a metric, a tag, an approval, a yank, a bench), they are judged again. All must pass, else
nothing moves (exit code 5) and the attempt is an event. mlreg history --gates and mlreg show tell
what was found.

  gate                     meaning
  accuracy>=0.9  rmse<4    a metric; also <=, >, =, !=; 90% is 0.9, and says
                           nothing of a metric above 1
  "my metric">=1           a name with blanks, or one of the words below, in quotes
  accuracy>=production     no worse than what the holder of production has
  accuracy>=production-0.005
                           … less 0.005; also + and *, or a share of it: -1%
  p95<20ms                 latency (p50, p90, p95, p99), measured now on this machine
  p95<=production*1.05     … beside the holder, in turns; +5% is the same
  size<100MB               of the artifact: B kB MB GB KiB MiB GiB; also size<=production*2
  age<30d                  since it was registered: ns us ms s m h d. Ages, and soak, count only where
                           the clock can have been right (mlreg doctor)
  golden                   the golden set that was registered with it passes now
  signature=compatible     callers of the stage's holder can call it by name, and find
                           each output in its place
  data                     the hash of its training data is recorded
  approvals>=1             people who approved it (mlreg approve) since its metrics last changed, but
                           for who registered it

Several stand in one text, with a comma or "and" between, or in several --require:

  mlreg promote digits@1.1.0 --to production --require 'accuracy>=0.97, size<10MB' --require golden

Of the declared stages the longest that stands there is meant; a stage whose name could be read as
arithmetic, such as canary-1, may stand in quotes, and blanks make it arithmetic: production - 1.
A gate that cannot be judged (no such metric, nobody holds the stage, too close to call) is
inconclusive, and blocks. --when-empty pass lets a first promotion through, where nobody holds the
stage to compare with. --force -m WHY promotes all the same; the event says what was overridden.

A policy asks it of every promotion, also of register --stage. It is a JSON file:

  {"stages": {"production": {
     "from": ["staging"],              it must hold one of these stages now
     "soak": "24h",                    for so long
     "require": ["accuracy>=0.97", "accuracy>=production-0.005", "golden", "approvals>=1"],
     "whenEmpty": "pass",              what gates say that compare with an empty stage; else block
     "protected": ["release-bot"],     who may promote: a claim, so this is procedure, not security
     "bench": {"duration": "5s"},      how latency is measured; also batch, shapes, threads, reuse …
     "onPromote": ["/srv/bin/deploy", "--now"]}},
   "metrics": {"churn_cost": "lower"}}  what is better, where the name does not tell

  mlreg policy apply policy.json
  mlreg policy check digits@1.1.0 --to staging

onPromote is a program with its arguments, never a shell: an absolute path, or a name that is found
on PATH. Whoever promotes runs it, after the change, for at most a minute: the event is JSON on its
stdin, and MLREG_REGISTRY, MLREG_MODEL, MLREG_STAGE, MLREG_FROM and MLREG_TO tell what moved (mlreg
watch --exec runs one elsewhere). The promotion stands if it fails or cannot be started: that is a
warning and an event, and exit code 10 with --fail-on-hook. Look at a policy that others applied
before you promote. Measurements end after 45 s in all, or after "timeout" in "bench". --policy FILE
asks for what a file says as well.

--reuse-bench 24h, or "reuse": "24h" in "bench" (of both the shorter), judges latency by the latest
stored bench that is no older, if it was made of the same bytes with the same inputs on this
machine, by the same ONNX Runtime with as many threads; beside a holder only by one of bench
--baseline with the bytes of the holder. The reason names it and its age. What it cannot decide is
measured.
`,
    golden: `A golden set is inputs with the outputs that a model must give for them.
mlreg register --golden PATH stores it with a version, mlreg test runs it; mlreg test --against PATH
runs another one. PATH is a JSON file:

  {"atol": 1e-5, "rtol": 1e-4,
   "cases": [{"inputs":  {"X": {"dtype": "float32", "shape": [1, 2], "data": [0.5, 1]}},
              "outputs": {"label": {"dtype": "int64", "shape": [1], "data": [3]}}}]}

or a folder test_data_set_N with input_0.pb, output_0.pb … (TensorProto files, as ONNX's backend
tests are), or a folder that holds some of these. In JSON, data is flat and in row-major order;
floats may be "NaN", "Infinity" and "-Infinity"; 64-bit integers may be strings.

A float matches if |got - expected| <= atol + rtol * |expected|; NaN matches NaN, and an infinity
matches only itself. Integers, booleans and strings must be equal. Flags beat the file, and the
file beats these:

  dtype               atol     rtol
  float32, float64    1e-5     1e-4
  float16             2.5e-3   1e-3

mlreg bench runs its inputs in turn, and compares the outputs before and after. bench --input PATH
takes inputs in either form; outputs are then not needed, and not looked at.

Outputs are compared in the shape that the model gives. Where it declares another one, register and
test warn, as ONNX Runtime does.

Outputs that the golden set does not give are not compared. Cases with sequences, maps or optionals
as inputs are skipped, as are such outputs; the result names them.
`,
    ...guides,
  } satisfies Record<keyof typeof topics, string>),
);

/** `mlreg help [command|topic]`, and `mlreg help COMMAND SUBCOMMAND` */
export function defineHelp(program: Command, context: Context): Command {
  return program
    .command('help')
    .argument('[topic...]', 'a command, a command and its subcommand, or a topic')
    .summary('show help on a command or a topic')
    .description(
      `Shows the page of a command, as --help after it does, or explains a topic: ${[...explained.keys()].join(', ')}.`,
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
  return new MlregError('USAGE', `there is no help on ${quote(words.join(' '))}`, {
    hint:
      guess === undefined
        ? `the topics are ${[...explained.keys()].join(', ')}; mlreg --help lists the commands`
        : `did you mean ${[...upper, guess].join(' ')}?`,
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['All about one command, with examples:', 'mlreg help promote'],
      ['What can stand for a version:', 'mlreg help references'],
    ],
    output: 'Text, with or without --json and --quiet.',
    exitCodes: { 0: 'shown', 2: 'there is no such command or topic' },
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
