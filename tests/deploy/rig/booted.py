"""Booted: a container in which systemd runs our units, as on a machine of their own.

Its network is its own and leads nowhere.
"""
import itertools
import os
import pathlib

from harness.waiting import NotReached, wait_until
from rig.engine import NoEngine

CGROUPS_V1 = pathlib.Path("/sys/fs/cgroup/systemd")
BOOT_DEADLINE_S = 60


class Booted:
    _numbers = itertools.count(1)

    def __init__(self, engine, image):
        self.engine = engine
        self.image = image
        self.name = f"onput-test-systemd-{os.getpid()}-{next(self._numbers)}"

    def __enter__(self):
        # What units need to confine their services, and no more where that is enough.
        rights = ["--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--cap-add", "NET_ADMIN",
                  "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
        groups = ["--cgroupns", "private", "-v", f"{CGROUPS_V1}:{CGROUPS_V1}:rw"]
        if not CGROUPS_V1.exists():
            groups = ["--cgroupns", "private", "--privileged"]
        self.engine.run("run", "-d", "--name", self.name, "--network", "none", *rights, *groups,
                        "--tmpfs", "/run:exec", "--tmpfs", "/run/lock", "--tmpfs", "/tmp", self.image)
        try:
            wait_until(lambda: self.run("systemctl", "is-system-running", expect=None).stdout.strip()
                       == "running", BOOT_DEADLINE_S, "systemd to run")
        except NotReached:
            said = self.engine.run("logs", self.name, expect=None)
            self.__exit__()
            raise NoEngine(f"systemd does not start in a container: "
                           f"{(said.stdout + said.stderr).strip()[-300:]}") from None
        return self

    def __exit__(self, *unused):
        self.engine.run("rm", "-f", self.name, expect=None)

    def run(self, *words, expect=0):
        return self.engine.run("exec", self.name, *words, expect=expect)

    def state(self, unit, what="ActiveState"):
        return self.run("systemctl", "show", "-P", what, unit).stdout.strip()

    def journal(self):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-n", "60", expect=None).stdout
