"""Fixtures of the deployment tests. README.md says how to run them."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
# The process tests' clients, waiting and load serve here, too.
sys.path[:0] = [str(HERE), str(HERE.parent / "process")]

from harness.leavings import leavings  # noqa: E402, F401
from rig.engine import Engine, NoEngine  # noqa: E402
from rig.images import Images  # noqa: E402
from rig.stack import Stack  # noqa: E402


@pytest.fixture(scope="session")
def engine():
    engine = Engine()
    try:
        engine.start()
    except NoEngine as why:
        pytest.skip(f"no container engine: {why}")
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def images(engine):
    try:
        return Images(engine).build()
    except NoEngine as why:
        pytest.skip(f"no container image: {why}")


@pytest.fixture(scope="module")
def stack(engine, images, tmp_path_factory):
    """One composition for the tests of a file."""
    with Stack(engine, images, tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what state the containers are in and what the services complain about."""
    report = (yield).get_result()
    if report.when == "teardown" or not report.failed:
        return
    for running in Stack.alive():
        report.sections.append((f"project {running.project}", running.complaints()))
