/** Help topics that guide through a job. Lines of two blanks and `mlreg` are run, in order, by test/e2e/readme.test.ts. */
export const guides = {
  tasks: `What people do day by day, in one registry. A file or a folder is registered; what is not ONNX
(.pkl, .joblib, .safetensors, .pt …) is stored and versioned all the same, but cannot be run here:

  mlreg register digits-conv test/fixtures/digits_conv_external --metric accuracy=0.985
  mlreg register team/breast-cancer test/fixtures/breast_cancer_lr/model.joblib --tag owner=ada

What was forgotten can be added; what was given stays on record. A tag that is given at registration
belongs to what is registered: another one makes another version. What differs from run to run, such
as a build number, goes on afterwards:

  mlreg tag digits-conv@1.0.0 owner=ada build=42
  mlreg describe digits-conv@1.0.0 "a small convolution" --metric live_accuracy=0.981
  mlreg list --tag owner=ada
  mlreg list digits --where 'accuracy>=0.975 and params.hidden!="(32,)"'

Roll back at 3 a.m.: one command returns production to the version before, whose bytes it verifies
first. --expect names the bad version, so that of two people who type it one rolls back and the
other is told (exit code 4). --yank keeps everyone from promoting the bad version again; if it was
not the model after all, unyank it and promote it again:

  mlreg history digits --stage production --limit 5
  mlreg rollback digits --expect 1.1.0 --yank -m "errors since 02:40"
  mlreg unyank digits@1.1.0

What was in production last Tuesday? Times without a zone are UTC, a day alone means its beginning,
and a time that has not come is refused. --quiet prints the bare reference:

  mlreg history digits --stage production --at "$(date -u -d 'last tuesday 12:00' +%Y-%m-%dT%H:%MZ)"
  mlreg history digits --stage production --at 7d --quiet
  mlreg show digits@production~1 || echo "nothing held production before"

Compare candidates. A difference of outputs is exit code 5, and names the element that is furthest
off, what was expected and the tolerance:

  mlreg compare digits@1.0.0 digits@1.0.1 digits@1.1.0
  mlreg test digits@1.0.1 --against test/fixtures/digits_mlp_retrained/golden.json
  mlreg test digits@1.0.1 --against test/fixtures/digits_mlp_v2/golden.json || echo "exit code $?"

A stage more, a version less. A yank warns of stages and moves none; a deletion is refused while a
stage points at the version. A number is never used again:

  mlreg stage add canary --after staging
  mlreg promote digits@1.0.1 --to canary
  mlreg yank digits@1.0.1 -m "trained on leaked labels"
  mlreg demote digits --stage canary
  mlreg delete digits@1.0.1 --yes -m "must not be kept"

Several people on one host: mlreg init --shared /srv/models/registry makes a registry that the group
of its folder can use. Events say who did what.
`,
  benchmarks: `How fast is a version on this machine? Every run is kept with all its latencies. A version with a
golden set is fed its cases in turn, and its outputs are compared before and after, in the session
that is timed: a difference is exit code 5. --input PATH feeds other inputs (such a file without
outputs), --synthetic makes them up, as --batch and --shape do.

A limit in milliseconds depends on the machine; a comparison does not. This measures both in one
run, in blocks that alternate, and fails unless the first is at most so much slower, with 95%
confidence:

  mlreg bench digits@1.0.0 --iterations 500 --max-p95 20ms
  mlreg bench digits@1.0.0 --baseline digits@1.1.0 --max-regression 100% --stat p50 --duration 1s

Which setting is best, and where does the time go?

  mlreg bench digits@1.1.0 --matrix threads=1,2 batch=1,8 --max-p95 20ms --duration 1s
  mlreg bench digits@1.1.0 --profile --duration 1s

The first measures every combination in random order, stores each as a bench, and marks the one with
the most items per second that keeps to the limit. It says where another may be as good, and exits 5
where no setting will do. Measure the chosen setting again before you rely on it: the best of many
was lucky, too. The second shows what each operator takes, by ONNX Runtime's own profile. It comes
from runs of its own, since writing it makes them slower: read its shares, not its times.

What do callers wait for when requests come at random, 200 per second, and two sessions serve them?
Latency counts from when each was due, so waiting is in it; a rate that the sessions cannot keep up
with is called saturated, and fails every limit:

  mlreg bench digits@1.1.0 --rate 200 --concurrency 2 --max-p95 20ms --duration 2s

--scenario names the others of MLPerf: single (with --concurrency: so many clients), multi (queries
of several runs), offline (throughput). --as-deployed leaves the threads to ONNX Runtime.

Stored runs: find them, show one again as it was (--show ID), or judge it by other thresholds
without running anything, with the exit code of a fresh run (--recheck ID --max-p95 15ms, or
--max-regression 5% --stat p99 for one with a baseline). --markdown writes any of these for a pull
request:

  mlreg bench --list digits

How small a change can this machine see? mlreg doctor --bench compares a small model with itself as
the gate does, for about 30 s. It says how often a gate at 5% would have failed, how wide the 95%
intervals are, the smallest increase that p50 and p95 can tell, what disturbs the machine, and what
to do: gate p50, measure longer, or move.
`,
  backups: `A backup is the registry at one moment, with every byte read again, taken while others use it. The
copy is a registry with the same id; look into it with --registry. A checkpoint, committed to git,
shows later that nothing up to it was changed or cut off:

  mlreg backup backups/monday
  mlreg history --checkpoint > checkpoint.json
  mlreg verify --checkpoint checkpoint.json
  mlreg verify --registry backups/monday

To restore, stop what uses the registry, move the damaged folder away, copy the backup to its place,
and verify it. Where git keeps files in that folder, as in a clone of mlreg, git brings them back:

  mv registry registry.broken && cp -a backups/monday registry
  git checkout -- registry
  mlreg verify

Use one of the two from then on: they share an id, but not what happens later. An older mlreg.db
that is put back alone is noticed: changes stop until mlreg doctor --accept-history -m WHY.

Versions go elsewhere as an OCI image layout, with metadata, golden sets and history, the same bytes
each time. An import brings in all of it or nothing, under the same numbers and digests; stages stay
where they are:

  mlreg export digits --all -o digits.tar
  mlreg init elsewhere
  mlreg import digits.tar --registry elsewhere

skopeo copy oci:DIR:digits:1.1.0 … copies the artifact, digits:1.1.0_version what is known of it.
`,
  ci: `The registry lives where the job can reach it: on one host, on a disk of its own, such as a volume
that the runner mounts. NFS, SMB and the like are refused: they do not keep SQLite's locks.
MLREG_REGISTRY names it. mlreg never asks a question; it speaks through exit codes and --json.

Registering the same again changes nothing, so a job can be repeated. The job's URL, repository,
branch and pull request are recorded in source.ci (GitHub, GitLab, Jenkins, CircleCI, Azure,
Buildkite), which makes no other version. A tag or --run given at registration does: what differs
from job to job goes on afterwards, with mlreg tag. Two jobs that promote at once are put in order;
with --expect, the one that looked at an old holder exits 4 and changes nothing.

Under GitHub Actions, register, promote, rollback and bench give their step the outputs ref,
version, digest, changed and verdict (pass, fail, inconclusive; empty where there were no gates),
and add to the job's summary what they did and what the gates found, also with exit code 5. On any
system, GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name the files; one that cannot be written is a
warning.

The action .github/actions/mlreg (from another repository:
OWNER/REPOSITORY/.github/actions/mlreg@TAG) brings mlreg along (Node and npm must be there), and has
these outputs and exit-code. Its input version has npm install a published version instead. Quotes
in args keep words together as in a shell, but nothing is run or expanded. Text of others, such as a
branch's name, does not belong there: it could add words.

A promotion can demand gates (mlreg help policies). What they found is an event, and can be shown to
a merge request as tests (--junit) or text (--markdown). Their evidence goes elsewhere as in-toto
statements about the manifest and files of the version: a test result (PASSED or FAILED, with the
gates) and a verification result (from, to, who, and the event's number and hash, which a saved
mlreg history --checkpoint covers). They are not signed; sign them with a tool that takes a whole
statement, or its .predicate:

  mlreg promote digits@1.1.0 --to staging --require 'accuracy>=0.97'
  mlreg attest digits@1.1.0 --stage staging

A deployer follows a stage from elsewhere. It runs the program for every promotion, rollback and
demotion, one after the other, with the event as JSON on stdin, and MLREG_ACTION, MLREG_MODEL,
MLREG_STAGE, MLREG_FROM, MLREG_TO and MLREG_SEQ set; arguments that begin with a dash stand behind
--. It looks every two seconds, takes no lock, and needs no right to write. --current tells first
who holds the stage, and so does a watch whose registry was replaced by a backup (MLREG_ACTION is
then current). Ctrl-C ends it with 0:

    mlreg watch digits --stage production --exec ./deploy.sh

A job that runs from time to time asks for what is new since the event.seq of the last line that it
saw; exit code 5 says that the program failed:

  mlreg watch digits --stage production --since 0 --once
`,
  library: `The same verbs for programs, typed, on the same registry. doctor, card, schema and completion are
commands only. A training script in TypeScript:

  import { createRegistry } from 'mlreg';

  const registry = await createRegistry('/tmp/models/registry');
  const accuracy = 0.9796;
  const trained = await registry.register('digits', 'test/fixtures/digits_mlp_v2/model.onnx', {
    metadata: { metrics: { accuracy }, params: { hidden: '(64,)' } },
    data: { train: 'test/fixtures/digits_mlp/train.csv' },
  });

  // Into production if it is better than what is there, and only if that is still there.
  const production = await registry.find('digits@production');
  if (accuracy > (production?.metadata.metrics?.['accuracy'] ?? 0)) {
    await registry.promote(trained.ref, {
      to: 'production',
      expect: production?.record.version ?? 'none',
    });
  }

  // Where it serves: every byte verified on the way out.
  const { directory, ref } = await registry.pull('digits@production', {
    output: '/tmp/models/digits',
  });
  console.log(\`\${ref} is in \${directory}\`);
  await registry.close();

createRegistry makes the registry where there is none; openRegistry() opens the one that the command
would use. An expected failure is an MlregError with a code such as CONFLICT (mlreg help
exit-codes), a hint and details. Times in results are epoch milliseconds.

From Python, with mlreg installed:

  import json, subprocess, tempfile

  def register(name, path, *, metrics, params={}, tags={}, data={}):
      """Registers a model file; returns what mlreg says of it: ref, version, digest, changed …"""
      with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
          json.dump({"metrics": metrics, "params": params, "tags": tags}, file, allow_nan=False)
          file.flush()
          command = ["mlreg", "register", name, path, "--metadata", file.name, "--json"]
          command += [word for key, value in data.items() for word in ("--data", f"{key}={value}")]
          done = subprocess.run(command, capture_output=True, text=True)
      if done.returncode != 0:
          raise RuntimeError(json.loads(done.stderr)["error"]["message"])
      return json.loads(done.stdout)

  data = {"train": "train.csv"}
  trained = register("digits", "model.onnx", metrics={"accuracy": 0.976}, data=data)
  print(trained["ref"], "is new" if trained["changed"] else "was registered before")
`,
};
