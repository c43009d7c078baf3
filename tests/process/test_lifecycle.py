"""The lifecycle of buckets as boto3 sees it: its configuration, and what passes of it do."""
import datetime
import json
import uuid

import botocore.exceptions
import pytest

from harness.topology import make_queue
from harness.waiting import wait_until

DAY = {"Days": 1}
PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
PASS_EACH_SECOND = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1"}


def error_of(call, **arguments):
    """(status, code) of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def put(s3, bucket, *rules, **arguments):
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)}, **arguments)


def rule(name, **actions):
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": ""}, **actions}


@pytest.fixture
def bucket(onput):
    name = "life-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name)
    return name


def test_a_configuration_is_read_back_as_it_was_put(onput, bucket):
    s3 = onput.s3
    assert error_of(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == (404, "NoSuchLifecycleConfiguration")
    rules = [
        rule("all", Expiration={"Days": 400}, Transitions=[
            {"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]),
        {"ID": "and", "Status": "Disabled", "Expiration": {"Date": PAST}, "Filter": {"And": {
            "Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}],
            "ObjectSizeGreaterThan": 5, "ObjectSizeLessThan": 10}}},
        {"ID": "tag", "Status": "Enabled", "Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Expiration": DAY},
        {"ID": "size", "Status": "Enabled", "Filter": {"ObjectSizeGreaterThan": 5}, "Expiration": DAY},
        rule("versions", NoncurrentVersionExpiration={"NoncurrentDays": 9, "NewerNoncurrentVersions": 3},
             NoncurrentVersionTransitions=[{"NoncurrentDays": 3, "StorageClass": "DEEP_ARCHIVE"}],
             Expiration={"ExpiredObjectDeleteMarker": True},
             AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7})]
    put(s3, bucket, *rules, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    shown = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert shown["Rules"] == rules
    assert shown["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    old = {"ID": "old", "Status": "Enabled", "Prefix": "logs/", "Expiration": DAY}
    put(s3, bucket, old)
    shown = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert shown["Rules"] == [old]
    assert shown["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    for _ in range(2):
        s3.delete_bucket_lifecycle(Bucket=bucket)
    assert error_of(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == (404, "NoSuchLifecycleConfiguration")
    put(s3, bucket, old)
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert error_of(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == (404, "NoSuchLifecycleConfiguration")


def test_what_s3_refuses_is_refused_and_changes_nothing(onput, bucket):
    s3 = onput.s3
    put(s3, bucket, rule("kept", Expiration=DAY))
    for expected, rules in [
            ("InvalidArgument", [rule("a", Expiration={"Days": 0})]),
            ("InvalidArgument", [rule("a", Expiration=DAY), rule("a", Expiration=DAY)]),
            ("InvalidArgument", [rule("a", Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}])]),
            ("InvalidArgument", [rule("a", Expiration={"Date": PAST + datetime.timedelta(hours=1)})]),
            ("InvalidRequest", [rule("a")]),
            ("MalformedXML", [{"ID": "a", "Status": "Enabled", "Expiration": DAY}])]:
        assert refusal_of(s3, bucket, rules) == (400, expected), rules
    assert [kept["ID"] for kept in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]] == ["kept"]
    assert error_of(s3.get_bucket_lifecycle_configuration, Bucket="no-such-" + bucket) == (404, "NoSuchBucket")


def refusal_of(s3, bucket, rules):
    return error_of(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def test_requests_say_when_an_object_or_an_upload_goes(onput, bucket):
    s3 = onput.s3
    put(s3, bucket, rule("two days", Expiration={"Days": 2},
                         AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}))
    midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    end = (midnight + datetime.timedelta(days=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    told = f'expiry-date="{end}", rule-id="two%20days"'
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["Expiration"] == told
    assert s3.head_object(Bucket=bucket, Key="k")["Expiration"] == told
    assert s3.get_object(Bucket=bucket, Key="k")["Expiration"] == told
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")
    assert upload["AbortDate"] == midnight + datetime.timedelta(days=2)
    assert upload["AbortRuleId"] == "two%20days"
    listed = s3.list_parts(Bucket=bucket, Key="m", UploadId=upload["UploadId"])
    assert (listed["AbortDate"], listed["AbortRuleId"]) == (upload["AbortDate"], "two%20days")


def test_a_pass_expires_objects_and_tells_a_queue_once_for_each(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"], environment=PASS_EACH_SECOND)
    s3 = onput.s3
    s3.create_bucket(Bucket="life")
    s3.put_object(Bucket="life", Key="old/a", Body=b"x")
    s3.put_object(Bucket="life", Key="old/b", Body=b"y" * 100_000)
    s3.put_object(Bucket="life", Key="kept", Body=b"z")
    arn = make_queue(onput, "expired")
    s3.put_bucket_notification_configuration(Bucket="life", NotificationConfiguration={"QueueConfigurations": [
        {"Id": "e", "QueueArn": arn, "Events": ["s3:LifecycleExpiration:*", "s3:ObjectRemoved:*"]}]})
    json.loads(onput.receive("expired")["Body"])  # The test event.
    put(s3, "life", {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Date": PAST}})
    records = {}
    for _ in range(2):
        record = json.loads(onput.receive("expired", deadline_s=60)["Body"])["Records"][0]
        records[record["s3"]["object"]["key"]] = record
    assert sorted(records) == ["old/a", "old/b"]
    record = records["old/a"]
    assert record["eventName"] == "LifecycleExpiration:Delete"
    assert record["userIdentity"] == {"principalId": "s3.amazonaws.com"}
    assert record["requestParameters"] == {"sourceIPAddress": "s3.amazonaws.com"}
    assert sorted(record["s3"]["object"]) == ["key", "sequencer"]
    assert onput.keys("life") == ["kept"]
    wait_until(lambda: "LifecycleExpiration:Delete" in onput.run("trace", "s3://life/old/a").stdout, 20,
               "the end of the object in its trace")
    s3.put_object(Bucket="life", Key="last", Body=b"")
    url = onput.queue_url("expired")
    assert "Messages" not in onput.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)


def test_with_versions_expiration_puts_markers_and_noncurrent_ones_stay_their_days(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"], environment=PASS_EACH_SECOND)
    s3 = onput.s3
    s3.create_bucket(Bucket="life")
    s3.put_bucket_versioning(Bucket="life", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="life", Key="k", Body=b"x")
    s3.put_object(Bucket="life", Key="k", Body=b"y")
    put(s3, "life", rule("r", Expiration={"Date": PAST}, NoncurrentVersionExpiration={"NoncurrentDays": 1}))

    def markers():
        return s3.list_object_versions(Bucket="life").get("DeleteMarkers")
    assert len(wait_until(markers, 60, "a delete marker")) == 1
    assert len(s3.list_object_versions(Bucket="life")["Versions"]) == 2
