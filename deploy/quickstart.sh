#!/usr/bin/env bash
# From a clean checkout on Debian 12 to a spoken text: installs what is missing, builds, and runs the demo.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh deploy/packages.txt
echo "Building (the first time takes some minutes) ..."
cmake --preset release -DONPUT_TESTS=OFF >/dev/null
cmake --build --preset release --target onput_all
exec build/release/bin/onput demo
