"""Every type of S3's events, its JSON to the letter: at a queue, through a topic, and at a function's queue."""
import datetime
import json
import re

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.topics import Topics, sending_policy, topic_arn
from harness.topology import SPEECH, make_queue, queue_arn
from harness.waiting import wait_until
from test_delivery_events import publishing_policy
from test_post_object import post, signed

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
QUICK = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1", "ONPUT_STORAGE_RESTORE_EXPEDITED_MS": "1"}
EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectRestore:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put",
          "s3:LifecycleExpiration:*", "s3:LifecycleTransition"]
NEVER = ["s3:ReducedRedundancyLostObject", "s3:IntelligentTiering", "s3:ObjectAnnotation:*", "s3:ObjectAnnotation:Put",
         "s3:ObjectAnnotation:Delete"]
NO_TEXT = b"\1\2\3\4 no text"  # A worker refuses it for good: its record becomes a letter.
EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"

# What varies, by its form. The names of the variables are those of the members.
FORMS = {
    "eventTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "x-amz-request-id": r"[0-9A-Z]{16}",
    "x-amz-id-2": r"[0-9A-Za-z+/=]{20,}",
    "principalId": r"\S+",
    "eTag": r"[0-9a-f]{32}(-\d+)?",
    "versionId": r"[0-9A-Za-z._-]+",
    "sequencer": r"[0-9A-F]{16,}",
    "lifecycleRestorationExpiryTime": r"\d{4}-\d\d-\d\dT00:00:00\.000Z",
}
WHOLE = ["key", "size", "eTag", "sequencer"]
COLD = {"glacierEventData": {"restoreEventData": {
    "lifecycleRestorationExpiryTime": None, "lifecycleRestoreStorageClass": "GLACIER"}}}
MOVED = {"lifecycleEventData": {"transitionEventData": {"destinationStorageClass": "GLACIER"}}}

# (type, object) -> (classic version, members of s3.object, members beside s3, who did it).
USER, LIFECYCLE = "127.0.0.1", "s3.amazonaws.com"
TYPES = {
    ("ObjectCreated:Put", "plain/put"): ("2.1", WHOLE, {}, USER),
    ("ObjectCreated:Post", "plain/post"): ("2.1", WHOLE, {}, USER),
    ("ObjectCreated:Copy", "plain/copy"): ("2.1", WHOLE, {}, USER),
    ("ObjectCreated:CompleteMultipartUpload", "plain/parts"): ("2.1", WHOLE, {}, USER),
    ("ObjectTagging:Put", "plain/put"): ("2.3", ["key", "eTag"], {}, USER),
    ("ObjectTagging:Delete", "plain/put"): ("2.3", ["key", "eTag"], {}, USER),
    ("ObjectAcl:Put", "plain/put"): ("2.3", ["key", "eTag"], {}, USER),
    ("ObjectRemoved:Delete", "plain/put"): ("2.1", ["key", "sequencer"], {}, USER),
    ("ObjectRestore:Post", "plain/cold"): ("2.1", WHOLE, {}, USER),
    ("ObjectRestore:Completed", "plain/cold"): ("2.1", WHOLE, COLD, LIFECYCLE),
    ("LifecycleTransition", "plain/moved"): ("2.3", WHOLE, MOVED, LIFECYCLE),
    ("LifecycleExpiration:Delete", "plain/expired"): ("2.3", ["key", "sequencer"], {}, LIFECYCLE),
    ("ObjectCreated:Put", "kept/key"): ("2.1", ["key", "size", "eTag", "versionId", "sequencer"], {}, USER),
    ("ObjectTagging:Put", "kept/key"): ("2.3", ["key", "eTag", "versionId"], {}, USER),
    ("ObjectRemoved:DeleteMarkerCreated", "kept/key"): ("2.1", ["key", "eTag", "versionId", "sequencer"], {}, USER),
    ("ObjectRemoved:Delete", "kept/key"): ("2.1", ["key", "versionId", "sequencer"], {}, USER),
    ("LifecycleExpiration:DeleteMarkerCreated", "kept/expired"): (
        "2.3", ["key", "versionId", "sequencer"], {}, LIFECYCLE),
}
WAYS = ("queue", "topic", "function")


