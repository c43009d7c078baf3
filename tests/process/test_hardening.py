"""What holds when a memory error or a curious process meets Onput: how the binaries are built, and what their
files, memory and environment show to others."""
import os
import pathlib
import re
import stat
import subprocess

import pytest

from harness.instance import BIN, SERVICES, Onput

BINARIES = ["onput", *(f"onput-{service}" for service in SERVICES)]
NOBODY = 65534


def readelf(binary, *options):
    return subprocess.run(["readelf", "--wide", *options, BIN / binary], check=True, capture_output=True,
                          text=True).stdout


@pytest.mark.parametrize("binary", BINARIES)
def test_a_binary_is_built_against_memory_errors(binary):
    dynamic = readelf(binary, "--dynamic")
    assert "BIND_NOW" in dynamic
    assert re.search(r"FLAGS_1.*\bPIE\b", dynamic)
    assert "GNU_RELRO" in readelf(binary, "--program-headers")
    imported = set(re.findall(r"UND (\w+)", readelf(binary, "--dyn-syms")))
    assert "__stack_chk_fail" in imported
    assert any(name.endswith("_chk") for name in imported), "nothing is fortified"


def test_files_belong_to_their_user_alone(tmp_path):
    with Onput(tmp_path) as onput:
        onput.s3.put_object(Bucket="inbox", Key="a.txt", Body=b"good morning")
        for pid in onput.pids():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            assert re.search(r"^Umask:\s0077$", status, re.MULTILINE), status
        # Sockets are made with the same umask; log files may grow while we look.
        open_to_others = [str(path) for path in onput.data.rglob("*")
                          if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077]
        assert open_to_others == []


def test_memory_and_environment_are_closed_to_the_user_s_other_processes(tmp_path):
    if os.getuid() != 0:
        pytest.skip("MEMORY OF OTHERS IS NOT TESTED: only root can start a process of another user")
    # The kernel gives these files of a process that is not dumpable to root.
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_mode & 0o001 == 0 and path.stat().st_uid == 0:
            path.chmod(path.stat().st_mode | 0o001)
    process = subprocess.Popen(
        [BIN / "onput-queue", "--data", folder, "--endpoints", f"ipc://{folder}/queue.sock",
         "--lane-endpoints", f"ipc://{folder}/lane.sock"],
        user=NOBODY, group=NOBODY, extra_groups=[], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if " started" in line:
                break
        reading = subprocess.run(["cat", f"/proc/{process.pid}/environ"], user=NOBODY, group=NOBODY,
                                 extra_groups=[], capture_output=True, text=True)
        assert reading.returncode != 0 and "Permission denied" in reading.stderr
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def test_root_runs_the_services_as_the_owner_of_their_data(tmp_path):
    if os.getuid() != 0:
        pytest.skip("ROOT IS NOT TESTED: only root gives root's rights up")
    tmp_path.chmod(0o755)
    for path in tmp_path.parents:
        if path.stat().st_mode & 0o001 == 0 and path.stat().st_uid == 0:
            path.chmod(path.stat().st_mode | 0o001)
    owned = tmp_path / "owned"
    owned.mkdir()
    os.chown(owned, NOBODY, NOBODY)
    with Onput(owned) as onput:
        for pid in [onput.process.pid, *onput.pids()]:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            assert re.search(rf"^Uid:\s{NOBODY}\s{NOBODY}\s{NOBODY}\s{NOBODY}$", status, re.MULTILINE), status
            assert re.search(r"^CapPrm:\s0+$", status, re.MULTILINE), status
            assert re.search(r"^Groups:\s*$", status, re.MULTILINE), status
        onput.s3.put_object(Bucket="inbox", Key="a.txt", Body=b"good morning")
        assert onput.wait_for_object("outbox", "a.mp3")
        assert onput.data.stat().st_uid == NOBODY


def environment_of(pid):
    return dict(entry.split("=", 1) for entry in pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0")
                if "=" in entry)


def test_a_service_gets_no_secret_of_another(tmp_path):
    if os.getuid() != 0:
        pytest.skip("ENVIRONMENTS ARE NOT TESTED: only root reads those of processes that are not dumpable")
    secrets = {"ONPUT_KEYS_SECRET": "AKIDONE:hush-hush-hush:000000000000", "ONPUT_SMTP_PASSWORD_SECRET": "hush",
               "ONPUT_SMTP_URL": "smtp://127.0.0.1:1", "ONPUT_SMTP_USER": "onput", "ONPUT_MAIL_FROM": "a@example.org",
               "AWS_SECRET_ACCESS_KEY": "hush"}
    expected = {"onput-gateway": {"ONPUT_KEYS_SECRET"},
                "onput-notifier": {"ONPUT_SMTP_PASSWORD_SECRET", "ONPUT_MASTER_KEYS_SECRET_FILE"},
                "onput-storage": {"ONPUT_MASTER_KEYS_SECRET_FILE"}}
    with Onput(tmp_path, environment=secrets) as onput:
        for pid in onput.pids():
            service = pathlib.Path(f"/proc/{pid}/exe").resolve().name
            told = {name for name in environment_of(pid) if "SECRET" in name}
            assert told == expected.get(service, set()), service
