"""Clients from npm, unmodified: tests/clients pins them, build/clients holds them."""
import functools
import pathlib
import shutil
import subprocess
import sys

import pytest

from harness.alone import INSTALLED, alone
from harness.instance import ROOT, clean_environment

CLIENTS = ROOT / "tests/clients"
INSTALL_DEADLINE_S = 180


def _program(name):
    """Of the environment that runs the tests, or else of the machine."""
    own = pathlib.Path(sys.executable).parent / name
    return str(own) if own.exists() else shutil.which(name)


def install_clients():
    """The folder with node_modules; once for each change of the lock file."""
    if not _program("node") or not _program("npm"):
        pytest.skip("there is no node or no npm: install tests/requirements.txt")
    with alone("node"):
        fault = _install()
    assert not fault, fault
    return INSTALLED


@functools.cache
def _install():
    """What went wrong, or nothing. Tried once a run: npm is patient with a registry that it cannot reach."""
    lock, mark = CLIENTS / "package-lock.json", INSTALLED / "node_modules/installed-lock.json"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return ""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(CLIENTS / name, INSTALLED / name)
    done = subprocess.run([_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                          cwd=INSTALLED, capture_output=True, text=True, timeout=INSTALL_DEADLINE_S)
    if done.returncode != 0:
        return f"npm ci in {INSTALLED}\n{done.stdout}\n{done.stderr}"
    shutil.copy(lock, mark)
    return ""


def run_node(script, *arguments, certificate=None, **options):
    """Runs a script of tests/clients, which trusts `certificate` besides the usual ones; its output."""
    folder = install_clients()
    added = {"NODE_EXTRA_CA_CERTS": certificate} if certificate else {}
    done = subprocess.run([_program("node"), CLIENTS / script, folder, *arguments], text=True,
                          capture_output=True, timeout=60, env=clean_environment(**added), **options)
    assert done.returncode == 0, f"{script} ended with {done.returncode}\n{done.stderr}"
    return done.stdout
