"""Handlers that misbehave: each ends alone, with the reason in Lambda's words, and its neighbour goes on."""
import concurrent.futures
import re

import pytest

from harness.functions import ENVIRONMENT, Functions, environment_processes
from harness.instance import Onput
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    with Onput(folder, tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        yield instance


@pytest.fixture(scope="module")
def functions(onput):
    made = Functions(onput, onput.folder / "code")
    made.deploy("neighbour", "import os\ndef lambda_handler(event, context): return os.getppid()")
    return made


@pytest.fixture(autouse=True)
def neighbour_goes_on(onput, functions):
    """Whatever a test does, the worker is the same process, and the neighbour the same environment."""
    before = onput.pids("function")
    functions.invoke("neighbour")
    yield
    assert onput.pids("function") == before
    assert "Init Duration" not in functions.invoke("neighbour").log


def fail(functions, name, source, *arguments, event=None, file="app.py"):
    functions.deploy(name, source, *arguments, file=file)
    return functions.invoke(name, event, fails=True)


def test_a_loop_ends_at_its_time(functions):
    answer = fail(functions, "loop", """
        def lambda_handler(event, context):
            print("I loop")
            while True:
                pass
    """, "--timeout", "1")
    assert answer.json["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(r"RequestId: \S+ Error: Task timed out after 1.00 seconds", answer.json["errorMessage"])
    assert "I loop" in answer.log
    assert re.search(r"^\S+Z \S+ Task timed out after 1.00 seconds$", answer.log, re.MULTILINE)
    assert re.search(r"^REPORT .*\tStatus: timeout\t$", answer.log, re.MULTILINE)


def test_ends_whose_connections_break_in_the_same_moment(functions):
    """The end of a process and that of its connections come in any order."""
    functions.deploy("exits", "import os\ndef lambda_handler(event, context): os._exit(3)")
    functions.deploy("absent", "x = 1")
    names = ["exits", "absent"] * 100
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: functions.invoke(name, fails=True).json, names))
    assert {answer["errorType"] for answer in answers} == {"Runtime.ExitError", "Runtime.HandlerNotFound"}


def test_an_answer_after_its_time_is_none(functions):
    answer = fail(functions, "late", """
        import time

        def lambda_handler(event, context):
            time.sleep(context.get_remaining_time_in_millis() / 1000 + 0.5)
            return "late"
    """, "--timeout", "1")
    assert answer.json["errorType"] == "Sandbox.Timedout"


def test_a_fork_bomb_leaves_nothing_behind(onput, functions):
    before = len(environment_processes(onput))
    answer = fail(functions, "bomb", """
        import os
        import time

        def lambda_handler(event, context):
            while True:
                try:
                    if os.fork() == 0:
                        time.sleep(60)
                except OSError:
                    time.sleep(0.1)
    """, "--timeout", "2", "--memory", "2048")
    assert answer.json["errorType"] in ("Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory")
    wait_until(lambda: len(environment_processes(onput)) <= before, 20, "the bomb's processes are gone")


def test_tmp_has_its_size(functions):
    answer = fail(functions, "fills", """
        def lambda_handler(event, context):
            with open("/tmp/full", "wb") as file:
                for _ in range(600):
                    file.write(b"x" * 1048576)
    """, "--timeout", "60", "--memory", "512")
    assert answer.json["errorType"] == "OSError"
    assert "No space left on device" in answer.json["errorMessage"]


