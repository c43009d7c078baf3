#!/usr/bin/env bash
# Runs every fuzz target for some seconds and writes a JUnit report.  tests/fuzz/run.sh SECONDS REPORT
#
# Findings stay in build/asan/findings, one file each; a target repeats one with: build/asan/fuzz/TARGET FILE
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-5}
report=${2:-/dev/null}
findings=build/asan/findings
mkdir -p $findings
failed=0
cases=""
for target in build/asan/fuzz/*_fuzz; do
    name=$(basename "$target")
    corpus=build/asan/corpus/$name
    mkdir -p "$corpus"
    if output=$("$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=$findings/"$name"- "$corpus" 2>&1); then
        runs=$(sed -n 's/^#\([0-9]*\).*DONE.*/\1/p' <<<"$output" | tail -n 1)
        echo "$name: clean after ${runs:-?} inputs"
        cases+="<testcase classname=\"fuzz\" name=\"$name\"/>"
    else
        failed=1
        echo "$name: FAILED"
        tail -n 40 <<<"$output"
        cases+="<testcase classname=\"fuzz\" name=\"$name\"><failure message=\"see $findings\"/></testcase>"
    fi
done
echo "<testsuite name=\"fuzz\">$cases</testsuite>" >"$report"
exit $failed
