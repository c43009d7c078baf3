"""Archived objects as boto3 sees them: where their bytes are, what is refused, and how they come back."""
import datetime
import json
import os
import random
import re
import shutil
import subprocess

import botocore.exceptions
import pytest

from harness.instance import BIN, clean_environment
from harness.topology import make_queue
from harness.waiting import wait_until

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
QUICK = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1", "ONPUT_STORAGE_RESTORE_STANDARD_MS": "500",
         "ONPUT_STORAGE_RESTORE_BULK_MS": "600000"}
TEXT = b"onput keeps this text for a long while. " * 50_000


def error_of(call, **arguments):
    """(status, error) that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]


def status_of(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def cold_bytes(onput):
    """Of objects: what the directory says of itself does not count."""
    folder = onput.data / "storage" / "cold"
    return sum(entry.stat().st_blocks * 512 for kept in ("blobs", "segments") for entry in (folder / kept).rglob("*")
               if entry.is_file())


def wait_archived(onput, bytes_min):
    """All that is archived has this size at least, compressed."""
    wait_until(lambda: cold_bytes(onput) >= bytes_min, 60, "bytes in the cold directory")


def wait_restored(onput, key):
    return wait_until(lambda: 'ongoing-request="false"' in onput.s3.head_object(
        Bucket="cold", Key=key).get("Restore", "") and onput.s3.get_object(Bucket="cold", Key=key), 60,
                      f"{key} to be restored")


@pytest.fixture
def archive(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"], environment=QUICK)
    onput.s3.create_bucket(Bucket="cold")
    return onput


def refusal_of(onput, tmp_path):
    """What the storage service says that does not start."""
    done = subprocess.run([BIN / "onput-storage", "--data", onput.data / "storage", "--endpoints", f"ipc://{tmp_path}/s",
                           "--notifier-endpoint", f"ipc://{tmp_path}/n"],
                          capture_output=True, text=True, timeout=60, env=clean_environment())
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_the_cold_directory_of_another_store_or_none_refuses_the_start(archive, tmp_path):
    archive.s3.put_object(Bucket="cold", Key="k", Body=TEXT, StorageClass="GLACIER")
    wait_archived(archive, 1)
    archive.stop()
    archive.start()  # The second start names the directory's owner.
    archive.stop()
    cold, apart = archive.data / "storage/cold", tmp_path / "apart"
    owner = (cold / "owner").read_text()
    assert owner.startswith("store ")
    cold.rename(apart)
    assert "it is empty, and objects have bytes in it: mount it, restore it" in refusal_of(archive, tmp_path)
    shutil.rmtree(cold)
    apart.rename(cold)
    (cold / "owner").write_text("store 1\n")
    assert "it has the bytes of another store" in refusal_of(archive, tmp_path)
    (cold / "owner").write_text(owner)
    archive.start()
    archive.s3.restore_object(Bucket="cold", Key="k", RestoreRequest={"Days": 1})
    assert wait_restored(archive, "k")["Body"].read() == TEXT


def listed_status(s3, key):
    """RestoreStatus of the key as all three lists have it; nothing unless it is asked for."""
    asked = {"Bucket": "cold", "Prefix": key, "OptionalObjectAttributes": ["RestoreStatus"]}
    lists = [s3.list_objects(**asked)["Contents"], s3.list_objects_v2(**asked)["Contents"],
             s3.list_object_versions(**asked)["Versions"]]
    assert "RestoreStatus" not in s3.list_objects_v2(Bucket="cold", Prefix=key)["Contents"][0]
    statuses = [entries[0].get("RestoreStatus") for entries in lists]
    assert statuses == [statuses[0]] * 3
    return statuses[0]


def test_an_archived_object_is_refused_until_it_is_restored(archive):
    s3 = archive.s3
    s3.put_object(Bucket="cold", Key="k", Body=TEXT, StorageClass="GLACIER")
    wait_archived(archive, 1)
    status, error = error_of(s3.get_object, Bucket="cold", Key="k")
    assert (status, error["Code"], error["StorageClass"]) == (403, "InvalidObjectState", "GLACIER")
    assert error_of(s3.copy_object, Bucket="cold", Key="l", CopySource="cold/k")[1]["Code"] == "InvalidObjectState"
    head = s3.head_object(Bucket="cold", Key="k")
    assert head["StorageClass"] == "GLACIER" and head["ContentLength"] == len(TEXT) and "Restore" not in head

    assert listed_status(s3, "k") == {"IsRestoreInProgress": False}
    request = {"Days": 2, "GlacierJobParameters": {"Tier": "Standard"}}
    assert status_of(s3.restore_object(Bucket="cold", Key="k", RestoreRequest=request)) == 202
    got = wait_restored(archive, "k")
    assert got["Body"].read() == TEXT
    midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    end = (midnight + datetime.timedelta(days=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert got["Restore"] == f'ongoing-request="false", expiry-date="{end}"'
    assert listed_status(s3, "k") == {"IsRestoreInProgress": False,
                                      "RestoreExpiryDate": midnight + datetime.timedelta(days=3)}
    # One story: the upload, that it was asked for, and that it came.
    story = archive.run("trace", "s3://cold/k").stdout
    assert re.search(r"Put.*ObjectRestore:Post.*ObjectRestore:Completed", story, re.DOTALL), story
    s3.put_object(Bucket="cold", Key="warm", Body=b"x")
    assert listed_status(s3, "warm") is None
    status, error = error_of(s3.list_objects, Bucket="cold", OptionalObjectAttributes=["Weather"])
    assert (status, error["Code"]) == (400, "InvalidArgument")
    assert status_of(s3.restore_object(Bucket="cold", Key="k", RestoreRequest={"Days": 9})) == 200
    assert s3.get_object(Bucket="cold", Key="k", Range="bytes=6-10")["Body"].read() == b"keeps"
    s3.copy_object(Bucket="cold", Key="l", CopySource="cold/k")
    assert s3.get_object(Bucket="cold", Key="l")["Body"].read() == TEXT


def test_a_second_restore_meanwhile_and_what_cannot_be_restored_are_refused(archive):
    s3 = archive.s3
    s3.put_object(Bucket="cold", Key="k", Body=b"x", StorageClass="DEEP_ARCHIVE")
    s3.put_object(Bucket="cold", Key="warm", Body=b"x", StorageClass="GLACIER_IR")
    bulk = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
    assert status_of(s3.restore_object(Bucket="cold", Key="k", RestoreRequest=bulk)) == 202
    assert s3.head_object(Bucket="cold", Key="k")["Restore"] == 'ongoing-request="true"'
    status, error = error_of(s3.restore_object, Bucket="cold", Key="k", RestoreRequest=bulk)
    assert (status, error["Code"]) == (409, "RestoreAlreadyInProgress")
    for request, key, expected in [
            ({"Days": 1}, "warm", (403, "InvalidObjectState")), ({"Days": 0}, "k", (400, "InvalidArgument")),
            ({"Type": "SELECT"}, "k", (501, "NotImplemented")), ({"Days": 1}, "none", (404, "NoSuchKey"))]:
        status, error = error_of(s3.restore_object, Bucket="cold", Key=key, RestoreRequest=request)
        assert (status, error["Code"]) == expected, request
    assert s3.get_object(Bucket="cold", Key="warm")["Body"].read() == b"x"


def test_a_transition_moves_objects_of_every_size_and_they_come_back_after_kills(archive):
    s3 = archive.s3
    bodies = {"small": b"s" * 300, "middle": random.Random(1).randbytes(200_000), "large": os.urandom(3_000_000)}
    for key, body in bodies.items():
        s3.put_object(Bucket="cold", Key=key, Body=body)
    upload = s3.create_multipart_upload(Bucket="cold", Key="parts")["UploadId"]
    parts = [b"1" * 5 * 1024 * 1024, random.Random(2).randbytes(70_000)]
    sent = [{"PartNumber": number, "ETag": s3.upload_part(
        Bucket="cold", Key="parts", UploadId=upload, PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)]
    s3.complete_multipart_upload(Bucket="cold", Key="parts", UploadId=upload, MultipartUpload={"Parts": sent})
    bodies["parts"] = b"".join(parts)
    arn = make_queue(archive, "moves")
    s3.put_bucket_notification_configuration(Bucket="cold", NotificationConfiguration={"QueueConfigurations": [
        {"Id": "e", "QueueArn": arn, "Events": ["s3:LifecycleTransition", "s3:ObjectRestore:*"]}]})
    archive.receive("moves")  # The test event.
    s3.put_bucket_lifecycle_configuration(
        Bucket="cold", TransitionDefaultMinimumObjectSize="varies_by_storage_class",
        LifecycleConfiguration={"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {},
                                           "Transitions": [{"Date": PAST, "StorageClass": "GLACIER"}]}]})
    moved = {}
    for _ in bodies:
        record = json.loads(archive.receive("moves", deadline_s=60)["Body"])["Records"][0]
        assert record["eventName"] == "LifecycleTransition"
        moved[record["s3"]["object"]["key"]] = record["lifecycleEventData"]
    assert moved == dict.fromkeys(bodies, {"transitionEventData": {"destinationStorageClass": "GLACIER"}})
    archive.kill("storage")
    wait_archived(archive, 3_000_000)
    for key in bodies:
        wait_until(lambda key=key: status_of(s3.restore_object(
            Bucket="cold", Key=key, RestoreRequest={"Days": 1})) == 202, 60, "the restore is taken")
    archive.kill("storage")
    for key, body in bodies.items():
        assert wait_restored(archive, key)["Body"].read() == body, key
    part = s3.get_object(Bucket="cold", Key="parts", PartNumber=2)
    assert part["Body"].read() == parts[1]
    names = {}
    for _ in range(2 * len(bodies)):
        record = json.loads(archive.receive("moves", deadline_s=60)["Body"])["Records"][0]
        names.setdefault(record["s3"]["object"]["key"], []).append(record["eventName"])
        if record["eventName"] == "ObjectRestore:Completed":
            data = record["glacierEventData"]["restoreEventData"]
            assert data["lifecycleRestoreStorageClass"] == "GLACIER"
            assert data["lifecycleRestorationExpiryTime"].endswith("T00:00:00.000Z")
    assert names == dict.fromkeys(bodies, ["ObjectRestore:Post", "ObjectRestore:Completed"])
    story = archive.run("trace", "s3://cold/small").stdout
    assert "ObjectRestore:Completed" in story, story
    for key in bodies:
        s3.delete_object(Bucket="cold", Key=key)
    wait_until(lambda: cold_bytes(archive) < 100_000, 60, "the cold bytes to go")
