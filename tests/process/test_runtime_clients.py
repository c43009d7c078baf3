"""Runtime clients that are not ours, as programs of provided.al2023: AWS's for Node.js, and one written against the
documented Runtime API (tests/support/runtime_client.cpp)."""
import io
import json
import time
import zipfile

import pytest

from harness.compiled import ric
from harness.instance import BIN, Onput
from harness.lambdas import PREFIX, create, invoke

NODE_HANDLER = """
exports.handler = async (event, context) => {
    console.log("asked for", event);
    if (event === "raise") throw new RangeError("odd");
    return { event, request: context.awsRequestId, name: context.functionName,
             left: context.getRemainingTimeInMillis() > 0 };
};
"""
NODE_BOOTSTRAP = """#!/bin/sh
exec /usr/bin/node node_modules/aws-lambda-ric/bin/index.mjs "$_HANDLER"
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("runtimes"), tts=0, arguments=["--no-pipeline", "--image", "0"]) as onput:
        yield onput.client("lambda")


def packed(files):
    """(name, bytes) each, as programs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def provided(client, name, files, handler):
    return create(client, name, Runtime="provided.al2023", Handler=handler, MemorySize=256,
                  Code={"ZipFile": packed(files)})


def test_awss_own_client_for_node_runs_a_handler(client):
    installed = ric()
    modules = [(str(path.relative_to(installed)), path.read_bytes())
               for path in sorted((installed / "node_modules/aws-lambda-ric").rglob("*")) if path.is_file()]
    provided(client, "ric", [("bootstrap", NODE_BOOTSTRAP), ("app.js", NODE_HANDLER), *modules], "app.handler")
    body, answer = invoke(client, "ric", {"a": "ü"}, LogType="Tail")
    assert body == {"event": {"a": "ü"}, "request": answer["ResponseMetadata"]["RequestId"], "name": "ric",
                    "left": True}
    assert invoke(client, "ric", "raise")[0]["errorType"] == "RangeError"
    assert invoke(client, "ric", 7)[0]["event"] == 7


def test_a_client_written_against_the_documented_api_runs(client):
    provided(client, "own", [("bootstrap", (BIN / "runtime_client").read_bytes())], "any")
    for events in (1, 2):
        body, answer = invoke(client, "own", {"n": events})
        assert body["seen"] == {"n": events} and body["events"] == events
        assert (body["request"], body["arn"]) == (answer["ResponseMetadata"]["RequestId"], PREFIX + "own")
        assert 0 < body["deadline"] - time.time() * 1000 < 11_000
    body, answer = invoke(client, "own", "raise")
    assert (body["errorType"], body["errorMessage"]) == ("Client.Odd", "an odd event")
    assert answer["FunctionError"] == "Unhandled"
    assert invoke(client, "own", 1)[0]["events"] == 4


def test_an_init_error_of_such_a_client_is_told(client):
    provided(client, "init", [("bootstrap", (BIN / "runtime_client").read_bytes())], "init")
    body, answer = invoke(client, "init")
    assert (body["errorType"], answer["FunctionError"]) == ("Client.NoSuchHandler", "Unhandled")
