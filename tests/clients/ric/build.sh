#!/bin/sh
# build.sh [NPM]: installs aws-lambda-ric with its native part, beside this file. Its own install script compiles a
# libcurl of its own with node-gyp's tools; here the machine's libcurl and compiler do.
set -eu
"${1:-npm}" ci --ignore-scripts --no-audit --no-fund
cd node_modules/aws-lambda-ric
. deps/versions
tar xzf deps/aws-lambda-cpp-"$AWS_LAMBDA_CPP_RELEASE".tar.gz -C deps --no-same-owner
cmake -S deps/aws-lambda-cpp-"$AWS_LAMBDA_CPP_RELEASE" -B deps/build -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_BUILD_TYPE=Release -DENABLE_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$PWD/deps/artifacts"
cmake --build deps/build
cmake --install deps/build
c++ -std=c++17 -O2 -shared -fPIC -o dist/rapid-client.node src/rapid-client.cc -I/usr/include/node \
    -I../node-addon-api -Ideps/artifacts/include -w -DBUILDING_NODE_EXTENSION \
    -Ldeps/artifacts/lib -laws-lambda-runtime -lcurl
rm -rf deps
