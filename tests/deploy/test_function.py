"""Users' handlers in containers: refused where the engine forbids sandboxes, and run without them when told to."""
import io
import json
import zipfile

import pytest

from harness.waiting import wait_until
from rig.stack import Stack

HANDLER = """
import os

import boto3

def lambda_handler(event, context):
    boto3.client("s3").put_object(Bucket="outbox", Key=event["key"], Body=b"made")
    return os.getuid()
"""


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", HANDLER)
    return out.getvalue()


@pytest.fixture(scope="module")
def weak(engine, images, tmp_path_factory):
    with Stack(engine, images, tmp_path_factory.mktemp("function"), profiles=["function"], function=2,
               environment={"ONPUT_FUNCTION_ISOLATION": "weak"}) as running:
        running.wait_healthy("function")
        yield running


def test_a_handler_runs_with_credentials_that_the_gateway_knows(weak):
    client = weak.client("lambda")
    client.create_function(FunctionName="makes", Runtime="python3.11", Handler="app.lambda_handler", Timeout=30,
                           Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": zipped()})
    answer = client.invoke(FunctionName="makes", Payload=json.dumps({"key": "by-handler"}))
    assert json.loads(answer["Payload"].read()) == 7000
    assert weak.s3.get_object(Bucket="outbox", Key="by-handler")["Body"].read() == b"made"


def test_the_workers_scale(weak):
    weak.scale(function=3)
    weak.wait_healthy("function")
    assert len(weak.containers("function")) == 3


def test_a_worker_that_may_not_make_sandboxes_says_what_was_refused(weak):
    weak.environment["ONPUT_FUNCTION_ISOLATION"] = "full"
    weak.scale(function=1)
    said = wait_until(lambda: [line for line in weak.engine.run("logs", weak.containers("function")[0]).stdout.splitlines()
                               if "cannot isolate handlers" in line], 60, "the refusal")
    assert "--isolation weak" in said[0]
