"""Users' handlers in containers: refused where the engine forbids sandboxes, and run without them when told to."""
import json
import os
import pathlib

import pytest
import yaml

from harness.lambdas import create
from harness.waiting import wait_until
from rig.stack import Stack

ROOT = pathlib.Path(__file__).resolve().parents[2]
HANDLER = """
import os

import boto3

def lambda_handler(event, context):
    boto3.client("s3").put_object(Bucket="outbox", Key=event["key"], Body=b"made")
    return os.getuid()
"""


def lines_of(engine, container, text):
    told = engine.run("logs", container)
    return [line for line in (told.stdout + told.stderr).splitlines() if text in line]


@pytest.fixture(scope="module")
def weak(engine, images, tmp_path_factory):
    with Stack(engine, images, tmp_path_factory.mktemp("function"), profiles=["function"], function=2,
               environment={"ONPUT_FUNCTION_ISOLATION": "weak"}) as running:
        running.wait_healthy("function")
        yield running


def test_a_handler_runs_with_credentials_that_the_gateway_knows(weak):
    client = weak.client("lambda")
    create(client, "makes", HANDLER, Timeout=30)
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
    name = weak.containers("function")[0]
    said = wait_until(lambda: lines_of(weak.engine, name, "cannot isolate handlers"), 60, "the refusal")
    assert "--isolation weak" in said[0]


def test_with_what_the_second_file_grants_handlers_have_sandboxes(engine, images):
    """docker-compose 1.29 does not know systempaths, so the engine is told of it, as the plugin would tell it."""
    granted = yaml.safe_load((ROOT / "deploy/compose.sandbox.yaml").read_text())["services"]["function"]["security_opt"]
    options = [word for option in granted for word in ("--security-opt", option)]
    name = f"onput-test-sandbox-{os.getpid()}"
    nobody = "tcp://127.0.0.1:1"
    engine.run("run", "-d", "--name", name, *options, "--cap-drop", "ALL", "--read-only", "--tmpfs", "/tmp:mode=1777",
               images.runtime, "onput-function", "--work-directory", "/tmp", "--storage-endpoint", nobody,
               "--queue-lane-endpoint", nobody, "--log-format", "json")
    try:
        wait_until(lambda: lines_of(engine, name, '"event":"started"'), 60, "a worker with sandboxes")
        assert lines_of(engine, name, "isolation=full")
    finally:
        engine.run("rm", "-f", name)
