#!/usr/bin/env bash
# A release pipeline from what training left to production and back, driven by exit codes and --json
# alone. Usage: pipeline.sh MODELS, the folder with digits_mlp, digits_mlp_v2 and digits_mlp_bad.
# `mlreg` and `node` are on the PATH, and MLREG_REGISTRY names a registry that does not exist yet.
set -euo pipefail
models=$1
work=$(mktemp -d)
trap '[ $? = 0 ] || cat "$work/stderr" >&2; rm -rf "$work"' EXIT
touch "$work/stderr"

# field JSON PATH: what stands there in a result, such as gates.0.verdict; fails where nothing does.
field() {
  node -e '
    const [json, path] = process.argv.slice(1);
    const value = path.split(".").reduce((found, key) => found?.[key], JSON.parse(json));
    if (value === undefined) throw new Error(`no ${path} in ${json}`);
    console.log(value === null ? "" : String(value));' "$1" "$2"
}

# is ACTUAL EXPECTED WHAT
is() {
  [ "$1" = "$2" ] || { echo "pipeline: $3 is '$1', not '$2'" >&2; exit 1; }
}

# exits CODE COMMAND…: runs it with --json, leaves its result in $result, and fails unless it ends
# with that code.
exits() {
  local expected=$1 code=0
  shift
  result=$("$@" --json 2> "$work/stderr") || code=$?
  [ "$code" = "$expected" ] || { echo "pipeline: $* ended with $code" >&2; exit 1; }
}

# train MODEL: what a training job leaves. Sets $out.
train() {
  out="$work/$1"
  mkdir -p "$out"
  cp "$models/$1/model.onnx" "$models/$1/metadata.json" "$models/$1/golden.json" "$out"
}

# register: what was trained. Sets $ref.
register() {
  exits 0 mlreg register digits "$out/model.onnx" --metadata "$out/metadata.json" --golden "$out/golden.json" \
    --data "train=$models/digits_mlp/train.csv" --run "https://ci.example/builds/$build"
  ref=$(field "$result" ref)
}

# release: the candidate $ref through staging and the gates to production; ends with the code of what
# stopped it, its result in $result.
release() {
  local code=0 holder=none
  mlreg policy check "$ref" --to staging > "$work/check" || return
  mlreg promote "$ref" --to staging -m "build $build" > "$work/staging" || return
  result=$(mlreg show digits@production --json 2> "$work/stderr") || code=$?
  case $code in
    0)
      holder=$(field "$result" version)
      # Both in one run, in blocks that alternate. The margin is wide: this is about the gate, not
      # about the machine.
      mlreg bench "$ref" --baseline "digits@$holder" --max-regression 5000% --stat p50 \
        --iterations 300 --warmup 10 --launches 1 > "$work/bench" || return
      ;;
    3) ;; # Nobody holds it.
    *) return "$code" ;;
  esac
  result=$(mlreg promote "$ref" --to production --expect "$holder" -m "build $build" --json 2> "$work/stderr")
}

exits 0 mlreg init "$MLREG_REGISTRY"
cat > "$work/policy.json" << 'POLICY'
{
  "stages": {
    "staging": { "require": ["accuracy>=0.5", "golden", "data"] },
    "production": {
      "from": ["staging"],
      "require": ["accuracy>=0.85", "accuracy>=production-0.005", "signature=compatible", "size<10MB"],
      "whenEmpty": "pass"
    }
  }
}
POLICY
exits 0 mlreg policy apply "$work/policy.json" -m "agreed"

# The first version, which nothing can be compared with yet.
build=1
train digits_mlp
register
first=$ref
is "$(field "$result" version)" 1.0.0 'the first version'
# A job that lost its connection runs again.
register
is "$(field "$result" changed)" false 'registering again'
# Not past staging.
exits 5 mlreg promote "$ref" --to production
is "$(field "$result" gates.0.verdict)" fail 'the gate on the stage before'
release
is "$(field "$result" to)" 1.0.0 production

# A better one.
build=2
train digits_mlp_v2
register
second=$ref
is "$(field "$result" bump)" minor 'the bump of another graph'
release
is "$(field "$result" changed)" true 'the promotion'
generation=$(field "$result" generation)

# One that stopped training early is good enough for staging, and stays out of production.
build=3
train digits_mlp_bad
register
code=0
release || code=$?
is "$code" 5 'the exit code of the bad release'
is "$(field "$result" blocked)" true 'the bad promotion'
is "$(field "$result" generation)" "$generation" 'the generation of production'
is "$(field "$result" gates.1.gate)" 'accuracy>=0.85' 'the gate'
is "$(field "$result" gates.1.verdict)" fail 'its verdict'
exits 0 mlreg show digits@production
is "$(field "$result" ref)" "$second" 'what is in production'

# Of two who look at the same holder, one is late.
exits 4 mlreg promote "$first" --to production --expect 1.0.0

# Errors come in from production: back, and never again.
exits 0 mlreg rollback digits --expect "${second#*@}" --yank -m "errors since 02:40"
is "$(field "$result" to)" "${first#*@}" 'what production is back at'
exits 4 mlreg promote "$second" --to production
exits 4 mlreg rollback digits

# The evidence: what was refused is in the history, and all of it is whole.
exits 0 mlreg history digits --stage production
is "$(field "$result" events.0.action)" rollback 'the last event'
exits 0 mlreg history digits --stage production --gates
is "$(field "$result" events.0.action)" blocked 'the last that its gates judged'
exits 0 mlreg verify
is "$(field "$result" ok)" true 'the registry'
echo "production is at $first again"
