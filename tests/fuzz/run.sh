#!/usr/bin/env bash
# Runs every fuzz target for some seconds and writes a JUnit report.  tests/fuzz/run.sh SECONDS REPORT
#
# As many at a time as there are processors. Findings stay in build/asan/findings, one file each; a target
# repeats one with: build/asan/fuzz/TARGET FILE
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-5}
report=${2:-/dev/null}
findings=build/asan/findings
cases=$(mktemp -d)
trap 'rm -rf "$cases"' EXIT
mkdir -p $findings

fuzz() {
    local target=$1 name output
    name=$(basename "$target")
    local corpus=build/asan/corpus/$name
    mkdir -p "$corpus"
    if output=$("$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=$findings/"$name"- "$corpus" 2>&1); then
        echo "$name: clean after $(sed -n 's/^#\([0-9]*\).*DONE.*/\1/p' <<<"$output" | tail -n 1) inputs"
        echo "<testcase classname=\"fuzz\" name=\"$name\"/>" >"$cases/$name"
    else
        printf '%s: FAILED\n%s\n' "$name" "$(tail -n 40 <<<"$output")"
        echo "<testcase classname=\"fuzz\" name=\"$name\"><failure message=\"see $findings\"/></testcase>" \
            >"$cases/$name"
    fi
}

for target in build/asan/fuzz/*_fuzz; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    fuzz "$target" &
done
wait
# Of a target that left no word nothing is known: no word of success either.
for target in build/asan/fuzz/*_fuzz; do
    name=$(basename "$target")
    [ -s "$cases/$name" ] ||
        echo "<testcase classname=\"fuzz\" name=\"$name\"><failure message=\"did not end\"/></testcase>" >"$cases/$name"
done
echo "<testsuite name=\"fuzz\">$(cat "$cases"/*)</testsuite>" >"$report"
! grep -q "<failure" "$report"
