#!/bin/sh
# Many generated bodies, in batches: soak.sh [bodies] [seed] [bodies in a batch] [first body]
# The bodies from the first to the last one; a later first one continues where another soak ended. Goes on after a batch that fails; its report is kept in target/differential/. Fails if any batch did.
set -u
bodies=${1:-10000}
seed=${2:-2}
batch=${3:-1000}
cd "$(dirname "$0")/.." || exit 1
reports=${CARGO_TARGET_DIR:-target}/differential
mkdir -p "$reports"
first=${4:-0}
failed=0
while [ "$first" -lt "$bodies" ]; do
    report=$reports/seed-$seed-from-$first.txt
    if SAYIIR_DIFF_SEED=$seed SAYIIR_DIFF_FIRST=$first SAYIIR_DIFF_COUNT=$batch \
        cargo test -p sayiir-differential --no-fail-fast -- --nocapture >"$report" 2>&1; then
        echo "seed $seed, from $first: $batch bodies agree"
        rm "$report"
    else
        echo "seed $seed, from $first: see $report"
        failed=1
    fi
    first=$((first + batch))
done
exit $failed
