"""Every type of event that S3 has here, member by member: at a queue, through a topic, and at a function."""
import datetime
import json
import os
import re

import botocore.exceptions
import pytest

from harness.functions import ENVIRONMENT
from harness.instance import Onput
from harness.lambdas import create
from harness.topics import Topics, topic_arn
from harness.topology import ACCOUNT, make_queue
from harness.waiting import wait_until
from test_post_object import post

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
# The prefixes of keys that each kind of destination is told of.
DESTINATIONS = ("queue", "topic", "function")
FAMILIES = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectRestore:*", "s3:Replication:*",
            "s3:LifecycleTransition", "s3:LifecycleExpiration:*", "s3:ObjectAcl:Put", "s3:ObjectTagging:*"]
QUICK = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1", "ONPUT_STORAGE_RESTORE_STANDARD_MS": "100",
         "ONPUT_STORAGE_RESTORE_DAY_S": "1", "ONPUT_STORAGE_REPLICATION_THRESHOLD_MS": "300",
         "ONPUT_STORAGE_REPLICATION_BYTES_PER_SECOND": "1000000",
         "ONPUT_STORAGE_REPLICATION_VERSIONS_PER_SECOND": "10"}
# At that rate they hold up for some seconds what is replicated behind them.
FILLERS = 60
NOISE = b"\x81\x00\xff\xfe\x00\x8d" * 40
PART = 5 * 1024 * 1024

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
TEXT = {"key": r".+", "eTag": r"[0-9a-f]{32}(-\d+)?", "sequencer": r"[0-9A-F]{16,}", "versionId": r"[0-9A-Za-z._-]+"}
WHOLE = ("key", "size", "eTag", "sequencer")
OF_A_VERSION = ("key", "size", "eTag", "versionId", "sequencer")
REPLICATION = {"replicationRuleId": "[a-z]+", "destinationBucket": "arn:aws:s3:::(target|doomed|slow)",
               "s3Operation": "OBJECT_PUT", "requestTime": TIME}
RESTORED = {"glacierEventData": {"restoreEventData": {"lifecycleRestorationExpiryTime": TIME,
                                                      "lifecycleRestoreStorageClass": "GLACIER"}}}

# (bucket, event): its version in the classic shape, the members of s3.object, and what stands beside `s3`.
SHAPES = {
    ("plain", "ObjectCreated:Put"): ("2.1", WHOLE, {}),
    ("plain", "ObjectCreated:Post"): ("2.1", WHOLE, {}),
    ("plain", "ObjectCreated:Copy"): ("2.1", WHOLE, {}),
    ("plain", "ObjectCreated:CompleteMultipartUpload"): ("2.1", WHOLE, {}),
    ("plain", "ObjectRemoved:Delete"): ("2.1", ("key", "sequencer"), {}),
    ("plain", "ObjectTagging:Put"): ("2.3", ("key", "eTag"), {}),
    ("plain", "ObjectTagging:Delete"): ("2.3", ("key", "eTag"), {}),
    ("plain", "ObjectAcl:Put"): ("2.3", ("key", "eTag"), {}),
    ("plain", "ObjectRestore:Post"): ("2.1", WHOLE, {}),
    ("plain", "ObjectRestore:Completed"): ("2.1", WHOLE, RESTORED),
    ("plain", "ObjectRestore:Delete"): ("2.3", WHOLE, RESTORED),
    ("plain", "LifecycleExpiration:Delete"): ("2.3", ("key", "sequencer"), {}),
    ("plain", "LifecycleTransition"): ("2.3", WHOLE, {
        "lifecycleEventData": {"transitionEventData": {"destinationStorageClass": "GLACIER"}}}),
    ("versions", "ObjectCreated:Put"): ("2.1", OF_A_VERSION, {}),
    ("versions", "ObjectRemoved:DeleteMarkerCreated"): ("2.1", ("key", "eTag", "versionId", "sequencer"), {}),
    ("versions", "ObjectRemoved:Delete"): ("2.1", ("key", "versionId", "sequencer"), {}),
    ("versions", "ObjectTagging:Put"): ("2.3", ("key", "eTag", "versionId"), {}),
    ("versions", "LifecycleExpiration:DeleteMarkerCreated"): ("2.3", ("key", "versionId", "sequencer"), {}),
    ("versions", "Replication:OperationFailedReplication"): ("2.2", OF_A_VERSION, {
        "replicationEventData": REPLICATION | {"failureReason": "DstBucketUnversioned"}}),
    ("versions", "Replication:OperationMissedThreshold"): ("2.2", OF_A_VERSION, {
        "replicationEventData": REPLICATION | {"threshold": "PT0.300S"}}),
    ("versions", "Replication:OperationReplicatedAfterThreshold"): ("2.2", OF_A_VERSION, {
        "replicationEventData": REPLICATION | {"threshold": "PT0.300S", "replicationTime": r"PT[\d.]+[MS]"}}),
    ("versions", "Replication:OperationNotTracked"): ("2.2", OF_A_VERSION, {"replicationEventData": REPLICATION}),
}
# Nobody asked for these: S3 did them.
OWN = ("LifecycleExpiration:", "LifecycleTransition", "ObjectRestore:Completed", "ObjectRestore:Delete",
       "Replication:")


