"""Replication to the buckets of another S3: a second instance, over http and https, killed and dead in between."""
import hashlib
import json
import os
import random

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.tls import TlsProxy
from harness.topology import make_queue
from harness.waiting import wait_until
from test_replication import error_of, make_buckets, records, replicate, rule, status_of, wait_completed

PART = 5 * 1024 * 1024
ARGUMENTS = ["--no-pipeline", "--image", "0"]


def settings(url, buckets="backup*", key="test:test", **more):
    return {"ONPUT_STORAGE_REPLICATION_ENDPOINTS": f"{buckets}={url}",
            "ONPUT_REPLICATION_KEYS_SECRET": f"{buckets}={key}", **more}


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("there"), tts=0, arguments=ARGUMENTS) as instance:
        make_buckets(instance, "backup")
        yield instance


@pytest.fixture(scope="module")
def here(tmp_path_factory, there):
    with Onput(tmp_path_factory.mktemp("here"), tts=0, arguments=ARGUMENTS,
               environment=settings(there.url)) as instance:
        make_buckets(instance, "source")
        replicate(instance.s3, rule("backup", markers="Enabled"))
        yield instance


def bodies(s3, bucket="backup", prefix=""):
    """Digest of each key's current bytes."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key: hashlib.md5(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).digest() for key in keys}


def versions(s3, key, bucket="backup"):
    """Those of a key, the newest first, each as its ETag or "marker"; ids of versions grow."""
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
    found = [(v["VersionId"], v["ETag"]) for v in listed.get("Versions", []) if v["Key"] == key]
    found += [(v["VersionId"], "marker") for v in listed.get("DeleteMarkers", []) if v["Key"] == key]
    return [etag for _, etag in sorted(found, reverse=True)]


def test_objects_of_all_sizes_are_there_with_all_that_is_beside_their_bytes(here, there):
    s3 = here.s3
    for size in (0, 5, 100_001, 3_000_007):
        key, body = f"size/ä {size}+&", random.Random(size).randbytes(size)
        s3.put_object(Bucket="source", Key=key, Body=body, Metadata={"a": "b"}, Tagging="k=v%20w&l=",
                      CacheControl="no-store", ContentType="text/x", StorageClass="STANDARD_IA",
                      ChecksumAlgorithm="SHA256")
        wait_completed(s3, key)
        got = there.s3.get_object(Bucket="backup", Key=key, ChecksumMode="ENABLED")
        assert got["Body"].read() == body
        original = s3.head_object(Bucket="source", Key=key, ChecksumMode="ENABLED")
        for name in ("ETag", "CacheControl", "ContentType", "ChecksumSHA256", "StorageClass"):
            assert got[name] == original[name], name
        assert got["Metadata"].pop("onput-replica").split()[1] == "source" and got["Metadata"] == {"a": "b"}
        assert got["ReplicationStatus"] == "REPLICA"
        tags = there.s3.get_object_tagging(Bucket="backup", Key=key)["TagSet"]
        assert tags == s3.get_object_tagging(Bucket="source", Key=key)["TagSet"] and len(tags) == 2


def test_an_upload_in_parts_keeps_its_parts(here, there):
    s3 = here.s3
    parts = [random.Random(1).randbytes(PART), random.Random(2).randbytes(123_457)]
    for algorithm, kind in (("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT")):
        key = "parts/" + kind
        upload = s3.create_multipart_upload(Bucket="source", Key=key, ChecksumAlgorithm=algorithm, ChecksumType=kind,
                                            Metadata={"m": "n"})["UploadId"]
        done = []
        for number, body in enumerate(parts, 1):
            answer = s3.upload_part(Bucket="source", Key=key, UploadId=upload, PartNumber=number, Body=body,
                                    ChecksumAlgorithm=algorithm)
            done.append({"PartNumber": number, "ETag": answer["ETag"],
                         "Checksum" + algorithm: answer["Checksum" + algorithm]})
        s3.complete_multipart_upload(Bucket="source", Key=key, UploadId=upload, MultipartUpload={"Parts": done})
        wait_completed(s3, key)
        got = there.s3.get_object(Bucket="backup", Key=key, ChecksumMode="ENABLED")
        assert got["Body"].read() == b"".join(parts) and got["Metadata"]["m"] == "n"
        original = s3.head_object(Bucket="source", Key=key, ChecksumMode="ENABLED")
        for name in ("ETag", "ChecksumType", "Checksum" + algorithm):
            assert got[name] == original[name], name
    assert "Uploads" not in there.s3.list_multipart_uploads(Bucket="backup")


def test_markers_and_tags_follow_and_versions_come_in_order(here, there):
    s3 = here.s3
    first = s3.put_object(Bucket="source", Key="changed", Body=b"first")["VersionId"]
    wait_completed(s3, "changed")
    s3.put_object_tagging(Bucket="source", Key="changed", Tagging={"TagSet": [{"Key": "new", "Value": "1 + 1"}]})
    wait_until(lambda: there.s3.get_object_tagging(Bucket="backup", Key="changed")["TagSet"] ==
               [{"Key": "new", "Value": "1 + 1"}], 30)
    # Of an older version too, whose id is another one there.
    s3.put_object(Bucket="source", Key="changed", Body=b"second")
    wait_completed(s3, "changed")
    s3.put_object_tagging(Bucket="source", Key="changed", VersionId=first,
                          Tagging={"TagSet": [{"Key": "old", "Value": "2"}]})
    wait_completed(s3, "changed", VersionId=first)
    listed = there.s3.list_object_versions(Bucket="backup", Prefix="changed")["Versions"]
    oldest = next(v["VersionId"] for v in listed if not v["IsLatest"])
    assert there.s3.get_object_tagging(Bucket="backup", Key="changed", VersionId=oldest)["TagSet"] == [
        {"Key": "old", "Value": "2"}]
    assert there.s3.get_object_tagging(Bucket="backup", Key="changed")["TagSet"] == []
    s3.delete_object(Bucket="source", Key="changed")
    wait_until(lambda: versions(there.s3, "changed")[0] == "marker", 30)
    made = [s3.put_object(Bucket="source", Key="row", Body=b"%d" % i)["ETag"] for i in range(20)]
    wait_completed(s3, "row")
    assert versions(there.s3, "row") == made[::-1]


def test_a_bucket_of_no_endpoint_is_refused(here):
    s3 = here.s3
    answer = error_of(s3.put_bucket_replication, Bucket="source",
                      ReplicationConfiguration={"Role": "arn:aws:iam::000000000000:role/r", "Rules": [rule("elsewhere")]})
    assert answer == (400, "InvalidRequest", "Destination bucket must exist.")


def test_what_the_endpoint_refuses_has_failed_and_is_told(here, there):
    s3 = here.s3
    make_buckets(here, "refused")
    metrics = {"ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
               "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}
    replicate(s3, rule("backup-of-nothing", Destination=metrics), bucket="refused")
    arn = make_queue(here, "refusals")
    s3.put_bucket_notification_configuration(Bucket="refused", NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:Replication:*"]}]})
    s3.put_object(Bucket="refused", Key="k", Body=b"x")
    wait_until(lambda: status_of(s3, "k", bucket="refused") == "FAILED", 30)
    told = next(records(here, "refusals"))
    assert told["eventName"] == "Replication:OperationFailedReplication"
    assert told["replicationEventData"]["failureReason"] == "DstBucketNotFound"
    # Without versions, a marker would be a deletion.
    there.s3.create_bucket(Bucket="backup-plain")
    replicate(s3, rule("backup-plain", Destination=metrics), bucket="refused")
    s3.put_object(Bucket="refused", Key="l", Body=b"x")
    wait_until(lambda: status_of(s3, "l", bucket="refused") == "FAILED", 30)
    assert next(records(here, "refusals"))["replicationEventData"]["failureReason"] == "DstBucketUnversioned"
    # Then it may, and a command has it tried again.
    there.s3.put_bucket_versioning(Bucket="backup-plain", VersioningConfiguration={"Status": "Enabled"})
    here.run("replicate", "refused", "--failed")
    wait_until(lambda: status_of(s3, "l", bucket="refused") == "COMPLETED", 30)


def test_a_replica_is_not_sent_back(tmp_path):
    with Onput(tmp_path / "a", tts=0, arguments=ARGUMENTS) as first:
        with Onput(tmp_path / "b", tts=0, arguments=ARGUMENTS, environment=settings(first.url, "mine")) as second:
            make_buckets(first, "mine")
            make_buckets(second, "source", "yours")
            replicate(second.s3, rule("mine", markers="Enabled"))
            second.s3.put_object(Bucket="source", Key="k", Body=b"x")
            wait_completed(second.s3, "k")
            assert status_of(first.s3, "k", bucket="mine") == "REPLICA"
            # What is in metadata, which any client may send or copy, keeps nothing from being replicated.
            make_buckets(first, "copies")
            replicate(first.s3, rule("copies"), bucket="mine")
            marked = first.s3.head_object(Bucket="mine", Key="k")["Metadata"]
            assert "onput-replica" in marked
            first.s3.put_object(Bucket="mine", Key="put", Body=b"x", Metadata=marked)
            first.s3.copy_object(Bucket="mine", Key="copied", CopySource="mine/k")
            for key in ("put", "copied"):
                wait_until(lambda key=key: status_of(first.s3, key, bucket="mine") == "COMPLETED", 30)
            assert status_of(first.s3, "k", bucket="mine") == "REPLICA"


def test_https_goes_where_the_certificate_verifies(tmp_path, there):
    proxy = TlsProxy(tmp_path / "proxy").start(there.url)
    make_buckets(there, "backup-tls")
    try:
        with Onput(tmp_path / "wrong", tts=0, arguments=ARGUMENTS, environment=settings(proxy.url)) as stranger:
            make_buckets(stranger, "source")
            replicate(stranger.s3, rule("backup-tls"))
            stranger.s3.put_object(Bucket="source", Key="k", Body=b"x")
            wait_until(lambda: "certificate" in (stranger.data / "log/storage.log").read_text(), 30, "the refusal")
            assert status_of(stranger.s3, "k") == "PENDING" and bodies(there.s3, "backup-tls") == {}
        trust = settings(proxy.url, ONPUT_STORAGE_REPLICATION_CA_FILE=proxy.certificate[0])
        with Onput(tmp_path / "right", tts=0, arguments=ARGUMENTS, environment=trust) as here:
            make_buckets(here, "source")
            replicate(here.s3, rule("backup-tls"))
            body = os.urandom(100_000_000)
            here.s3.put_object(Bucket="source", Key="k", Body=body)
            wait_completed(here.s3, "k")
            assert bodies(there.s3, "backup-tls") == {"k": hashlib.md5(body).digest()}
            # It is never whole in memory.
            assert here.resident_bytes("storage") < 95_000_000
            assert "test:test" not in (here.data / "log/storage.log").read_text()
    finally:
        proxy.stop()


def test_a_dead_endpoint_delays_nobody_and_is_caught_up(tmp_path):
    with Onput(tmp_path / "there", tts=0, arguments=ARGUMENTS) as there:
        make_buckets(there, "backup")
        with Onput(tmp_path / "here", tts=0, arguments=ARGUMENTS,
                   environment=settings(there.url, ONPUT_STORAGE_REPLICATION_THRESHOLD_MS="1000")) as here:
            catch_up(here, there)


def endpoint_of(here):
    """What `onput status` says of the only endpoint."""
    return json.loads(here.run("status", "-o", "json").stdout)["replication_endpoints"][0]


def finding_of(here):
    """What `onput doctor` says of it."""
    findings = json.loads(here.run("doctor", "-o", "json", expect=None).stdout)
    return next(finding for finding in findings if finding["check"] == "replication to backup*")


def test_status_and_doctor_say_what_waits_for_an_endpoint(tmp_path):
    with Onput(tmp_path / "there", tts=0, arguments=ARGUMENTS) as there:
        make_buckets(there, "backup")
        with Onput(tmp_path / "here", tts=0, arguments=ARGUMENTS, environment=settings(there.url)) as here:
            assert finding_of(here)["detail"] == f"{there.url}: not asked yet"
            make_buckets(here, "source")
            replicate(here.s3, rule("backup"))
            here.s3.put_object(Bucket="source", Key="k", Body=b"x")
            wait_completed(here.s3, "k")
            assert (finding_of(here)["result"], finding_of(here)["detail"]) == ("ok", f"{there.url}: answers")
            assert f"s3://backup/k at {there.url}: COMPLETED" in here.run("trace", "s3://source/k").stdout
            url = there.url
            there.stop()
            here.s3.put_object(Bucket="source", Key="l", Body=b"xyz")
            wait_until(lambda: endpoint_of(here)["last_error"], 30, "the first failure")
            assert f"s3://backup/l at {url}: PENDING (tried " in here.run("trace", "s3://source/l").stdout
            shown = endpoint_of(here)
            assert (shown["buckets"], shown["url"], shown["pending_versions"], shown["pending_bytes"]) == (
                "backup*", url, 1, 3)
            found = finding_of(here)
            assert found["result"] == "warning"
            assert found["detail"].startswith(f"1 version (3 B) waits for {url}; backup: ")
            assert url in here.run("status").stdout and "backup: " in here.run("status").stdout


def catch_up(here, there):
    s3 = here.s3
    make_buckets(here, "source", "near")
    replicate(s3, rule("backup", markers="Enabled"), rule("near", "near", 2, markers="Enabled"))
    expected = {}
    chance = random.Random(7)
    for i in range(120):
        key = f"k{i % 40}"
        body = chance.randbytes(chance.choice([10, 1000, 20_000, 300_000]))
        # The two are killed where they are in the middle of it.
        for when, instance, service in ((30, there, "gateway"), (40, there, "storage"), (50, here, "storage"),
                                        (70, there, "gateway"), (80, there, "storage"), (100, here, "storage")):
            if i == when:
                instance.kill(service)
        wait_until(lambda: try_put(s3, key, body), 60)
        expected[key] = body
    s3.put_object(Bucket="source", Key="large", Body=os.urandom(30_000_000))
    for i in range(5):
        wait_until(lambda: try_delete(s3, f"k{i}"), 60)
        del expected[f"k{i}"]
    wait_until(lambda: is_same(here, there), 120, "all of it to be replicated")
    digests = {key: hashlib.md5(body).digest() for key, body in expected.items()}
    for client, bucket in ((there.s3, "backup"), (s3, "near")):
        found = bodies(client, bucket, "k")
        assert found == digests
    assert here.resident_bytes("storage") < 400 * 1024 * 1024


def try_put(s3, key, body):
    try:
        return s3.put_object(Bucket="source", Key=key, Body=body)
    except botocore.exceptions.ClientError:
        return None


def try_delete(s3, key):
    try:
        return s3.delete_object(Bucket="source", Key=key)
    except botocore.exceptions.ClientError:
        return None


def is_same(here, there):
    """Each version is there once, in the order of the source."""
    try:
        return all(versions(there.s3, key) == versions(here.s3, key, "source")
                   for key in ["large", *(f"k{i}" for i in range(40))])
    except botocore.exceptions.ClientError:
        return False
