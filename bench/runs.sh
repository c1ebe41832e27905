# What benches that train many runs share; sourced. `bin` and OMP_NUM_THREADS are theirs.

# "1-3,5": the numbers, a line each.
numbers_of() { echo "$1" | tr , '\n' | while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done; }

# RUN RECIPE PACK BACKBONE [FLAG...]: trains and evaluates a run, unless it is finished; what it says goes to
# RUN.log, which is shown if it fails.
train_and_evaluate() {
  local run=$1 recipe=$2 pack=$3 backbone=$4
  shift 4
  mkdir -p "$(dirname "$run")"
  { "$bin/mma-train" "$recipe" --data "$pack" --backbone "$backbone" --out "$run" "$@" &&
    { [ -e "$run/eval/test/metrics.json" ] || "$bin/mma-eval" "$run" --data "$pack"; }; } >"$run.log" 2>&1 ||
    { echo "$run failed:" >&2; tail -n 5 "$run.log" >&2; return 255; }
  echo "$run" >&2
}
export -f train_and_evaluate