def cause_all(onput, way):
    """Does once, with keys of this way, what each row of the table needs."""
    s3 = onput.s3
    put, parts, cold = (f"{way}/{name}.txt" for name in ("put", "parts", "cold"))
    s3.put_object(Bucket="plain", Key=put, Body=NO_TEXT)
    fields = {"key": f"{way}/post.txt"} | signed([{"bucket": "plain"}, ["starts-with", "$key", ""]])
    assert post(onput, "plain", fields, NO_TEXT).status == 204
    s3.copy_object(Bucket="plain", Key=f"{way}/copy.txt", CopySource=f"plain/{put}")
    upload = s3.create_multipart_upload(Bucket="plain", Key=parts)["UploadId"]
    part = s3.upload_part(Bucket="plain", Key=parts, UploadId=upload, PartNumber=1, Body=NO_TEXT)
    s3.complete_multipart_upload(Bucket="plain", Key=parts, UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    tags = {"TagSet": [{"Key": "k", "Value": "v"}]}
    s3.put_object_tagging(Bucket="plain", Key=put, Tagging=tags)
    s3.delete_object_tagging(Bucket="plain", Key=put)
    s3.put_object_acl(Bucket="plain", Key=put, ACL="authenticated-read")
    for name in ("expired", "moved"):
        s3.put_object(Bucket="plain", Key=f"{way}/{name}.txt", Body=NO_TEXT)
    s3.put_object(Bucket="plain", Key=cold, Body=NO_TEXT, StorageClass="GLACIER")
    s3.restore_object(Bucket="plain", Key=cold, RestoreRequest={
        "Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}})
    made = s3.put_object(Bucket="kept", Key=f"{way}/key.txt", Body=NO_TEXT)["VersionId"]
    s3.put_object_tagging(Bucket="kept", Key=f"{way}/key.txt", Tagging=tags)
    s3.delete_object(Bucket="kept", Key=f"{way}/key.txt")
    s3.delete_object(Bucket="kept", Key=f"{way}/key.txt", VersionId=made)
    s3.put_object(Bucket="kept", Key=f"{way}/expired.txt", Body=NO_TEXT)


def expire(s3, bucket, **moved):
    rules = [{"ID": f"{way} {name}", "Status": "Enabled", "Filter": {"Prefix": f"{way}/{name}"}, **actions}
             for way in WAYS for name, actions in {"expired": {"Expiration": {"Date": PAST}}, **moved}.items()]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules},
                                          TransitionDefaultMinimumObjectSize="varies_by_storage_class")


def tell(onput, bucket, queue, topic):
    def rule(way, **target):
        return {"Id": way, "Events": EVENTS, **target,
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": way + "/"}]}}}
    onput.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "QueueConfigurations": [rule("queue", QueueArn=queue)], "TopicConfigurations": [rule("topic", TopicArn=topic)],
        "LambdaFunctionConfigurations": [rule("function", LambdaFunctionArn=SPEECH)]})


@pytest.fixture(scope="module", params=["2.5", "classic"])
def told(request, tmp_path_factory):
    """The instance, its record version, and the name of the topic's queue; everything has been done."""
    environment = {**QUICK, "ONPUT_NOTIFIER_EVENT_VERSION": request.param}
    with Onput(tmp_path_factory.mktemp("onput"), arguments=["--image", "0"], environment=environment) as onput:
        s3, topics = onput.s3, Topics(onput)
        queue, topic = make_queue(onput, "events"), topics.make()
        letters = topics.subscribe_queue(topic)
        onput.sqs.create_queue(QueueName="ends", Attributes={"Policy": sending_policy("ends", topic_arn("media"))})
        topics.subscribe(topic_arn("media"), "sqs", queue_arn("ends"), RawMessageDelivery="true")
        topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                                        AttributeValue=publishing_policy(topic, "*"))
        s3.create_bucket(Bucket="plain", ObjectOwnership="ObjectWriter")
        s3.delete_public_access_block(Bucket="plain")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        for bucket in ("plain", "kept"):
            tell(onput, bucket, queue, topic)
        for way in WAYS:
            cause_all(onput, way)
        s3.delete_objects(Bucket="plain", Delete={"Objects": [{"Key": f"{way}/put.txt"} for way in WAYS]})
        expire(s3, "plain", moved={"Transitions": [{"Date": PAST, "StorageClass": "GLACIER"}]})
        expire(s3, "kept")
        yield onput, request.param, letters


def row_of(record):
    name = record["s3"]["object"]["key"].split("/")[1].removesuffix(".txt")
    return record["eventName"], f"{record['s3']['bucket']['name']}/{name}"


def collect(onput, queue, wanted, unpack=json.loads):
    """The text of the record of each row, from a queue that has them in any order, with others between."""
    found = {}

    def take():
        url = onput.queue_url(queue)
        for message in onput.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                                 WaitTimeSeconds=1).get("Messages", []):
            text = unpack(message["Body"])
            onput.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            document = json.loads(text)
            if "Records" in document:
                assert row_of(document["Records"][0]) not in found, f"{text} is there twice"
                found[row_of(document["Records"][0])] = text
        return wanted <= set(found)
    try:
        wait_until(take, 60, "every type of event")
    finally:
        assert wanted <= set(found), sorted(wanted - set(found))
    return found


