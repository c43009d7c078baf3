"""CloudWatch Logs' API, and the lines of functions in it, by unmodified clients."""
import json
import time

import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.functions import Functions
from harness.instance import Onput
from harness.lambdas import create, invoke, refusal
from harness.waiting import wait_until

SPEAKS = """
import sys

def lambda_handler(event, context):
    print("one", event)
    sys.stdout.write("half a line")
    if event == "raise":
        raise ValueError("odd")
    return context.log_stream_name
"""


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("logs"), tts=0, arguments=["--no-pipeline", "--image", "0"]) as instance:
        instance.s3.create_bucket(Bucket="inbox")
        yield instance


@pytest.fixture(scope="module")
def logs(onput):
    return onput.client("logs")


def now_ms():
    return time.time_ns() // 1_000_000


def put(logs, group, stream, messages, at=None):
    at = at or now_ms()
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
        {"timestamp": at + number, "message": message} for number, message in enumerate(messages)])


def make(logs, group, *streams):
    logs.create_log_group(logGroupName=group)
    for stream in streams:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def filtered(logs, group, **more):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **more)
    return [event for page in pages for event in page["events"]]


# ---- the API

def test_groups_streams_and_tags_are_read_back_as_they_were_set(logs):
    logs.create_log_group(logGroupName="/app/a", tags={"team": "media"})
    logs.create_log_group(logGroupName="/app/b")
    assert refusal(logs.create_log_group, logGroupName="/app/a")[:2] == (400, "ResourceAlreadyExistsException")
    logs.put_retention_policy(logGroupName="/app/a", retentionInDays=7)
    assert refusal(logs.put_retention_policy, logGroupName="/app/a", retentionInDays=8)[1] == \
        "InvalidParameterException"
    first = logs.describe_log_groups(logGroupNamePrefix="/app/", limit=1)
    group = first["logGroups"][0]
    assert (group["logGroupName"], group["retentionInDays"], group["storedBytes"]) == ("/app/a", 7, 0)
    assert group["arn"] == "arn:aws:logs:us-east-1:000000000000:log-group:/app/a:*"
    assert group["logGroupArn"] + ":*" == group["arn"]
    rest = logs.describe_log_groups(logGroupNamePrefix="/app/", nextToken=first["nextToken"])
    assert [found["logGroupName"] for found in rest["logGroups"]] == ["/app/b"] and "nextToken" not in rest
    assert "retentionInDays" not in rest["logGroups"][0]
    logs.tag_resource(resourceArn=group["logGroupArn"], tags={"more": "1"})
    logs.untag_resource(resourceArn=group["logGroupArn"], tagKeys=["team"])
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"more": "1"}
    assert logs.list_tags_log_group(logGroupName="/app/a")["tags"] == {"more": "1"}
    logs.delete_retention_policy(logGroupName="/app/a")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="/app/a")["logGroups"][0]
    for name in ("b", "a"):
        logs.create_log_stream(logGroupName="/app/a", logStreamName=name)
    put(logs, "/app/a", "b", ["x"])
    by_name = logs.describe_log_streams(logGroupName="/app/a")["logStreams"]
    assert [stream["logStreamName"] for stream in by_name] == ["a", "b"]
    assert "lastEventTimestamp" not in by_name[0] and by_name[1]["lastEventTimestamp"] > 0
    newest = logs.describe_log_streams(logGroupName="/app/a", orderBy="LastEventTime", descending=True)["logStreams"]
    assert [stream["logStreamName"] for stream in newest] == ["b", "a"]
    logs.delete_log_stream(logGroupName="/app/a", logStreamName="b")
    logs.delete_log_group(logGroupName="/app/a")
    assert refusal(logs.describe_log_streams, logGroupName="/app/a")[1:] == (
        "ResourceNotFoundException", "The specified log group does not exist.")


