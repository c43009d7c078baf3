"""Access logs: statuses read back, records delivered, none lost when the gateway ends."""
import json
import re
import signal
import uuid

import boto3
import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.topology import make_queue
from harness.waiting import wait_until
from harness.wire import Wire

LINE = re.compile(
    r'([0-9a-f]{64}) (\S+) \[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000)\] (\S+) (\S+) ([0-9A-F]{16}) '
    r'(\S+) (\S+) "([^"]*)" (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) "([^"]*)" "([^"]*)" (\S+) (\S+) (\S+) '
    r'(\S+) (\S+) (\S+) (\S+) (\S+) (\S+)')


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("onput"),
               environment={"ONPUT_ACCESS_LOG_INTERVAL_MS": "500",
                            "ONPUT_KEYS_SECRET": "other:secret:111111111111"}) as instance:
        yield instance


def make_buckets(onput):
    source, target = (kind + uuid.uuid4().hex[:12] for kind in ("source-", "target-"))
    for name in (source, target):
        onput.s3.create_bucket(Bucket=name)
    return source, target


def log_to(onput, source, target, **more):
    onput.s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={
        "LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "logs/", **more}})


def lines_of(onput, target):
    found = []
    for key in onput.keys(target):
        if key.startswith("logs/"):
            found += onput.s3.get_object(Bucket=target, Key=key)["Body"].read().decode().splitlines()
    return [LINE.fullmatch(line) for line in found]


def await_logging(onput, source, target):
    """A gateway notices after a while that a bucket's log has been turned on."""
    wait_until(lambda: onput.s3.head_bucket(Bucket=source) and lines_of(onput, target), 60,
               "anything is logged")


def error_of(function, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        function(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_a_status_is_put_read_back_and_emptied(onput):
    source, target = make_buckets(onput)
    s3 = onput.s3
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=source)
    partitioned = {"PartitionedPrefix": {"PartitionDateSource": "DeliveryTime"}}
    log_to(onput, source, target, TargetObjectKeyFormat=partitioned)
    assert s3.get_bucket_logging(Bucket=source)["LoggingEnabled"] == {
        "TargetBucket": target, "TargetPrefix": "logs/", "TargetObjectKeyFormat": partitioned}
    s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=source)
    assert error_of(log_to, onput=onput, source=source, target="absent-" + target) == (
        400, "InvalidTargetBucketForLogging")
    assert error_of(log_to, onput=onput, source="absent-" + source, target=target) == (404, "NoSuchBucket")


def client_of(onput, key, secret, region):
    return boto3.session.Session().client(
        "s3", endpoint_url=onput.url, region_name=region, aws_access_key_id=key,
        aws_secret_access_key=secret)


def test_a_log_stays_with_its_owner_and_in_its_region(onput):
    source, target = make_buckets(onput)
    stranger = client_of(onput, "other", "secret", "us-east-1")
    stranger.create_bucket(Bucket="stranger-" + target)
    assert error_of(log_to, onput=onput, source=source, target="stranger-" + target) == (
        400, "InvalidTargetBucketForLogging")
    europe = client_of(onput, "test", "test", "eu-west-1")
    europe.create_bucket(Bucket="far-" + target,
                         CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert error_of(log_to, onput=onput, source=source, target="far-" + target) == (
        400, "InvalidTargetBucketForLogging")
    grants = [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
               "Permission": "READ"}]
    assert error_of(log_to, onput=onput, source=source, target=target, TargetGrants=grants) == (
        400, "InvalidArgument")
    assert error_of(stranger.get_bucket_logging, Bucket=source) == (403, "AccessDenied")


def test_a_log_is_an_upload_as_any_other(onput):
    """Its event reaches the target's queue, and it is written in the owner's name."""
    source, target = make_buckets(onput)
    queue = make_queue(onput, "logs-" + source[-6:])
    onput.s3.put_bucket_notification_configuration(Bucket=target, NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]})
    log_to(onput, source, target)
    await_logging(onput, source, target)

    def event():
        message = json.loads(onput.receive("logs-" + source[-6:])["Body"])
        return message.get("Records", [None])[0]  # The first message is a test event.

    record = wait_until(event, 60, "the event of a log")
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["object"]["key"].startswith("logs/")


def test_requests_are_delivered_as_lines_of_aws_form(onput):
    source, target = make_buckets(onput)
    log_to(onput, source, target)
    await_logging(onput, source, target)
    onput.s3.put_object(Bucket=source, Key="a b.txt", Body=b"0123456789")
    onput.s3.get_object(Bucket=source, Key="a b.txt", Range="bytes=0-3")["Body"].read()
    assert error_of(onput.s3.get_object, Bucket=source, Key="absent") == (404, "NoSuchKey")
    assert Wire(onput).send_unsigned("GET", f"/{source}/secret", b"", {
        "user-agent": 'evil" 200 "'}).status == 403

    def operations():
        return [line and (line[7], line[8]) for line in lines_of(onput, target)]

    wanted = [("REST.PUT.OBJECT", "a%20b.txt"), ("REST.GET.OBJECT", "a%20b.txt"),
              ("REST.GET.OBJECT", "absent"), ("REST.GET.OBJECT", "secret")]
    wait_until(lambda: set(wanted) <= set(operations()), 60, "the records are delivered")
    lines = {(line[7], line[8]): line for line in lines_of(onput, target) if line}
    assert None not in lines_of(onput, target)
    got = lines["REST.GET.OBJECT", "a%20b.txt"]
    assert (got[2], got[10], got[11], got[12], got[13]) == (source, "206", "-", "4", "10")
    assert got[4] == "127.0.0.1" and got[20] == "SigV4" and got[5] == got[1]
    assert lines["REST.GET.OBJECT", "absent"][11] == "NoSuchKey"
    refused = lines["REST.GET.OBJECT", "secret"]
    assert (refused[5], refused[10], refused[17]) == ("-", "403", "evil%22 200 %22")
    for key in onput.keys(target):
        assert re.fullmatch(r"logs/\d{4}(-\d\d){5}-[0-9A-F]{16}", key), key


def test_a_bucket_that_logs_to_itself_does_not_log_its_logs(onput):
    source, _ = make_buckets(onput)
    log_to(onput, source, source)
    await_logging(onput, source, source)
    onput.s3.put_object(Bucket=source, Key="one", Body=b"1")
    wait_until(lambda: any(line and line[8] == "one" for line in lines_of(onput, source)),
               60, "the record is delivered")
    assert not [line for line in lines_of(onput, source) if line[7] == "REST.PUT.OBJECT" and line[8] != "one"]


def end_gateway(onput):
    """As a rolling restart does; the supervisor starts another one."""
    ended = onput.kill("gateway", signal.SIGTERM)
    wait_until(lambda: not set(ended) & set(onput.pids("gateway")) and onput.pids("gateway"), 30)
    wait_until(lambda: is_ready(onput), 30)


def is_ready(onput):
    try:
        return onput.s3.list_buckets()
    except botocore.exceptions.BotoCoreError:
        return None


def test_what_was_collected_is_delivered_when_the_gateway_ends(own_onput):
    onput = own_onput(environment={"ONPUT_ACCESS_LOG_INTERVAL_MS": "3600000"})
    source, target = make_buckets(onput)
    log_to(onput, source, target)
    # The gateway has just seen the bucket without a log, and believes it for a while.
    end_gateway(onput)
    onput.s3.put_object(Bucket=source, Key="last", Body=b"1")
    end_gateway(onput)
    assert [line[8] for line in lines_of(onput, target) if line[7] == "REST.PUT.OBJECT"] == ["last"]
