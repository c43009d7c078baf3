#!/usr/bin/env bash
# Installs what the tests need, builds everything and runs every test. The last line is "N passed, N failed".
#
#   tests/run.sh                     all of it but image
#   tests/run.sh unit process        only these kinds: tidy unit sim golden fuzz asan process deploy image
#   tests/run.sh image               deploy, with the image as deploy/Dockerfile compiles it: a quarter of an hour
#   ONPUT_SIM_SEEDS=5000 tests/run.sh sim        a longer simulation (200 seeds by default)
#   ONPUT_FUZZ_SECONDS=600 tests/run.sh fuzz     longer fuzzing (5 s a target by default)
#   ONPUT_SOAK_SECONDS=600 tests/run.sh process deploy   kill tests that go on for longer
set -uo pipefail
cd "$(dirname "$0")/.."

kinds=${*:-tidy unit sim golden fuzz asan process deploy}
results=build/test-results
rm -rf "$results"
mkdir -p "$results"

step() { printf '\n== %s\n' "$*"; }
wants() { [[ " $kinds " == *" $1 "* ]]; }
stop() {
    echo "tests/run.sh: $*" >&2
    echo "0 passed, 1 failed"
    exit 1
}

step "install"
deploy/install.sh deploy/packages.txt tests/packages.txt || stop "could not install the packages above"
venv=build/venv
if [ ! -x $venv/bin/pytest ] || ! cmp -s tests/requirements.txt $venv/requirements.txt; then
    /usr/bin/python3 -m venv --clear $venv && $venv/bin/pip install -q -r tests/requirements.txt &&
        cp tests/requirements.txt $venv/requirements.txt || stop "could not install tests/requirements.txt"
fi

step "configure"
cmake --preset release -DONPUT_TESTS=ON >/dev/null || stop "cmake --preset release failed"

if wants tidy; then
    # Before the build: clang-tidy and the compile of headers need its commands, not its results.
    step "tidy: the rules, and the rules' own tests"
    $venv/bin/python tests/tidy/tidy.py --junit $results/tidy.xml
    $venv/bin/pytest -q tests/tidy --junitxml=$results/tidy-tests.xml
fi

step "build (release)"
cmake --build --preset release || stop "the build failed"
if ! [ -e build/release/share/onput/voices/hibari/hibari.onnx ]; then
    build/release/bin/onput voices install hibari || echo "No natural voice: its tests are skipped."
fi

# gtest writes one report a binary into this folder; the environment reaches it through ctest.
export GTEST_OUTPUT="xml:$PWD/$results/"
for label in unit golden sim; do
    if wants $label; then
        step "$label"
        ctest --test-dir build/release -j "$(nproc)" -L "^$label\$" --output-on-failure --no-tests=error \
            --output-junit "$PWD/$results/ctest-$label.junit"
    fi
done

# Fuzz targets and the tests that parsers have are one build: clang, address and undefined-behaviour sanitizers.
if wants fuzz || wants asan; then
    step "build (asan): what parses bytes from outside"
    cmake --preset asan >/dev/null && cmake --build --preset asan --target onput_sanitized || stop "the asan build failed"
fi

if wants fuzz; then
    step "fuzz"
    tests/fuzz/run.sh "${ONPUT_FUZZ_SECONDS:-5}" $results/fuzz.xml
fi

if wants asan; then
    step "asan: the tests of parsers under sanitizers"
    export GTEST_OUTPUT="xml:$PWD/$results/asan-"
    ctest --test-dir build/asan -j "$(nproc)" -L '^asan$' --output-on-failure --no-tests=error \
        --output-junit "$PWD/$results/ctest-asan.junit"
fi

if wants process; then
    step "process: real processes, real clients"
    $venv/bin/pytest -q -n 2 --dist loadfile tests/process --junitxml=$results/process.xml
fi

if wants deploy || wants image; then
    step "deploy: containers on a real engine, systemd units; skipped where no engine can run"
    # Compiled above, so not once more in the image.
    wants image || export ONPUT_DEPLOY_BIN=$PWD/build/release/bin
    $venv/bin/pytest -q -rs tests/deploy --junitxml=$results/deploy.xml
fi

step "result"
$venv/bin/python tests/support/summary.py $results
