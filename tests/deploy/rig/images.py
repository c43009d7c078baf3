"""The images: a base made with debootstrap, and what deploy/Dockerfile makes of it.

ONPUT_DEPLOY_BASE names a base that is there already; ONPUT_DEPLOY_BIN a folder of binaries to put
into the runtime stage in place of the builder's, for those who try one change after the other;
ONPUT_DEPLOY_IMAGES=ready takes the images of the last run as they are.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

from rig.engine import CACHE, DOCKER, ROOT, NoEngine, run_program

BASE = "onput-test-base"
BUILD_DEADLINE_S = 3600
SUITE = "bookworm"


class Images:
    runtime, mail, proxy = "onput-test:runtime", "onput-test:mail", "onput-test:proxy"
    builder, systemd = "onput-test:builder", "onput-test:systemd"

    def __init__(self, engine):
        self.engine = engine

    def build(self):
        if os.environ.get("ONPUT_DEPLOY_IMAGES") == "ready":
            return self
        self.base = os.environ.get("ONPUT_DEPLOY_BASE") or make_base(self.engine)
        self._build("mail", self.mail)
        self._build("proxy", self.proxy)
        binaries = os.environ.get("ONPUT_DEPLOY_BIN")
        if binaries:
            self._build_thin(pathlib.Path(binaries))
        else:
            # Named, so that its packages stay for the next run and its predecessor can go.
            self._build("builder", self.builder)
            self._build("runtime", self.runtime)
        if self.engine.is_own:
            self.engine.run("image", "prune", "-f")
        return self

    def build_systemd(self):
        """The runtime with a systemd and our units."""
        file = ROOT / "tests/deploy/rig/systemd.Dockerfile"
        self.engine.run("build", "--network", "host", "--build-arg", f"RUNTIME={self.runtime}", "-t",
                        self.systemd, "-f", file, ROOT, deadline_s=BUILD_DEADLINE_S)
        return self.systemd

    def _build(self, target, tag, context=ROOT):
        # The network of the host, because a package mirror may be reachable from there only.
        self.engine.run("build", "--network", "host", "--build-arg", f"BASE={self.base}", "--target",
                        target, "-t", tag, "-f", context / "deploy/Dockerfile", context,
                        deadline_s=BUILD_DEADLINE_S)

    def _build_thin(self, binaries):
        """The same file without its builder stage."""
        with tempfile.TemporaryDirectory() as folder:
            context = pathlib.Path(folder)
            shutil.copytree(ROOT / "deploy", context / "deploy")
            (context / "bin").mkdir()
            for program in binaries.glob("onput*"):
                subprocess.run(["strip", "-o", context / "bin" / program.name, program], check=True)
            text = (ROOT / "deploy/Dockerfile").read_text()
            begin, rest = text.split("FROM ${BASE} AS builder", 1)
            rest = rest[rest.index("FROM ${BASE} AS runtime"):]
            rest = rest.replace("--from=builder /build/build/release/bin/onput*", "bin/onput*")
            rest = rest.replace("--from=builder /voices/", "voices/")
            # Without the natural voice, as where no registry can be reached: English is spoken by
            # espeak-ng, at a twentieth of its cost. tests/process has the voice.
            (context / "voices").mkdir()
            (context / "deploy/Dockerfile").write_text(begin + rest)
            self._build("runtime", self.runtime, context)


def make_base(engine):
    """A Debian as small as debootstrap makes it, with this machine's package sources."""
    if engine.has_image(BASE):
        return BASE
    archive = CACHE / "base.tar"
    if not archive.exists():
        if os.geteuid() != 0 or not shutil.which("debootstrap", path="/usr/sbin:/usr/bin"):
            raise NoEngine("no base image: debootstrap needs root, and to be installed; "
                           "or name a base with ONPUT_DEPLOY_BASE")
        _debootstrap(archive)
    with open(archive, "rb") as tar:
        done = subprocess.run([DOCKER, "import", "-", BASE], stdin=tar, capture_output=True,
                              text=True, env=engine.environment())
    # An engine that starts where it may not mount, as below a chroot, finds out here.
    if done.returncode != 0:
        raise NoEngine(f"the engine cannot unpack an image: {done.stderr.strip()}")
    return BASE


def _debootstrap(archive):
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        root = pathlib.Path(folder) / "root"
        run_program("debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, root,
                    _mirror(), deadline_s=1200)
        shutil.rmtree(root / "var/cache/apt/archives")
        _copy_sources(root)
        fresh = pathlib.Path(folder) / "base.tar"
        run_program("tar", "-C", root, "-cf", fresh, ".", deadline_s=300)
        fresh.rename(archive)


def _mirror():
    told = run_program("apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {SUITE}",
                       "Component: main", expect=None).stdout.split()
    return told[0] if told else "http://deb.debian.org/debian"


def _copy_sources(root):
    """Mirror and proxy of this machine: from inside a build nothing else may be reachable."""
    etc = pathlib.Path("/etc/apt")
    for source in [etc / "sources.list", *etc.glob("sources.list.d/debian*")]:
        if source.exists():
            shutil.copy(source, root / source.relative_to("/"))
    dump = run_program("apt-config", "dump", "Acquire").stdout.splitlines()
    kept = [line for line in dump if line.startswith(
        ("Acquire::http::Proxy ", "Acquire::https::Proxy ", "Acquire::Check-"))]
    (root / "etc/apt/apt.conf.d/90machine").write_text("\n".join(kept) + "\n")
