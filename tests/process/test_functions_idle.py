"""Functions that are there and have nothing to do cost no process."""
import concurrent.futures

import pytest

from harness.functions import environment_processes
from harness.instance import Onput
from harness.lambdas import create, invoke

FUNCTIONS = 200
ENVIRONMENTS_MAX = 4
# bubblewrap's two, and the runtime.
PROCESSES_OF_ONE = 3


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    limit = {"ONPUT_FUNCTION_ENVIRONMENTS_MAX": str(ENVIRONMENTS_MAX)}
    with Onput(tmp_path_factory.mktemp("idle"), tts=0, environment=limit,
               arguments=["--no-pipeline", "--image", "0"]) as instance:
        yield instance


def test_two_hundred_functions_have_the_processes_of_a_few(onput):
    client = onput.client("lambda")
    names = [f"idle-{number}" for number in range(FUNCTIONS)]
    for name in names:
        create(client, name, "def lambda_handler(event, context): return context.function_name\n", Timeout=60)
    assert environment_processes(onput) == []
    # Each has run once, so that each could have left a process behind.
    with concurrent.futures.ThreadPoolExecutor(ENVIRONMENTS_MAX) as pool:
        answers = list(pool.map(lambda name: invoke(client, name)[0], names))
    assert answers == names
    left = environment_processes(onput)
    assert 0 < len(left) <= ENVIRONMENTS_MAX * PROCESSES_OF_ONE
    assert invoke(client, names[0])[0] == names[0]