def pattern_of(bucket, name, destination, version):
    """The whole record: texts are patterns, everything else is as it stands; members in AWS's order."""
    classic_version, members, beside = SHAPES[bucket, name]
    is_own = name.startswith(OWN)
    principal = {"ObjectRestore:Completed": f"AmazonCustomer:{ACCOUNT}"}.get(
        name, r"s3\.amazonaws\.com" if is_own else "test")
    thing = {member: TEXT.get(member, int) for member in members}
    thing["key"] = destination + r"/[a-z]+"
    if version == "2.5" and name == "ObjectCreated:Copy":
        thing = {"key": thing["key"], "size": int, "eTag": thing["eTag"], "hasObjectAnnotation": False,
                 "sequencer": thing["sequencer"]}
    return {
        "eventVersion": re.escape("2.5" if version == "2.5" else classic_version),
        "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": TIME, "eventName": re.escape(name),
        "userIdentity": {"principalId": principal},
        "requestParameters": {"sourceIPAddress": r"s3\.amazonaws\.com" if is_own else r"127\.0\.0\.1"},
        "responseElements": {"x-amz-request-id": "[0-9A-F]{16}", "x-amz-id-2": "[0-9a-f]{32}"},
        "s3": {"s3SchemaVersion": r"1\.0", "configurationId": f"to-{destination}",
               "bucket": {"name": bucket, "ownerIdentity": {"principalId": ACCOUNT}, "arn": f"arn:aws:s3:::{bucket}"},
               "object": thing},
        **beside}


def expect_fits(value, pattern, where):
    if isinstance(pattern, dict):
        assert list(value) == list(pattern), where
        for member, inner in pattern.items():
            expect_fits(value[member], inner, f"{where}.{member}")
    elif isinstance(pattern, str):
        assert isinstance(value, str) and re.fullmatch(pattern, value), f"{where}: {value!r} is no {pattern}"
    elif pattern is int:
        assert type(value) is int, where
    else:
        assert value is pattern, where


