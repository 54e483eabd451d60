/** Help topics that guide through a job. Lines of two blanks and `mlreg` are run, in order, by test/e2e/readme.test.ts. */
export const guides = {
  tasks: `Daily tasks in one registry. Register a file or a folder; formats other than ONNX (.pkl, .joblib,
.safetensors, .pt …) are also stored and versioned, but cannot be run:

  mlreg register digits-conv test/fixtures/digits_conv_external --metric accuracy=0.985
  mlreg register team/breast-cancer test/fixtures/breast_cancer_lr/model.joblib --tag owner=ada

Add what was forgotten; the original values stay in the history. Tags given at registration are part
of the version: different tags make a different version. Set what differs from run to run, for
example a build number, afterwards:

  mlreg tag digits-conv@1.0.0 owner=ada build=42
  mlreg describe digits-conv@1.0.0 "a small convolution" --metric live_accuracy=0.981
  mlreg list --tag owner=ada
  mlreg list digits --where 'accuracy>=0.975 and params.hidden!="(32,)"'

Roll back at 3 a.m.: one command returns production to its previous version, after verifying the
bytes. With --expect and the bad version, only the first of two people who run it rolls back; the
other gets exit code 4. --yank prevents promoting the bad version again; if the model was not the
cause, unyank it and promote it again:

  mlreg history digits --stage production --limit 5
  mlreg rollback digits --expect 1.1.0 --yank -m "errors since 02:40"
  mlreg unyank digits@1.1.0

What was in production last Tuesday? Times without a zone are UTC, a date without a time means
00:00, and a time in the future is an error. --quiet prints only the reference:

  mlreg history digits --stage production --at "$(date -u -d 'last tuesday 12:00' +%Y-%m-%dT%H:%MZ)"
  mlreg history digits --stage production --at 7d --quiet
  mlreg show digits@production~1 || echo "nothing held production before"

Compare candidates. If outputs differ, the exit code is 5, and the result shows the element with the
largest difference, the expected value and the tolerance:

  mlreg compare digits@1.0.0 digits@1.0.1 digits@1.1.0
  mlreg test digits@1.0.1 --against test/fixtures/digits_mlp_retrained/golden.json
  mlreg test digits@1.0.1 --against test/fixtures/digits_mlp_v2/golden.json || echo "exit code $?"

Add a stage, remove a version. Yanking warns if the version holds a stage, but moves nothing; a
version that holds a stage cannot be deleted. Version numbers are not reused:

  mlreg stage add canary --after staging
  mlreg promote digits@1.0.1 --to canary
  mlreg yank digits@1.0.1 -m "trained on leaked labels"
  mlreg demote digits --stage canary
  mlreg delete digits@1.0.1 --yes -m "must not be kept"

For several people on one host, mlreg init --shared /srv/models/registry creates a registry that the
group of its folder can use. Events record who did what.
`,
  benchmarks: `How fast is a version on this machine? Every run is kept with all its latencies. A version with a
golden set gets its cases as inputs, in turn, and its outputs are compared before and after timing,
in the same session: if they differ, the exit code is 5. --input PATH uses other inputs (the same
format; outputs not needed); --synthetic, --batch and --shape use synthetic ones.

A limit in milliseconds depends on the machine; a comparison does not. The second command measures
both versions in one run, in alternating blocks, and fails unless the first is at most this much
slower, with 95% confidence:

  mlreg bench digits@1.0.0 --iterations 500 --max-p95 20ms
  mlreg bench digits@1.0.0 --baseline digits@1.1.0 --max-regression 100% --stat p50 --duration 1s

Which setting is best, and where does the time go?

  mlreg bench digits@1.1.0 --matrix threads=1,2 batch=1,8 --max-p95 20ms --duration 1s
  mlreg bench digits@1.1.0 --profile --duration 1s

The first measures every combination in random order, stores each as a benchmark, and marks the one
with the most items per second within the limit. It shows which others may be as good, and exits
with code 5 if no setting passes. Measure the chosen setting again before you rely on it: the best
of many is partly luck. The second shows the time of each operator, from ONNX Runtime's profile. The
profile comes from separate runs, which profiling makes slower: use the shares, not the times.

How long do callers wait if 200 requests per second arrive at random and two sessions serve them?
Latency counts from the arrival, so it includes waiting; a rate above the capacity of the sessions
is reported as saturated, and fails every limit:

  mlreg bench digits@1.1.0 --rate 200 --concurrency 2 --max-p95 20ms --duration 2s

--scenario selects the other scenarios of MLPerf: single (--concurrency sets the number of clients),
multi (queries of several samples), offline (throughput). --as-deployed uses the default session
options of ONNX Runtime.

List stored runs, show one again (--show ID), or check one against other limits without measuring,
with the same exit codes (--recheck ID --max-p95 15ms, or --max-regression 5% --stat p99 for one
with a baseline). --markdown prints any of these for a pull request:

  mlreg bench --list digits

What is the smallest change that this machine can detect? mlreg doctor --bench compares a small
model with itself as the gate does, for about 30 s. It shows how often a gate at 5% would have
failed, how wide the 95% intervals are, the smallest increase that p50 and p95 can detect, what
disturbs the machine, and what to do: gate p50, measure longer, or use another machine.
`,
  backups: `A backup is a consistent copy of the registry, taken while it is in use, with every byte verified.
The copy is a registry with the same id; use it with --registry. With a checkpoint committed to git
you can check later that the history up to it is unchanged:

  mlreg backup backups/monday
  mlreg history --checkpoint > checkpoint.json
  mlreg verify --checkpoint checkpoint.json
  mlreg verify --registry backups/monday

To restore, stop everything that uses the registry, move the damaged folder away, copy the backup to
its place, and verify it. If git tracks files in that folder, as in a clone of mlreg, restore them
with git:

  mv registry registry.broken && cp -a backups/monday registry
  git checkout -- registry
  mlreg verify

Use only one of the two from then on: they share an id, but not later changes. If only an older
mlreg.db was restored, mlreg refuses changes until mlreg doctor --accept-history -m WHY.

Export versions as an OCI image layout, with metadata, golden sets and history; the same versions
give the same bytes. An import takes all of it or nothing, with the same numbers and digests; it
does not change stages:

  mlreg export digits --all -o digits.tar
  mlreg init elsewhere
  mlreg import digits.tar --registry elsewhere

skopeo copy oci:DIR:digits:1.1.0 … copies the artifact, digits:1.1.0_version metadata and history.
`,
  ci: `Keep the registry where the job can reach it: on a local disk of one host, for example a volume that
the runner mounts. NFS, SMB and other network file systems are not supported, because SQLite's locks
do not work on them. Set MLREG_REGISTRY to its path. mlreg never prompts; use exit codes and --json.

Registering the same again changes nothing, so a job can be repeated. The job's URL, repository,
branch and pull request are recorded in source.ci (GitHub, GitLab, Jenkins, CircleCI, Azure,
Buildkite) and do not make a different version. Tags and --run given at registration do: set what
differs from job to job afterwards, with mlreg tag. Promotions that run at the same time are applied
one after another; with --expect, a job that saw an old holder exits with code 4 and changes
nothing.

In GitHub Actions, register, promote, rollback and bench set the step outputs ref, version, digest,
changed and verdict (pass, fail, inconclusive; empty without gates), and add their result and the
gate results to the job summary, also with exit code 5. In other systems, set GITHUB_OUTPUT and
GITHUB_STEP_SUMMARY to files; one that cannot be written is a warning.

The action .github/actions/mlreg (from another repository:
OWNER/REPOSITORY/.github/actions/mlreg@TAG) includes mlreg (Node and npm must be installed), and has
these outputs and exit-code. With its input version, npm installs a published version instead.
Quotes in args keep words together as in a shell, but nothing is run or expanded. Do not use
untrusted text in args, for example a branch name: it could add words.

A promotion can require gates (mlreg help policies). Their results are recorded, and can be shown in
a merge request as tests (--junit) or text (--markdown). Export them as in-toto statements about the
manifest and files of the version: a test result (PASSED or FAILED, with the gates) and a
verification result (from, to, actor, and the number and hash of the event, which a saved mlreg
history --checkpoint covers). They are not signed; sign them with a tool that takes a whole
statement, or its .predicate:

  mlreg promote digits@1.1.0 --to staging --require 'accuracy>=0.97'
  mlreg attest digits@1.1.0 --stage staging

To deploy, watch a stage. mlreg runs the program for every promotion, rollback and demotion, one
after another, with the event as JSON on stdin, and MLREG_ACTION, MLREG_MODEL, MLREG_STAGE,
MLREG_FROM, MLREG_TO and MLREG_SEQ in the environment; put -- before arguments that start with a
dash. It polls every two seconds, takes no lock, and needs no write permission. --current first
reports the current holder, and so does a watch whose registry was replaced by a backup
(MLREG_ACTION is then current). Ctrl-C ends it with exit code 0:

    mlreg watch digits --stage production --exec ./deploy.sh

A scheduled job prints the moves since the event.seq of the last line that it saw; exit code 5 means
that the program failed:

  mlreg watch digits --stage production --since 0 --once
`,
  library: `The same operations, on the same registry, as a typed library, except doctor, card, schema and
completion, which exist only as commands. A training script in TypeScript:

  import { createRegistry } from 'mlreg';

  const registry = await createRegistry('/tmp/models/registry');
  const accuracy = 0.9796;
  const trained = await registry.register('digits', 'test/fixtures/digits_mlp_v2/model.onnx', {
    metadata: { metrics: { accuracy }, params: { hidden: '(64,)' } },
    data: { train: 'test/fixtures/digits_mlp/train.csv' },
  });

  // Promote it if it is better than the holder of production, and only if that is still the holder.
  const production = await registry.find('digits@production');
  if (accuracy > (production?.metadata.metrics?.['accuracy'] ?? 0)) {
    await registry.promote(trained.ref, {
      to: 'production',
      expect: production?.record.version ?? 'none',
    });
  }

  // On the serving host: copy the files, every byte verified.
  const { directory, ref } = await registry.pull('digits@production', {
    output: '/tmp/models/digits',
  });
  console.log(\`\${ref} is in \${directory}\`);
  await registry.close();

createRegistry creates the registry if there is none; openRegistry() opens the one that the command
would use. Expected failures are an MlregError with a code (for example CONFLICT, see mlreg help
exit-codes), a hint and details. Times in results are epoch milliseconds.

From Python, with mlreg installed:

  import json, subprocess, tempfile

  def register(name, path, *, metrics, params={}, tags={}, data={}):
      """Registers a model file; returns the JSON of mlreg: ref, version, digest, changed …"""
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
  print(trained["ref"], "is new" if trained["changed"] else "was already registered")
`,
};
