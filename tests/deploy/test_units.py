"""The systemd units: systemd accepts them, finds little that they leave open, and lets our services do their work."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness.waiting import wait_until
from rig.stack import free_port

UNITS = sorted(path for path in (pathlib.Path(__file__).resolve().parents[2] / "deploy/systemd").glob("onput*")
               if path.is_file())
ANALYZE = "/usr/bin/systemd-analyze"
STRACE = "/usr/bin/strace"
BIN = pathlib.Path(os.environ.get("ONPUT_BIN", UNITS[0].parents[2] / "build/release/bin"))
EXPOSURE_MAX = 2.0
# Its handlers' sandboxes are namespaces, which the unit may not forbid.
EXPOSURE_OF_FUNCTION_MAX = 4.0

needs_systemd = pytest.mark.skipif(not pathlib.Path(ANALYZE).exists(),
                                   reason=f"there is no {ANALYZE}: install tests/packages.txt")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A root with the units, and programs where the units look for them."""
    root = tmp_path_factory.mktemp("root")
    for folder in ("etc/systemd/system", "usr/bin", "usr/lib/systemd/system"):
        (root / folder).mkdir(parents=True)
    # Of systemd's own units, those that ours and the defaults of every unit name.
    for unit in pathlib.Path("/lib/systemd/system").glob("*"):
        if unit.is_file() and unit.suffix in (".target", ".slice", ".socket"):
            shutil.copy(unit, root / "usr/lib/systemd/system")
    for unit in UNITS:
        if unit.suffix == ".env":
            continue
        (root / "etc/systemd/system" / unit.name).write_text(unit.read_text())
        for program in re.findall(r"^ExecStart=(\S+)", unit.read_text(), re.M):
            target = root / program.lstrip("/")
            target.write_text("#!/bin/sh\n")
            target.chmod(0o755)
    return root


def services():
    return [unit.name.replace("@.", "@1.") for unit in UNITS if unit.suffix == ".service"]


def test_there_is_a_unit_for_every_service():
    assert {re.match(r"onput-(\w+)", name).group(1) for name in services()} == {
        "storage", "notifier", "queue", "gateway", "tts", "image", "function"}


@needs_systemd
@pytest.mark.parametrize("name", [*services(), "onput.target"])
def test_systemd_has_nothing_to_say_about_a_unit(installed, name):
    told = subprocess.run([ANALYZE, "verify", "--man=no", "--recursive-errors=yes",
                           f"--root={installed}", name], capture_output=True, text=True, timeout=60)
    ours = [line for line in (told.stdout + told.stderr).splitlines() if "onput" in line]
    assert ours == []
    assert told.returncode == 0, told.stderr


@needs_systemd
@pytest.mark.parametrize("name", services())
def test_a_unit_leaves_little_open(installed, name):
    most = EXPOSURE_OF_FUNCTION_MAX if name.startswith("onput-function") else EXPOSURE_MAX
    told = subprocess.run([ANALYZE, "security", "--offline=true", f"--root={installed}",
                           f"--threshold={round(most * 10)}", "--no-pager", name],
                          capture_output=True, text=True, timeout=60)
    found = re.search(r"exposure level for .*: ([0-9.]+)", told.stdout)
    assert found, told.stderr
    assert float(found.group(1)) <= most, told.stdout


def test_units_stop_later_than_services_drain():
    environment = (UNITS[0].parent / "onput.env").read_text()
    drain_s = int(re.search(r"^ONPUT_DRAIN_TIMEOUT_MS=(\d+)", environment, re.M).group(1)) / 1000
    for unit in UNITS:
        for stop_s in re.findall(r"^TimeoutStopSec=(\d+)", unit.read_text(), re.M):
            assert int(stop_s) > drain_s, unit.name


# -- system calls


def expand(name):
    """The system calls of a set of systemd's, or the one named."""
    if not name.startswith("@"):
        return {name}
    told = subprocess.run([ANALYZE, "syscall-filter", "--no-pager", name], capture_output=True,
                          text=True, check=True).stdout.splitlines()[1:]
    words = [line.strip() for line in told if line.strip() and not line.strip().startswith("#")]
    return set().union(*map(expand, words))


def allowed_by(unit):
    """What SystemCallFilter leaves, line after line, as systemd.exec(5) says."""
    allowed = expand("@default")
    for value in re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.M):
        for name in value.removeprefix("~").split():
            allowed = allowed - expand(name) if value.startswith("~") else allowed | expand(name)
    return allowed


def arguments(service, folder):
    """Enough to start a service alone; its peers are not there."""
    nobody = f"tcp://127.0.0.1:{free_port()}"
    here = f"tcp://127.0.0.1:{free_port()}"
    peers = {name: f"--{name}-endpoint={nobody}" for name in ("storage", "notifier", "queue")}
    return {
        "storage": [f"--data={folder}", f"--endpoints={here}", peers["notifier"]],
        "notifier": [f"--data={folder}", f"--endpoints={here}", peers["queue"],
                     f"--bus-endpoints=tcp://127.0.0.1:{free_port()}"],
        "queue": [f"--data={folder}", f"--endpoints={here}", peers["notifier"],
                  f"--lane-endpoints=tcp://127.0.0.1:{free_port()}"],
        "gateway": [f"--listen=127.0.0.1:{free_port()}", "--development-keys", *peers.values()],
        "tts": [f"--work-directory={folder}", peers["storage"], f"--queue-lane-endpoint={nobody}"],
        "image": [f"--work-directory={folder}", peers["storage"], f"--queue-lane-endpoint={nobody}"],
        # It tries a sandbox before it says that it has started.
        "function": [f"--work-directory={folder}", peers["storage"], peers["queue"],
                     f"--queue-lane-endpoint={nobody}"],
    }[service]


@needs_systemd
@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda u: u.stem)
def test_a_unit_forbids_no_system_call_that_its_service_makes(unit, tmp_path):
    if not pathlib.Path(STRACE).exists():
        pytest.skip(f"there is no {STRACE}: install tests/packages.txt")
    service = re.match(r"onput-(\w+)", unit.stem).group(1)
    program = BIN / f"onput-{service}"
    if not program.exists():
        pytest.skip(f"there is no {program}")
    seen = tmp_path / "calls"
    log = tmp_path / "log"
    with open(log, "wb") as out:
        traced = subprocess.Popen([STRACE, "-f", "-qq", "-o", seen, program,
                                   *arguments(service, tmp_path)], stdout=out, stderr=out)
    wait_until(lambda: traced.poll() is not None or b" started" in log.read_bytes(), 60, "a start")
    children = pathlib.Path(f"/proc/{traced.pid}/task/{traced.pid}/children").read_text().split()
    assert children, log.read_text()
    os.kill(int(children[0]), 15)
    assert traced.wait(60) == 0, log.read_text()
    made = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)[( ]", seen.read_text(), re.M))
    assert {"mmap", "read", "sched_setscheduler"} <= made
    assert made - allowed_by(unit) == set()
    families = set(re.findall(r"\bsocket(?:pair)?\((\w+)", seen.read_text()))
    assert "AF_INET" in families
    left = re.search(r"^RestrictAddressFamilies=(.*)$", unit.read_text(), re.M)[1].split()
    assert families - set(left) == set()
