"""A container engine: the one that DOCKER_HOST names, else the machine's if it runs, else one of our own
that ends with the tests."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
CACHE = ROOT / "build/deploy"
# By path: other clients of the same name may come first on PATH.
DOCKER, DAEMON, COMPOSE = "/usr/bin/docker", "/usr/sbin/dockerd", "/usr/bin/docker-compose"
MACHINES_OWN = "unix:///var/run/docker.sock"


class NoEngine(Exception):
    """Why no engine can run here."""


class Engine:
    def __init__(self):
        self.host = os.environ.get("DOCKER_HOST", "")
        self.process = None
        self.folder = None

    def start(self):
        missing = [tool for tool in (DOCKER, COMPOSE) if not pathlib.Path(tool).exists()]
        if missing:
            raise NoEngine(f"there is no {' and no '.join(missing)}: install tests/packages.txt")
        if not self.host:
            self.host = MACHINES_OWN
            if not self.answers():
                self._start_own()
        if not self.answers():
            raise NoEngine(f"no engine answers at {self.host}")
        return self

    def answers(self):
        return self.run("version", expect=None).returncode == 0

    def _start_own(self):
        if os.geteuid() != 0:
            raise NoEngine("only root can start an engine; name one that runs with DOCKER_HOST")
        if not pathlib.Path(DAEMON).exists():
            raise NoEngine(f"there is no {DAEMON}: install tests/packages.txt")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onput-engine-"))
        self.host = f"unix://{self.folder}/sock"
        log = open(self.folder / "log", "wb")
        # Told to use no bridge, an engine removes the default one, which may be another engine's.
        bridge = "docker0" if pathlib.Path("/sys/class/net/docker0").exists() else "none"
        # Its images stay below build/, so that only the first run builds all layers.
        self.process = subprocess.Popen(
            [DAEMON, "--data-root", CACHE / "engine", "--exec-root", self.folder / "exec", "-H",
             self.host, "--pidfile", self.folder / "pid", "--bridge", bridge],
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.process.poll() is not None or self.answers(), 60,
                       "the engine to start")
        except AssertionError:
            pass
        if self.process.poll() is not None or not self.answers():
            last = (self.folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
            self.stop()
            raise NoEngine(f"dockerd does not start: {''.join(last)}")

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        for left in self.folder.glob("exec/netns/*"):  # An engine does not take these mounts away.
            subprocess.run(["umount", left], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_own(self):
        return self.process is not None

    def environment(self, **added):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("AWS_", "ONPUT_", "DOCKER_", "COMPOSE_"))}
        return kept | {"DOCKER_HOST": self.host} | added

    def run(self, *words, expect=0, deadline_s=120, **options):
        """`docker WORDS`, its output as text."""
        return run_program(DOCKER, *words, expect=expect, deadline_s=deadline_s,
                           env=self.environment(), **options)

    def has_image(self, name):
        return self.run("image", "inspect", name, expect=None).returncode == 0


def run_program(*words, expect=0, deadline_s=120, **options):
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True,
                          timeout=deadline_s, **options)
    if expect is not None:
        assert done.returncode == expect, (
            f"{' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout[-4000:]}\n"
            f"{done.stderr[-4000:]}")
    return done
