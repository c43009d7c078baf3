"""Fixtures of the process tests: real binaries, real clients. README.md says how to run them."""
import os
import time

import pytest

from harness.instance import Onput
from harness.leavings import leavings  # noqa: F401
from harness.recorder import Recorder
from harness.tree import make_tree


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    """One running instance for all tests of a file that leave it usable."""
    with Onput(tmp_path_factory.mktemp("onput")) as instance:
        yield instance


@pytest.fixture
def own_onput(tmp_path):
    """Makes instances that a test may harm: own_onput(tts=1). Started; ended with the test."""
    started = []

    def make(**options):
        instance = Onput(tmp_path / f"onput-{len(started)}", **options)
        started.append(instance)
        return instance.start()

    yield make
    for instance in started:
        instance.stop()


@pytest.fixture
def tap(onput):
    """What a client sends the instance, when it is told tap.url: no retry goes unseen."""
    with Recorder(onput) as recorder:
        yield recorder


@pytest.fixture
def tree(tmp_path):
    """A folder of real files, large and odd ones among them. An hour old: an object's date is in whole seconds, and
    clients send a file again that seems newer than its object."""
    made = make_tree(tmp_path / "tree")
    then = time.time() - 3600
    for path in made.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)
    return made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows where the logs are and what the services complained about."""
    report = (yield).get_result()
    if report.when == "teardown" or not report.failed:
        return
    for instance in Onput.alive():
        report.sections.append((f"onput in {instance.data}", instance.complaints()))