def test_too_much_memory_ends_it(functions):
    answer = fail(functions, "eats", """
        import time

        def lambda_handler(event, context):
            eaten = []
            while True:
                eaten.append(bytearray(8 * 1048576))
                time.sleep(0.02)
    """, "--timeout", "60")
    assert answer.json["errorType"] == "Runtime.OutOfMemory"
    assert answer.json["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


def test_memory_that_is_shared_counts_as_well(functions):
    answer = fail(functions, "shares", """
        import mmap
        import time

        def lambda_handler(event, context):
            eaten = []
            while True:
                eaten.append(mmap.mmap(-1, 8 * 1048576))
                eaten[-1].write(b"x" * (8 * 1048576))
                time.sleep(0.02)
    """, "--timeout", "60")
    assert answer.json["errorType"] == "Runtime.OutOfMemory"


def test_a_gigabyte_of_log_is_cut_off(onput, functions):
    functions.deploy("floods", """
        import os

        def lambda_handler(event, context):
            line = b"x" * 65535 + b"\\n"
            for _ in range(16 * 1024):
                os.write(1, line)
            return "done"
    """, "--timeout", "120")
    answer = functions.invoke("floods")
    assert answer.json == "done"
    assert "the log of one invocation is cut off at 1048576 bytes" in answer.log
    logs = onput.client("logs")

    def kept():
        found = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/floods")["logGroups"]
        return found[0]["storedBytes"] if found else 0
    assert wait_until(lambda: bytes if (bytes := kept()) >= 1024 * 1024 else None) < 2 * 1024 * 1024
    assert onput.resident_bytes("function") < 200 * 1024 * 1024


@pytest.mark.parametrize("how, reason", [
    ("sys.exit(3)", "Runtime exited with error: exit status 3"),
    ("os._exit(0)", "Runtime exited without providing a reason"),
    ("os.kill(os.getpid(), 9)", "Runtime exited with error: exit status 137"),
    ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault (core dumped)")])
def test_one_that_exits_is_told_how(functions, how, reason):
    answer = fail(functions, "exits", f"""
        import ctypes
        import os
        import sys

        def lambda_handler(event, context):
            {how}
    """)
    assert answer.json["errorType"] == "Runtime.ExitError"
    assert answer.json["errorMessage"].endswith(f"Error: {reason}")
    assert answer.log.endswith(f"Error: {reason}\nRuntime.ExitError\n")


TWICE = """
    import os
    import urllib.error
    import urllib.request

    def lambda_handler(event, context):
        url = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/%s/response"
        urllib.request.urlopen(url % context.aws_request_id, b'"first"').read()
        seen = []
        for request in (context.aws_request_id, "another"):
            try:
                urllib.request.urlopen(url % request, b'"second"')
            except urllib.error.HTTPError as error:
                seen.append(error.code)
        print("refused with", seen)
        return "third"
"""


def test_the_first_answer_stands_and_others_are_refused(functions):
    functions.deploy("twice", TWICE)
    assert functions.invoke("twice").json == "first"
    wait_until(lambda: "refused with [403, 400]" in functions.log("twice"), 20, "the refusals")


def test_a_connection_that_is_closed_ends_it(functions):
    answer = fail(functions, "closes", """
        import os

        def lambda_handler(event, context):
            os.closerange(3, 1000)
            return "cannot be told" if event else os._exit(1)
    """, event=0, file="app.py")
    assert answer.json["errorType"] == "Runtime.ExitError"


def test_noise_on_the_runtime_api_harms_nobody(functions):
    functions.deploy("noise", """
        import os
        import socket

        def lambda_handler(event, context):
            host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
            for noise in (b"\\0" * 100000, b"GET / HTTP/1.1\\r\\n\\r\\n", b"POST /x HTTP/1.1\\r\\nContent-Length: 99999999\\r\\n\\r\\n"):
                with socket.create_connection((host, int(port))) as connection:
                    connection.sendall(noise)
            held = [socket.create_connection((host, int(port))) for _ in range(50)]
            return len(held)
    """)
    assert functions.invoke("noise").json == 50


# ---- what it cannot reach

def test_code_and_system_cannot_be_written(functions):
    functions.deploy("writes", """
        def lambda_handler(event, context):
            refused = []
            for path in ("/var/task/x", "/usr/x", "/etc/x", "/x", "/var/runtime/bootstrap.py", "/dev/x"):
                try:
                    open(path, "w").close()
                except OSError as error:
                    refused.append(error.errno)
            open("/tmp/x", "w").close()
            return len(refused)
    """)
    assert functions.invoke("writes").json == 6


def test_other_processes_and_files_of_the_machine_are_not_there(onput, functions):
    functions.deploy("looks", """
        import os

        def lambda_handler(event, context):
            return {"pids": len([name for name in os.listdir("/proc") if name.isdigit()]),
                    "data": os.path.exists(event), "root": sorted(os.listdir("/"))}
    """)
    seen = functions.invoke("looks", str(onput.data)).json
    assert seen["pids"] <= 4
    assert not seen["data"]
    assert not {"home", "root", "srv", "mnt", "sys"} & set(seen["root"])


def test_the_network_is_the_gateway_and_nothing_else(onput, functions):
    functions.deploy("dials", """
        import socket

        def lambda_handler(event, context):
            refused = 0
            for address in (("127.0.0.1", event), ("192.0.2.1", 80), ("8.8.8.8", 53)):
                try:
                    socket.create_connection(address, 2).close()
                except OSError:
                    refused += 1
            return refused
    """)
    assert functions.invoke("dials", onput.port).json == 3


def test_calls_that_look_into_the_machine_are_refused(functions):
    functions.deploy("pries", """
        import ctypes
        import os

        def lambda_handler(event, context):
            libc = ctypes.CDLL(None, use_errno=True)
            seen = {}
            for name, arguments in (("unshare", (0x10000000,)), ("ptrace", (0, 0, 0, 0)), ("setns", (0, 0)),
                                    ("mount", (b"none", b"/tmp", b"tmpfs", 0, None))):
                seen[name] = getattr(libc, name)(*arguments)
            return seen
    """)
    assert functions.invoke("pries").json == {"unshare": -1, "ptrace": -1, "setns": -1, "mount": -1}
