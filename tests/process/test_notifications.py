"""Events as AWS shapes them, from an upload to a queue or a function."""
import json
import re
import uuid

import botocore.exceptions
import pytest

from harness.topology import SPEECH, make_queue
from harness.waiting import wait_until


@pytest.fixture
def place(onput):
    """A bucket that tells a queue about everything created in it, its test event taken."""
    name = "n-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name)
    arn = make_queue(onput, name)
    onput.s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"QueueConfigurations": [
            {"Id": "all", "QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}]})
    onput.receive(name)
    return name


def keys_of(value):
    """The names of an object's members in their order, nested ones too."""
    return [(name, keys_of(inner)) if isinstance(inner, dict) else name
            for name, inner in value.items()]


def test_the_first_message_is_a_test_event(onput):
    onput.s3.create_bucket(Bucket="first")
    arn = make_queue(onput, "first")
    onput.s3.put_bucket_notification_configuration(
        Bucket="first", NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    onput.s3.put_object(Bucket="first", Key="a", Body=b"")
    event = json.loads(onput.receive("first")["Body"])
    assert list(event) == ["Service", "Event", "Time", "Bucket", "RequestId", "HostId"]
    assert (event["Service"], event["Event"], event["Bucket"]) == (
        "Amazon S3", "s3:TestEvent", "first")
    assert json.loads(onput.receive("first")["Body"])["Records"][0]["s3"]["object"]["key"] == "a"


def test_a_record_has_the_members_of_aws_in_their_order(onput, place):
    put = onput.s3.put_object(Bucket=place, Key="dir/red flower@1.jpg", Body=b"12345")
    body = onput.receive(place)["Body"]
    assert body == json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
    record = json.loads(body)["Records"][0]
    assert keys_of(record) == [
        "eventVersion", "eventSource", "awsRegion", "eventTime", "eventName",
        ("userIdentity", ["principalId"]), ("requestParameters", ["sourceIPAddress"]),
        ("responseElements", ["x-amz-request-id", "x-amz-id-2"]),
        ("s3", ["s3SchemaVersion", "configurationId",
                ("bucket", ["name", ("ownerIdentity", ["principalId"]), "arn"]),
                ("object", ["key", "size", "eTag", "sequencer"])])]
    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == (
        "2.5", "aws:s3", "us-east-1")
    assert record["eventName"] == "ObjectCreated:Put"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["eventTime"])
    assert record["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    headers = put["ResponseMetadata"]["HTTPHeaders"]
    assert record["responseElements"] == {"x-amz-request-id": headers["x-amz-request-id"],
                                          "x-amz-id-2": headers["x-amz-id-2"]}
    assert record["s3"]["configurationId"] == "all"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{place}"
    thing = record["s3"]["object"]
    assert thing["key"] == "dir/red+flower%401.jpg" and thing["size"] == 5
    assert f'"{thing["eTag"]}"' == put["ETag"] and re.fullmatch("[0-9A-F]+", thing["sequencer"])


def test_a_removal_has_neither_size_nor_etag(onput, place):
    onput.s3.put_object(Bucket=place, Key="a", Body=b"1")
    onput.s3.delete_object(Bucket=place, Key="a")
    created, removed = (json.loads(onput.receive(place)["Body"])["Records"][0] for _ in range(2))
    assert (created["eventName"], removed["eventName"]) == (
        "ObjectCreated:Put", "ObjectRemoved:Delete")
    assert list(removed["s3"]["object"]) == ["key", "sequencer"]


def test_sequencers_of_a_key_grow(onput, place):
    for i in range(12):
        onput.s3.put_object(Bucket=place, Key="a", Body=b"x" * i)
    objects = [json.loads(onput.receive(place)["Body"])["Records"][0]["s3"]["object"]
               for _ in range(12)]
    by_size = [o["sequencer"].ljust(32, "0") for o in sorted(objects, key=lambda o: o["size"])]
    assert by_size == sorted(set(by_size))


def test_a_configuration_comes_back_as_aws_echoes_it(onput):
    onput.s3.create_bucket(Bucket="echo")
    arn = make_queue(onput, "echo")
    filters = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ""}]
    onput.s3.put_bucket_notification_configuration(Bucket="echo", NotificationConfiguration={
        "QueueConfigurations": [{"Id": "q", "QueueArn": arn, "Events": ["s3:ObjectCreated:Put"],
                                 "Filter": {"Key": {"FilterRules": filters}}}],
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": SPEECH, "Events": ["s3:ObjectRemoved:*"]}]})
    got = onput.s3.get_bucket_notification_configuration(Bucket="echo")
    assert got["QueueConfigurations"] == [
        {"Id": "q", "QueueArn": arn, "Events": ["s3:ObjectCreated:Put"],
         "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"},
                                            {"Name": "Suffix", "Value": ""}]}}}]
    function = got["LambdaFunctionConfigurations"][0]
    assert function.pop("Id")
    assert function == {"LambdaFunctionArn": SPEECH, "Events": ["s3:ObjectRemoved:*"]}