class Story:
    """Makes every event happen to keys below one prefix."""

    def __init__(self, onput, prefix):
        self.onput, self.s3, self.prefix = onput, onput.s3, prefix

    def name(self, word, bucket="plain"):
        return {"Bucket": bucket, "Key": f"{self.prefix}/{word}"}

    def upload_in_parts(self):
        name = self.name("parts")
        upload = self.s3.create_multipart_upload(**name)["UploadId"]
        tag = self.s3.upload_part(**name, UploadId=upload, PartNumber=1, Body=NOISE)["ETag"]
        self.s3.complete_multipart_upload(**name, UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": tag}]})

    def post_a_form(self):
        made = self.s3.generate_presigned_post("plain", f"{self.prefix}/form")
        assert post(self.onput, "plain", made["fields"], NOISE).status == 204

    def of_plain_objects(self):
        s3, name = self.s3, self.name("put")
        s3.put_object(**name, Body=NOISE)
        self.post_a_form()
        s3.copy_object(**self.name("copy"), CopySource=f"plain/{self.prefix}/put")
        self.upload_in_parts()
        s3.put_object_tagging(**name, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        s3.delete_object_tagging(**name)
        s3.put_object_acl(**name, ACL="authenticated-read")
        s3.delete_object(**name)
        s3.delete_objects(Bucket="plain", Delete={"Objects": [{"Key": f"{self.prefix}/{word}"}
                                                              for word in ("copy", "form")]})

    def of_ages(self):
        """By passes of the lifecycle, and by restores."""
        s3 = self.s3
        s3.put_object(**self.name("old"), Body=NOISE)
        s3.put_object(**self.name("moved"), Body=NOISE)
        s3.put_object(**self.name("cold"), Body=NOISE, StorageClass="GLACIER")
        s3.restore_object(**self.name("cold"), RestoreRequest={"Days": 1})
        s3.put_object(**self.name("old", "versions"), Body=NOISE)

    def of_versions(self):
        s3, name = self.s3, self.name("put", "versions")
        made = s3.put_object(**name, Body=NOISE)["VersionId"]
        s3.put_object_tagging(**name, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        s3.delete_object(**name)
        s3.delete_object(**name, VersionId=made)
        s3.put_object(**self.name("late", "versions"), Body=os.urandom(1_500_000))
        s3.put_object(**self.name("doomed", "versions"), Body=NOISE)


def replication(metrics=True):
    """A rule for each word below each prefix; tags would be an event more."""
    timed = {"ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
             "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}
    words = {"late": "target", "doomed": "doomed", "untracked": "slow"}
    rules = [(f"{prefix}/{word}", words[word], metrics or word != "untracked") for prefix in DESTINATIONS
             for word in words] + [("filler/", "slow", False)]
    return {"Role": f"arn:aws:iam::{ACCOUNT}:role/r", "Rules": [
        {"ID": "".join(c for c in prefix if c.isalpha()), "Priority": number, "Status": "Enabled",
         "Filter": {"Prefix": prefix}, "DeleteMarkerReplication": {"Status": "Disabled"},
         "Destination": {"Bucket": f"arn:aws:s3:::{target}", **(timed if is_timed else {})}}
        for number, (prefix, target, is_timed) in enumerate(rules)]}


def lifecycle(*actions):
    return {"Rules": [{"ID": f"{i}", "Status": "Enabled", "Filter": {"Prefix": prefix}, **action}
                      for i, (prefix, action) in enumerate(actions)]}


def make_buckets(s3):
    for bucket in ("plain", "versions", "target", "doomed", "slow"):
        s3.create_bucket(Bucket=bucket)
        if bucket != "plain":
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_public_access_block(Bucket="plain")
    s3.put_bucket_ownership_controls(
        Bucket="plain", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_replication(Bucket="versions", ReplicationConfiguration=replication())
    s3.put_bucket_versioning(Bucket="doomed", VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_lifecycle_configuration(
        Bucket="plain", TransitionDefaultMinimumObjectSize="varies_by_storage_class",
        LifecycleConfiguration=lifecycle(*[
            (f"{prefix}/{word}", action) for prefix in DESTINATIONS for word, action in [
                ("old", {"Expiration": {"Date": PAST}}),
                ("moved", {"Transitions": [{"Date": PAST, "StorageClass": "GLACIER"}]})]]))
    s3.put_bucket_lifecycle_configuration(Bucket="versions", LifecycleConfiguration=lifecycle(
        *[(f"{prefix}/old", {"Expiration": {"Date": PAST}}) for prefix in DESTINATIONS]))


def lose_metrics(s3):
    """What waits to be replicated is tracked no more. A bucket that a rule names must have versions."""
    for prefix in DESTINATIONS:
        wait_until(lambda prefix=prefix: s3.head_object(
            Bucket="versions", Key=f"{prefix}/doomed")["ReplicationStatus"] == "FAILED", 30, "a failed replica")
    s3.put_bucket_versioning(Bucket="doomed", VersioningConfiguration={"Status": "Enabled"})
    for number in range(FILLERS):
        s3.put_object(Bucket="versions", Key=f"filler/{number}", Body=b"")
    for prefix in DESTINATIONS:
        s3.put_object(Bucket="versions", Key=f"{prefix}/untracked", Body=NOISE)
    s3.put_bucket_replication(Bucket="versions", ReplicationConfiguration=replication(metrics=False))


# Keeps each event as it is handed to it.
STORE = """
import json
import boto3
def lambda_handler(event, context):
    boto3.client("s3").put_object(Bucket="handled", Key=context.aws_request_id,
                                  Body=json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode())
"""


def make_function(onput):
    onput.s3.create_bucket(Bucket="handled")
    client = onput.client("lambda")
    function = create(client, "told", STORE)["FunctionArn"]
    for bucket in ("plain", "versions"):
        client.add_permission(FunctionName="told", StatementId=bucket, Action="lambda:InvokeFunction",
                              Principal="s3.amazonaws.com", SourceArn=f"arn:aws:s3:::{bucket}")
    return function


def tell(onput):
    """Both buckets tell a queue, a topic with a queue, and a function of all that happens below their prefixes."""
    queue = make_queue(onput, "told")
    topics = Topics(onput)
    topic = topics.make("told")
    topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                "Action": "sns:Publish", "Resource": topic}]}))
    told = topics.subscribe_queue(topic)
    function = make_function(onput)

    def rule(prefix, **destination):
        return [{"Id": f"to-{prefix}", "Events": FAMILIES, **destination,
                 "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix + "/"}]}}}]
    for bucket in ("plain", "versions"):
        onput.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
            "QueueConfigurations": rule("queue", QueueArn=queue),
            "TopicConfigurations": rule("topic", TopicArn=topic),
            "LambdaFunctionConfigurations": rule("function", LambdaFunctionArn=function)})
    return {"queue": "told", "topic": told, "function": None}


def record_in(body):
    document = json.loads(body)
    if "TopicArn" in document:
        assert document["TopicArn"] == topic_arn("told") and document["Subject"] == "Amazon S3 Notification"
        body, document = document["Message"], json.loads(document["Message"])
    if document.get("Event") == "s3:TestEvent":
        return None
    assert body == json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    assert list(document) == ["Records"] and len(document["Records"]) == 1
    return document["Records"][0]


@pytest.fixture(scope="module", params=["2.5", "classic"])
def told(request, tmp_path_factory):
    """(version, records by destination) of an instance where everything has happened once."""
    version, folder = request.param, tmp_path_factory.mktemp("events")
    environment = QUICK | ENVIRONMENT | ({} if version == "2.5" else {"ONPUT_NOTIFIER_EVENT_VERSION": version})
    with Onput(folder, tts=0, arguments=["--no-pipeline", "--image", "0"], environment=environment) as onput:
        make_buckets(onput.s3)
        queues = tell(onput)
        stories = [Story(onput, prefix) for prefix in DESTINATIONS]
        for story in stories:
            story.of_plain_objects()
            story.of_ages()
            story.of_versions()
        lose_metrics(onput.s3)
        yield version, {name: collect(onput, queue) for name, queue in queues.items()}, onput


def bodies_in(onput, queue):
    """What came to a queue since the last look; without one: what the function has kept."""
    if queue is None:
        for key in onput.keys("handled"):
            yield onput.s3.get_object(Bucket="handled", Key=key)["Body"].read().decode()
            onput.s3.delete_object(Bucket="handled", Key=key)
        return
    url = onput.queue_url(queue)
    for message in onput.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                             WaitTimeSeconds=1).get("Messages", []):
        onput.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        yield message["Body"]


