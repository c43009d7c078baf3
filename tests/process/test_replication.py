"""Replication between buckets as boto3 sees it: its configuration, replicas of every size, what is told of them."""
import base64
import datetime
import hashlib
import json
import os
import random

import botocore.exceptions
import pytest

from harness.topology import make_queue
from harness.waiting import wait_until

ROLE = "arn:aws:iam::000000000000:role/replication"
MASTER_KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "c" * 32}
PART = 5 * 1024 * 1024


def error_of(call, **arguments):
    """(status, code, message) of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def rule(target="target", name="r", priority=1, markers="Disabled", **others):
    destination = {"Bucket": "arn:aws:s3:::" + target, **others.pop("Destination", {})}
    return {"ID": name, "Priority": priority, "Status": "Enabled", "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": markers}, "Destination": destination, **others}


def replicate(s3, *rules, bucket="source"):
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={"Role": ROLE, "Rules": list(rules)})


def make_buckets(onput, *names):
    for name in names:
        onput.s3.create_bucket(Bucket=name)
        onput.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def status_of(s3, key, bucket="source", **others):
    return s3.head_object(Bucket=bucket, Key=key, **others).get("ReplicationStatus")


def status_if_up(s3, key):
    try:
        return status_of(s3, key)
    except botocore.exceptions.ClientError:
        return None


def wait_completed(s3, key, **others):
    wait_until(lambda: status_of(s3, key, **others) == "COMPLETED", 30, f"{key} to be replicated")


def records(onput, queue):
    """The records that come to a queue, which is told first that it was subscribed."""
    while True:
        yield from json.loads(onput.receive(queue)["Body"]).get("Records", [])


def has_put(s3, key, body):
    try:
        return s3.put_object(Bucket="source", Key=key, Body=body)
    except botocore.exceptions.ClientError:
        return None


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    from harness.instance import Onput
    with Onput(tmp_path_factory.mktemp("onput"), tts=0, arguments=["--no-pipeline", "--image", "0"],
               environment={"ONPUT_MASTER_KEYS_SECRET": MASTER_KEY}) as instance:
        make_buckets(instance, "source", "target")
        yield instance


def test_a_configuration_is_read_back_as_it_was_put(onput):
    s3 = onput.s3
    make_buckets(onput, "there")
    s3.create_bucket(Bucket="plain")
    assert error_of(s3.get_bucket_replication, Bucket="there")[:2] == (404, "ReplicationConfigurationNotFoundError")
    rules = [
        rule(name="all", SourceSelectionCriteria={"ReplicaModifications": {"Status": "Enabled"}},
             Destination={"StorageClass": "STANDARD_IA", "Account": "000000000000",
                          "AccessControlTranslation": {"Owner": "Destination"},
                          "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                          "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}),
        rule(name="tags", priority=2, Filter={"And": {"Prefix": "a/", "Tags": [
            {"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}]}}),
        rule(name="markers", priority=3, markers="Enabled", Status="Disabled")]
    replicate(s3, *rules, bucket="there")
    shown = s3.get_bucket_replication(Bucket="there")["ReplicationConfiguration"]
    assert shown == {"Role": ROLE, "Rules": rules}
    old = {"ID": "old", "Status": "Enabled", "Prefix": "logs/", "Destination": {"Bucket": "arn:aws:s3:::target"}}
    replicate(s3, old, bucket="there")
    assert s3.get_bucket_replication(Bucket="there")["ReplicationConfiguration"]["Rules"] == [old]
    put = s3.put_bucket_replication
    refused = [({"bucket": "plain"}, rule(), "Versioning must be 'Enabled' on the bucket to apply a replication "
                "configuration"), ({}, rule("nowhere"), "Destination bucket must exist."),
               ({}, rule("plain"), "Destination bucket must have versioning enabled.")]
    for where, wrong, message in refused:
        answer = error_of(put, Bucket=where.get("bucket", "there"),
                          ReplicationConfiguration={"Role": ROLE, "Rules": [wrong]})
        assert answer == (400, "InvalidRequest", message)
    suspended = error_of(s3.put_bucket_versioning, Bucket="there", VersioningConfiguration={"Status": "Suspended"})
    assert suspended[:2] == (409, "InvalidBucketState")
    s3.delete_bucket_replication(Bucket="there")
    s3.delete_bucket_replication(Bucket="there")
    assert error_of(s3.get_bucket_replication, Bucket="there")[0] == 404


def test_objects_of_all_sizes_are_there_with_equal_bytes(onput):
    s3 = onput.s3
    replicate(s3, rule())
    # In a row, in a segment, in a file; the keys are where the encryption's blocks do not end.
    for size in (0, 5, 100_001, 3_000_007):
        key, body = f"size/{size}", random.Random(size).randbytes(size)
        made = s3.put_object(Bucket="source", Key=key, Body=body, Metadata={"a": "b"}, Tagging="k=v",
                             CacheControl="no-store", ChecksumAlgorithm="SHA256")
        wait_completed(s3, key)
        got = s3.get_object(Bucket="target", Key=key, ChecksumMode="ENABLED")
        assert got["Body"].read() == body
        original = s3.head_object(Bucket="source", Key=key, ChecksumMode="ENABLED")
        for name in ("ETag", "VersionId", "LastModified", "Metadata", "CacheControl", "ContentType", "ChecksumSHA256",
                     "ServerSideEncryption"):
            assert got[name] == original[name], name
        assert got["VersionId"] == made["VersionId"] and got["ReplicationStatus"] == "REPLICA"
        assert got["ServerSideEncryption"] == "AES256"
        assert s3.get_object_tagging(Bucket="target", Key=key)["TagSet"] == [{"Key": "k", "Value": "v"}]
    listed = s3.list_objects_v2(Bucket="target", Prefix="size/")["Contents"]
    assert len(listed) == 4 and "ReplicationStatus" not in listed[0]


def test_an_upload_in_parts_keeps_its_parts(onput):
    s3 = onput.s3
    replicate(s3, rule())
    parts = [random.Random(1).randbytes(PART), random.Random(2).randbytes(123_457)]
    upload = s3.create_multipart_upload(Bucket="source", Key="parts", ChecksumAlgorithm="CRC32")["UploadId"]
    done = []
    for number, body in enumerate(parts, 1):
        answer = s3.upload_part(Bucket="source", Key="parts", UploadId=upload, PartNumber=number, Body=body,
                                ChecksumAlgorithm="CRC32")
        done.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
    s3.complete_multipart_upload(Bucket="source", Key="parts", UploadId=upload, MultipartUpload={"Parts": done})
    wait_completed(s3, "parts")
    got = s3.get_object(Bucket="target", Key="parts")
    assert hashlib.md5(got["Body"].read()).digest() == hashlib.md5(b"".join(parts)).digest()
    assert got["ETag"].endswith('-2"')
    second = s3.get_object(Bucket="target", Key="parts", PartNumber=2, ChecksumMode="ENABLED")
    assert second["Body"].read() == parts[1] and second["ChecksumCRC32"] == done[1]["ChecksumCRC32"]
    assert s3.get_object(Bucket="target", Key="parts", Range=f"bytes={PART - 3}-{PART + 2}")[
        "Body"].read() == parts[0][-3:] + parts[1][:3]


def test_what_a_client_encrypted_opens_with_its_key_alone(onput):
    s3 = onput.s3
    replicate(s3, rule())
    for size in (11, 50_000):
        key, body = f"customer/{size}", random.Random(size).randbytes(size)
        s3.put_object(Bucket="source", Key=key, Body=body, **CUSTOMER)
        wait_until(lambda: status_of(s3, key, **CUSTOMER) == "COMPLETED", 30)
        assert s3.get_object(Bucket="target", Key=key, **CUSTOMER)["Body"].read() == body
        assert error_of(s3.get_object, Bucket="target", Key=key)[0] == 400
        wrong = {**CUSTOMER, "SSECustomerKey": "d" * 32}
        assert error_of(s3.get_object, Bucket="target", Key=key, **wrong)[0] == 403


def test_markers_and_tags_follow_and_deletions_of_versions_do_not(onput):
    s3 = onput.s3
    replicate(s3, rule(markers="Enabled"))
    made = s3.put_object(Bucket="source", Key="changed", Body=b"x")["VersionId"]
    wait_completed(s3, "changed")
    s3.put_object_tagging(Bucket="source", Key="changed", Tagging={"TagSet": [{"Key": "new", "Value": "1"}]})
    wait_until(lambda: s3.get_object_tagging(Bucket="target", Key="changed")["TagSet"], 30)
    marker = s3.delete_object(Bucket="source", Key="changed")["VersionId"]
    gone = wait_until(lambda: s3.list_object_versions(Bucket="target", Prefix="changed").get("DeleteMarkers"), 30)
    assert gone[0]["VersionId"] == marker and gone[0]["IsLatest"]
    s3.delete_object(Bucket="source", Key="changed", VersionId=marker)
    s3.delete_object(Bucket="source", Key="changed", VersionId=made)
    s3.put_object(Bucket="source", Key="later", Body=b"x")
    wait_completed(s3, "later")
    assert s3.get_object(Bucket="target", Key="changed", VersionId=made)["Body"].read() == b"x"


def test_locks_follow_and_are_not_taken_off_by_replication(onput):
    s3 = onput.s3
    for name in ("vault", "archive"):
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    replicate(s3, rule("archive"), bucket="vault")
    until = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=2)
    made = s3.put_object(Bucket="vault", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE",
                         ObjectLockRetainUntilDate=until)["VersionId"]
    wait_completed(s3, "k", bucket="vault")

    def lock_of(bucket):
        head = s3.head_object(Bucket=bucket, Key="k")
        return head["ObjectLockMode"], head["ObjectLockRetainUntilDate"], head.get("ObjectLockLegalHoldStatus")
    assert lock_of("archive") == ("GOVERNANCE", until, None)
    s3.put_object_legal_hold(Bucket="vault", Key="k", LegalHold={"Status": "ON"})
    wait_until(lambda: lock_of("archive")[2] == "ON", 30, "the legal hold")
    # A change of the tags takes neither off, and the hold that is taken off stays at the replica.
    later = until + datetime.timedelta(days=5)
    s3.put_object_retention(Bucket="archive", Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": later})
    s3.put_object_legal_hold(Bucket="vault", Key="k", LegalHold={"Status": "OFF"})
    s3.put_object_tagging(Bucket="vault", Key="k", Tagging={"TagSet": [{"Key": "new", "Value": "1"}]})
    wait_until(lambda: s3.get_object_tagging(Bucket="archive", Key="k")["TagSet"], 30, "the tags")
    wait_completed(s3, "k", bucket="vault")
    assert lock_of("archive") == ("GOVERNANCE", later, "ON")
    assert error_of(s3.delete_object, Bucket="archive", Key="k", VersionId=made,
                    BypassGovernanceRetention=True)[:2] == (403, "AccessDenied")


def test_small_replicas_do_not_wait_for_large_ones(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"],
                      environment={"ONPUT_STORAGE_REPLICATION_BYTES_PER_SECOND": "200000"})
    s3 = onput.s3
    make_buckets(onput, "source", "target")
    replicate(s3, rule())
    # Each takes 100 s.
    for i in range(3):
        s3.put_object(Bucket="source", Key=f"large{i}", Body=os.urandom(20_000_000))
    s3.put_object(Bucket="source", Key="row", Body=b"x")
    s3.put_object(Bucket="source", Key="segment", Body=os.urandom(9_000))
    wait_completed(s3, "row")
    wait_completed(s3, "segment")
    assert all(status_of(s3, f"large{i}") == "PENDING" for i in range(3))


def test_replicas_are_events_of_their_bucket_and_one_story(onput):
    s3 = onput.s3
    replicate(s3, rule())
    arn = make_queue(onput, "replicas")
    s3.put_bucket_notification_configuration(Bucket="target", NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    made = s3.put_object(Bucket="source", Key="told", Body=b"told")
    record = next(record for record in records(onput, "replicas") if record["s3"]["object"]["key"] == "told")
    assert record["eventName"] == "ObjectCreated:Put" and record["s3"]["bucket"]["name"] == "target"
    assert record["s3"]["object"]["versionId"] == made["VersionId"]
    story = onput.run("trace", "s3://source/told").stdout
    assert "target" in story and "ObjectCreated:Put" in story


def test_a_failure_and_a_late_replica_are_told(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"],
                      environment={"ONPUT_STORAGE_REPLICATION_THRESHOLD_MS": "1000",
                                   "ONPUT_STORAGE_REPLICATION_BYTES_PER_SECOND": "1000000"})
    s3 = onput.s3
    make_buckets(onput, "source", "target", "doomed")
    timed = {"ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
             "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}
    replicate(s3, rule(Destination=timed), rule("doomed", "d", 2, Filter={"Prefix": "doomed/"}, Destination=timed))
    arn = make_queue(onput, "told")
    s3.put_bucket_notification_configuration(Bucket="source", NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:Replication:*"]}]})
    s3.put_object(Bucket="source", Key="slow", Body=os.urandom(3_000_000))
    wait_completed(s3, "slow")
    s3.put_bucket_versioning(Bucket="doomed", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="source", Key="doomed/k", Body=b"x")
    wait_until(lambda: status_of(s3, "doomed/k") == "FAILED", 30)
    told = {}
    for record in records(onput, "told"):
        told[record["eventName"]] = record
        if len(told) == 3:
            break
    missed = told["Replication:OperationMissedThreshold"]["replicationEventData"]
    assert missed["threshold"] == "PT1S" and missed["s3Operation"] == "OBJECT_PUT"
    late = told["Replication:OperationReplicatedAfterThreshold"]["replicationEventData"]
    assert late["replicationTime"].startswith("PT") and late["destinationBucket"] == "arn:aws:s3:::target"
    failed = told["Replication:OperationFailedReplication"]
    assert failed["replicationEventData"]["failureReason"] == "DstBucketUnversioned"
    assert failed["s3"]["object"]["key"] == "doomed/k" and failed["eventVersion"] == "2.5"


def test_what_was_there_before_is_replicated_by_a_command(onput):
    s3 = onput.s3
    make_buckets(onput, "old", "new")
    for name in ("a/1", "a/2", "b"):
        s3.put_object(Bucket="old", Key=name, Body=name.encode())
    refused = onput.run("replicate", "old", expect=None)
    assert refused.returncode != 0 and "no replication configuration" in refused.stderr
    replicate(s3, rule("new"), bucket="old")
    counted = json.loads(onput.run("replicate", "old", "--prefix", "a/", "--dry-run", "-o", "json").stdout)
    assert counted["queued"] == 2 and counted["queued_bytes"] == 6
    assert status_of(s3, "a/1", bucket="old") is None
    assert "3 (7 bytes) are replicated from now on" in onput.run("replicate", "old").stdout
    for name in ("a/1", "a/2", "b"):
        wait_completed(s3, name, bucket="old")
        assert s3.get_object(Bucket="new", Key=name)["Body"].read() == name.encode()
    assert json.loads(onput.run("replicate", "old", "-o", "json").stdout)["queued"] == 0


def test_nothing_is_lost_when_storage_is_killed_meanwhile(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"])
    s3 = onput.s3
    make_buckets(onput, "source", "target")
    replicate(s3, rule())
    bodies = {}
    for i in range(60):
        body = os.urandom(400_000 if i % 3 == 0 else 300)
        wait_until(lambda: has_put(s3, f"k{i}", body), 30, "storage to be back")
        bodies[f"k{i}"] = body
        if i % 20 == 19:
            onput.kill("storage")
    for key, body in bodies.items():
        wait_until(lambda: status_if_up(s3, key) == "COMPLETED", 60, key)
        assert s3.get_object(Bucket="target", Key=key)["Body"].read() == body

    def versions(bucket):
        return {(version["Key"], version["VersionId"])
                for version in s3.list_object_versions(Bucket=bucket)["Versions"]}
    wait_until(lambda: versions("target") == versions("source"), 30, "all versions")
