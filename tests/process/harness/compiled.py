"""Clients that are compiled: programs of tests/clients, built once with pinned modules into build/clients.

Without a toolchain or a registry the test is skipped, and says why; a program that does not compile fails.
"""
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from harness.alone import INSTALLED, alone
from harness.clients import run_client
from harness.instance import ROOT

CLIENTS = ROOT / "tests/clients"
BUILD_DEADLINE_S = 900
# What a Go or a Maven says that cannot reach its registry.
UNREACHABLE = ("dial tcp", "no such host", "i/o timeout", "connection refused", "Connection refused",
               "Unknown host", "Could not transfer", "Connect to ", "proxyconnect", "TLS handshake timeout",
               "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")
GO_LANGUAGE = (1, 24)  # As go.mod says.


def _tool(name, *elsewhere):
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *elsewhere]))
    if not path:
        pytest.skip(f"there is no {name}: tests/clients/README.md says where it comes from")
    return path


def _fingerprint(folder):
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@functools.cache
def _build(name, words):
    """What `words`, run in a copy of tests/clients/<name>, said, if it failed; nothing once it is built."""
    source, into = CLIENTS / name, INSTALLED / name
    mark, fingerprint = into / "built", _fingerprint(source)
    if mark.exists() and mark.read_text() == fingerprint:
        return ""
    shutil.copytree(source, into, dirs_exist_ok=True)
    done = subprocess.run(words, cwd=into, capture_output=True, text=True, timeout=BUILD_DEADLINE_S,
                          env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"})
    if done.returncode != 0:
        return f"{' '.join(words)} in {into}\n{done.stdout}\n{done.stderr}"
    mark.write_text(fingerprint)
    return ""


def _built(name, *words):
    with alone(name):
        fault = _build(name, words)
    if any(text in fault for text in UNREACHABLE):
        pytest.skip(f"no registry to build tests/clients/{name} from: {fault.splitlines()[-1]}")
    assert not fault, fault
    return INSTALLED / name


def _go():
    go = _tool("go", "/usr/local/go/bin")
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "GOTOOLCHAIN": "local"}, cwd="/").stdout.strip()
    version = tuple(int(part) for part in said.removeprefix("go").split(".")[:2] if part.isdigit())
    if version < GO_LANGUAGE:
        pytest.skip(f"{go} is {said}, and AWS's SDK needs Go {'.'.join(map(str, GO_LANGUAGE))}")
    return go


def run_go(onput, *arguments):
    folder = _built("go", _go(), "build", "-o", "client", ".")
    return run_client(onput, folder / "client", *arguments)


def run_java(onput, *arguments):
    java = _tool("java")
    folder = _built("java", _tool("mvn"), "-q", "-B", "package")
    classes = os.pathsep.join(map(str, [folder / "target/classes", *pathlib.Path(folder).glob("target/lib/*.jar")]))
    return run_client(onput, java, "-cp", classes, "Client", *arguments)


def ric():
    """The folder with AWS's runtime interface client for Node.js in node_modules."""
    npm = _tool("npm", str(pathlib.Path(sys.executable).parent))
    if not pathlib.Path("/usr/include/node/node_api.h").exists():
        pytest.skip("there is no /usr/include/node/node_api.h: install Node.js with its headers")
    _built("ric", "./build.sh", npm)
    return INSTALLED / "ric"