def test_events_are_read_page_by_page_in_both_directions(logs):
    make(logs, "pages", "s")
    put(logs, "pages", "s", [f"m{number}" for number in range(5)])
    place = {"logGroupName": "pages", "logStreamName": "s", "limit": 2}
    page = logs.get_log_events(startFromHead=True, **place)
    assert messages(page) == ["m0", "m1"]
    seen = messages(page)
    while True:
        token = page["nextForwardToken"]
        page = logs.get_log_events(startFromHead=True, nextToken=token, **place)
        seen += messages(page)
        if page["nextForwardToken"] == token:
            break
    assert seen == ["m0", "m1", "m2", "m3", "m4"]
    newest = logs.get_log_events(**place)
    assert messages(newest) == ["m3", "m4"]
    assert messages(logs.get_log_events(nextToken=newest["nextBackwardToken"], **place)) == ["m1", "m2"]


def test_a_batch_of_ten_thousand_events_is_taken_and_a_wrong_one_refused(logs):
    make(logs, "batches", "s")
    put(logs, "batches", "s", ["x" * 70] * 10_000, at=now_ms() - 20_000)
    assert len(filtered(logs, "batches")) == 10_000
    at = now_ms()
    code, name, text = refusal(logs.put_log_events, logGroupName="batches", logStreamName="s", logEvents=[
        {"timestamp": at, "message": "a"}, {"timestamp": at - 1, "message": "b"}])
    assert (code, name) == (400, "InvalidParameterException") and "chronological" in text
    rejected = put(logs, "batches", "s", ["late"], at=at + 3 * 3_600_000)
    assert rejected["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}


def test_a_filter_finds_terms_phrases_and_fields(logs):
    make(logs, "filters", "a", "b")
    at = now_ms()
    put(logs, "filters", "a", ["ERROR disk full", "an INFO", json.dumps({"level": "ERROR", "ms": 250})], at=at)
    put(logs, "filters", "b", ["ERROR net down"], at=at + 1)

    def found(pattern, **more):
        return [event["message"] for event in filtered(logs, "filters", filterPattern=pattern, **more)]
    assert found("ERROR -net") == ["ERROR disk full", json.dumps({"level": "ERROR", "ms": 250})]
    assert found("\"disk full\"") == ["ERROR disk full"]
    assert found("?full ?down") == ["ERROR disk full", "ERROR net down"]
    assert found('{ $.level = "ERROR" && $.ms > 200 }') == [json.dumps({"level": "ERROR", "ms": 250})]
    assert found("ERROR", logStreamNames=["b"]) == ["ERROR net down"]
    assert found("ERROR", logStreamNamePrefix="b") == ["ERROR net down"]
    assert found("", startTime=at + 1, endTime=at + 1) == ["an INFO", "ERROR net down"]
    code, name, text = refusal(logs.filter_log_events, logGroupName="filters", filterPattern="[ip, user]")
    assert (code, name) == (400, "InvalidParameterException") and "columns" in text
    refused = refusal(logs.start_query, logGroupName="filters", startTime=0, endTime=1, queryString="fields @message")
    assert refused[:2] == (400, "InvalidOperationException") and "StartQuery" in refused[2]


def test_acknowledged_events_survive_a_kill(onput, logs):
    make(logs, "kept", "s")
    put(logs, "kept", "s", ["a", "b"])
    onput.kill("queue")
    wait_until(lambda: [event["message"] for event in filtered(logs, "kept")] == ["a", "b"])


@pytest.mark.parametrize("program", [CLI_V1, CLI_V2], ids=["v1", "v2"])
def test_the_command_line_creates_puts_and_filters(onput, logs, program):
    aws = AwsCli(program, onput)
    group = f"cli/{program.parts[1]}"
    aws("logs", "create-log-group", "--log-group-name", group)
    aws("logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "s")
    aws("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "s", "--log-events",
        f"timestamp={now_ms()},message=hello")
    got = json.loads(aws("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "hello",
                         "--output", "json"))
    assert messages(got) == ["hello"]
    got = json.loads(aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "s",
                         "--output", "json"))
    assert messages(got) == ["hello"]


# ---- lines of functions

def awaited_lines(logs, group, request):
    """The messages of a group, once its REPORT line of this request has come."""
    def read():
        try:
            found = [event["message"] for event in filtered(logs, group)]
        except logs.exceptions.ResourceNotFoundException:
            return None
        return found if any(line.startswith(f"REPORT RequestId: {request}") for line in found) else None
    return wait_until(read, what=f"the lines of {request}")


def test_what_a_handler_writes_is_in_its_functions_group(onput, logs):
    client = onput.client("lambda")
    create(client, "speaks", SPEAKS)
    body, answer = invoke(client, "speaks", "x")
    request = answer["ResponseMetadata"]["RequestId"]
    lines = awaited_lines(logs, "/aws/lambda/speaks", request)
    assert lines[:4] == [f"START RequestId: {request} Version: $LATEST\n", "one x\n", "half a line",
                         f"END RequestId: {request}\n"]
    stream = logs.describe_log_streams(logGroupName="/aws/lambda/speaks")["logStreams"][0]["logStreamName"]
    assert stream == body and "/[$LATEST]" in stream
    _, answer = invoke(client, "speaks", "raise")
    lines = awaited_lines(logs, "/aws/lambda/speaks", answer["ResponseMetadata"]["RequestId"])
    error = next(line for line in lines if "[ERROR] ValueError" in line)
    assert "Traceback" in error and "\n" in error and "\r" not in error


def test_aws_logs_tail_prints_them(onput, logs):
    client = onput.client("lambda")
    create(client, "tailed", SPEAKS)
    _, answer = invoke(client, "tailed", "seen")
    awaited_lines(logs, "/aws/lambda/tailed", answer["ResponseMetadata"]["RequestId"])
    shown = AwsCli(CLI_V2, onput)("logs", "tail", "/aws/lambda/tailed", "--since", "5m")
    assert "one seen" in shown and "REPORT RequestId:" in shown


def test_onput_logs_prints_them_and_follows(onput, tmp_path):
    functions = Functions(onput, tmp_path)
    functions.deploy("told", SPEAKS)
    functions.invoke("told", "first")
    functions.invoke("told", "second")

    def both():
        text = onput.run("logs", "told", expect=None).stdout  # no group before the first batch of lines came
        return text if text.count("REPORT ") == 2 else None
    shown = wait_until(both)
    assert "one first" in shown and "one second" in shown
    filtered_lines = onput.run("logs", "told", "--filter", "second").stdout
    assert "one second" in filtered_lines and "one first" not in filtered_lines
    assert onput.run("logs", "told", "-n", "1").stdout.count("\n") == 1
    assert "does not exist" in onput.run("logs", "nobody", expect=3).stderr


def test_a_trace_leads_to_the_lines_of_its_invocation(onput, tmp_path):
    functions = Functions(onput, tmp_path)
    functions.deploy("linked", "def lambda_handler(event, context): print('this one')", "--on", "s3://inbox")
    onput.s3.put_object(Bucket="inbox", Key="a", Body=b"a")
    traced = onput.run("trace", "--wait", "30", "s3://inbox/a").stdout
    command = next(line.split() for line in traced.splitlines() if line.strip().startswith("onput logs linked"))

    def lines():
        shown = onput.run(*command[1:]).stdout
        return shown if "REPORT" in shown else None
    assert "this one" in wait_until(lines)


def test_a_worker_that_drains_sends_its_last_lines_first(tmp_path):
    with Onput(tmp_path, tts=0, arguments=["--no-pipeline", "--image", "0"]) as onput:
        create(onput.client("lambda"), "last", SPEAKS)
        _, answer = invoke(onput.client("lambda"), "last", "x")
        onput.stop()
        onput.start()
        lines = [event["message"] for event in filtered(onput.client("logs"), "/aws/lambda/last")]
        assert any(line.startswith(f"REPORT RequestId: {answer['ResponseMetadata']['RequestId']}") for line in lines)