def collect(onput, queue):
    """The records of a destination, until each kind is there."""
    records = {}

    def take():
        for body in bodies_in(onput, queue):
            record = record_in(body)
            if record:
                records.setdefault((record["s3"]["bucket"]["name"], record["eventName"]), []).append(record)
        return set(SHAPES) <= set(records)
    try:
        wait_until(take, 60)
    except AssertionError:
        pass  # The test of a kind that is missing says so.
    return records


@pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: "-".join(kind))
def test_each_event_is_told_as_aws_writes_it(told, kind):
    version, records, _ = told
    for destination in DESTINATIONS:
        assert kind in records[destination], f"{destination}: no {kind} among {sorted(records[destination])}"
        for record in records[destination][kind]:
            expect_fits(record, pattern_of(*kind, destination, version), destination)


def test_nothing_else_is_told(told):
    _, records, _ = told
    for destination in DESTINATIONS:
        assert set(records[destination]) <= set(SHAPES), destination


NEW = ["s3:ObjectAnnotation:*", "s3:ObjectAnnotation:Put", "s3:ObjectAnnotation:Delete"]


def test_what_never_happens_is_refused_and_all_else_has_happened(told):
    _, _, onput = told
    s3 = onput.s3
    s3.create_bucket(Bucket="asked")
    arn = make_queue(onput, "asked")
    # What the SDK knows, and what is newer than it.
    names = s3.meta.service_model.shape_for("Event").enum + NEW
    happened = {"s3:" + name for _, name in SHAPES}
    for name in names:
        wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": [name]}]}
        try:
            s3.put_bucket_notification_configuration(Bucket="asked", NotificationConfiguration=wanted)
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidArgument", name
            assert error.response["Error"]["Message"] == "A specified event is not supported for notifications."
            assert name.startswith(("s3:ReducedRedundancy", "s3:IntelligentTiering", "s3:ObjectAnnotation")), name
        else:
            members = {event for event in happened if event.startswith(name.removesuffix("*"))}
            assert members and (name.endswith("*") or name in members), name