def expected_text(row, way, version, got):
    """The whole message as AWS writes it; what varies is taken from `got`, after its form was looked at."""
    def varies(name, value):
        assert re.fullmatch(FORMS[name], value), f"{name} of {row} is {value!r}"
        return value
    classic, members, beside, actor = TYPES[row]
    bucket, name = row[1].split("/")
    thing = {}
    for member in members:
        if member == "key":
            thing["key"] = f"{way}/{name}.txt"
        elif member == "size":
            thing["size"] = len(NO_TEXT)
        elif row[0] == "ObjectRemoved:DeleteMarkerCreated" and member == "eTag":
            thing["eTag"] = EMPTY_MD5
        else:
            thing[member] = varies(member, got["s3"]["object"][member])
        if row[0] == "ObjectCreated:Copy" and version == "2.5" and member == "eTag":
            thing["hasObjectAnnotation"] = False
    principal = varies("principalId", got["userIdentity"]["principalId"])
    if row[0] == "ObjectRestore:Completed":
        assert principal == f"AmazonCustomer:{got['s3']['bucket']['ownerIdentity']['principalId']}"
    elif actor == LIFECYCLE:
        assert principal == LIFECYCLE
    extra = json.loads(json.dumps(beside))
    if "glacierEventData" in extra:
        until = got["glacierEventData"]["restoreEventData"]["lifecycleRestorationExpiryTime"]
        extra["glacierEventData"]["restoreEventData"]["lifecycleRestorationExpiryTime"] = varies(
            "lifecycleRestorationExpiryTime", until)
    record = {
        "eventVersion": classic if version == "classic" else "2.5", "eventSource": "aws:s3",
        "awsRegion": "us-east-1", "eventTime": varies("eventTime", got["eventTime"]), "eventName": row[0],
        "userIdentity": {"principalId": principal}, "requestParameters": {"sourceIPAddress": actor},
        "responseElements": {header: varies(header, got["responseElements"][header])
                             for header in ("x-amz-request-id", "x-amz-id-2")},
        "s3": {"s3SchemaVersion": "1.0", "configurationId": way,
               "bucket": {"name": bucket, "ownerIdentity": {"principalId": varies(
                   "principalId", got["s3"]["bucket"]["ownerIdentity"]["principalId"])},
                          "arn": f"arn:aws:s3:::{bucket}"},
               "object": thing},
        **extra}
    return json.dumps({"Records": [record]}, separators=(",", ":"))


def expect_exact(found, way, version, rows):
    for row in rows:
        assert found[row] == expected_text(row, way, version, json.loads(found[row])["Records"][0]), row


def test_every_type_comes_to_a_queue_as_aws_writes_it(told):
    onput, version, _ = told
    expect_exact(collect(onput, "events", set(TYPES), lambda body: body), "queue", version, TYPES)


def test_every_type_comes_through_a_topic_as_aws_writes_it(told):
    onput, version, letters = told

    def unpack(body):
        envelope = json.loads(body)
        assert (envelope["Type"], envelope["Subject"]) == ("Notification", "Amazon S3 Notification")
        return envelope["Message"]
    expect_exact(collect(onput, letters, set(TYPES), unpack), "topic", version, TYPES)


def test_every_type_comes_to_a_function(told):
    onput, version, _ = told
    # What the worker refuses is a dead letter with the record that the function was called with.
    refused = {row for row in TYPES if row[1] in ("plain/post", "plain/copy", "plain/parts")}
    expect_exact(collect(onput, "speech-dead-letters", refused, lambda body: body), "function", version, refused)
    # For the others it has nothing to do, and says so with what it read of their records.
    quiet = {row for row in TYPES if not row[0].startswith("ObjectCreated:")}
    journal = onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
    events = [json.loads(line)["event"] for line in journal.splitlines()]
    ids = {event["event_id"]: (event["event_name"], f"{event['bucket']}/{event['key']}") for event in events
           if "event_name" in event and event["key"].startswith("function/")}
    succeeded = {}

    def take():
        for message in onput.sqs.receive_message(QueueUrl=onput.queue_url("ends"), MaxNumberOfMessages=10,
                                                 WaitTimeSeconds=1).get("Messages", []):
            end = json.loads(message["Body"])
            if end["status"] == "succeeded" and end["eventId"] in ids:
                name, path = ids[end["eventId"]]
                bucket, _, key = path.split("/")
                succeeded[name, f"{bucket}/{key.removesuffix('.txt')}"] = end["input"]
        return quiet <= set(succeeded)
    wait_until(take, 30, "the ends of jobs that have nothing to do")
    for row in quiet:
        bucket, name = row[1].split("/")
        members = {"bucket", "key"} | {member for member in TYPES[row][1] if member in ("size", "eTag", "versionId")}
        assert set(succeeded[row]) == members, row
        assert (succeeded[row]["bucket"], succeeded[row]["key"]) == (bucket, f"function/{name}.txt")


@pytest.mark.parametrize("event", NEVER)
def test_types_that_never_happen_are_refused(told, event):
    onput, _, _ = told
    before = onput.s3.get_bucket_notification_configuration(Bucket="plain")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        onput.s3.put_bucket_notification_configuration(Bucket="plain", NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": queue_arn("events"), "Events": [event]}]})
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"
    assert caught.value.response["Error"]["Message"] == "A specified event is not supported for notifications."
    after = onput.s3.get_bucket_notification_configuration(Bucket="plain")
    assert before["QueueConfigurations"] == after["QueueConfigurations"]