def test_an_empty_configuration_turns_notifications_off(onput, place):
    onput.s3.put_bucket_notification_configuration(Bucket=place, NotificationConfiguration={})
    got = onput.s3.get_bucket_notification_configuration(Bucket=place)
    assert set(got) == {"ResponseMetadata"}
    onput.s3.put_object(Bucket=place, Key="silent", Body=b"")
    told = onput.run("-o", "json", "explain", f"s3://{place}/silent").stdout
    assert json.loads(told)["rules"] == []


def test_only_keys_that_fit_prefix_and_suffix_are_told(onput, place):
    arn = onput.s3.get_bucket_notification_configuration(Bucket=place)[
        "QueueConfigurations"][0]["QueueArn"]
    filters = [{"Name": "Prefix", "Value": "my+in/"}, {"Name": "Suffix", "Value": ".jpg"}]
    onput.s3.put_bucket_notification_configuration(Bucket=place, NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"],
                                 "Filter": {"Key": {"FilterRules": filters}}}]})
    onput.receive(place)  # The test event.
    for key in ("my in/a.png", "my out/a.jpg", "my in/a.jpg"):
        onput.s3.put_object(Bucket=place, Key=key, Body=b"")
    onput.s3.put_object(Bucket=place, Key="my in/last.jpg", Body=b"")
    keys = [json.loads(onput.receive(place)["Body"])["Records"][0]["s3"]["object"]["key"]
            for _ in range(2)]
    assert sorted(keys) == ["my+in/a.jpg", "my+in/last.jpg"]


def test_a_function_named_by_boto3_is_started(onput):
    onput.s3.create_bucket(Bucket="spoken")
    onput.s3.put_bucket_notification_configuration(Bucket="spoken", NotificationConfiguration={
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": SPEECH, "Events": ["s3:ObjectCreated:*"]}]})
    onput.s3.put_object(Bucket="spoken", Key="from boto3.txt", Body=b"Good morning.")
    assert onput.wait_for_object("outbox", "from boto3.mp3")[:3] == b"ID3"


def test_a_queue_that_is_gone_is_shown_and_does_not_hold_up_others(onput, place):
    onput.sqs.delete_queue(QueueUrl=onput.queue_url(place))
    onput.s3.put_object(Bucket=place, Key="lost", Body=b"")

    def is_told():
        status = json.loads(onput.run("-o", "json", "status").stdout)
        return any(d["arn"].endswith(place) and (d["undelivered"] or d["last_error"])
                   for d in status["destinations"])
    wait_until(is_told, 20, "status to show the destination that is gone")
    onput.s3.put_object(Bucket="inbox", Key="not held up.txt", Body=b"Quick.")
    assert onput.wait_for_object("outbox", "not held up.mp3")


def test_a_failed_upload_tells_nobody(onput, place):
    s3 = onput.client("s3", retries={"total_max_attempts": 1})
    with pytest.raises(botocore.exceptions.ClientError):
        s3.put_object(Bucket=place, Key="bad", Body=b"x", ChecksumCRC32="AAAAAA==")
    onput.s3.put_object(Bucket=place, Key="good", Body=b"x")
    record = json.loads(onput.receive(place)["Body"])["Records"][0]
    assert record["s3"]["object"]["key"] == "good"
