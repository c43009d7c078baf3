"""What several test processes must not do at the same time: they share build/clients."""
import contextlib
import fcntl

from harness.instance import ROOT

INSTALLED = ROOT / "build/clients"


@contextlib.contextmanager
def alone(what):
    """Waits until nobody else is at `what`."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(INSTALLED / f"{what}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
