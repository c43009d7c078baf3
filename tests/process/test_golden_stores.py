"""Stores that earlier releases wrote: everything in them is there, and goes on as a new one would."""
import pathlib
import subprocess

import botocore.exceptions
import pytest

from harness.instance import Onput, run_onput
from harness.waiting import wait_until

STORES = pathlib.Path(__file__).parents[1] / "golden" / "stores"

LAYOUT_0 = {
    "empty": b"",
    "inline.txt": b"inline " * 100,
    "folder/segment.bin": bytes(range(256)) * 100,
    "folder/file.bin": b"\0" * 1_500_000,
    "tiếng Việt/ä+b c": b"name",
    "overwritten": b"z" * 20_001,
}


@pytest.fixture
def open_store(tmp_path):
    """Opens a store of that layout."""
    opened = []

    def start(layout):
        onput = Onput(tmp_path / "onput", tts=0, arguments=["--no-pipeline", "--image", "0"])
        onput.data.mkdir(parents=True)
        subprocess.run(["tar", "--sparse", "-xf", STORES / f"layout-{layout}.tar.xz", "-C", onput.data], check=True)
        opened.append(onput)
        return onput.start()
    yield start
    for onput in opened:
        onput.stop()


@pytest.fixture
def old_store(open_store):
    return open_store(0)


def test_a_store_without_versions_opens_with_all_its_objects(old_store):
    s3 = old_store.s3
    listed = {item["Key"]: item["Size"] for item in s3.list_objects_v2(Bucket="golden")["Contents"]}
    assert listed == {key: len(body) for key, body in LAYOUT_0.items()}
    for key, body in LAYOUT_0.items():
        got = s3.get_object(Bucket="golden", Key=key)
        assert got["Body"].read() == body, key
        assert "VersionId" not in got
    inline = s3.head_object(Bucket="golden", Key="inline.txt", ChecksumMode="ENABLED")
    assert inline["Metadata"] == {"author": "golden"}
    assert inline["CacheControl"] == "max-age=60"
    assert inline["ContentType"] == "text/plain"
    assert inline["ChecksumSHA256"]
    with pytest.raises(botocore.exceptions.ClientError):
        s3.head_object(Bucket="golden", Key="gone")


def test_its_objects_are_overwritten_and_deleted_as_new_ones(old_store):
    s3 = old_store.s3
    s3.put_object(Bucket="golden", Key="folder/file.bin", Body=b"small now")
    s3.put_object(Bucket="golden", Key="inline.txt", Body=b"L" * 2_000_000)
    s3.delete_object(Bucket="golden", Key="folder/segment.bin")
    old_store.stop()
    found = run_onput("--data", old_store.data, "fsck").stdout
    assert "sound" in found or "whole" in found, found
    old_store.start()
    s3 = old_store.s3
    assert s3.get_object(Bucket="golden", Key="folder/file.bin")["Body"].read() == b"small now"
    assert s3.get_object(Bucket="golden", Key="inline.txt")["Body"].read() == b"L" * 2_000_000
    assert s3.get_object(Bucket="golden", Key="overwritten")["Body"].read() == LAYOUT_0["overwritten"]
    with pytest.raises(botocore.exceptions.ClientError):
        s3.head_object(Bucket="golden", Key="folder/segment.bin")


def check_versions(s3):
    listed = s3.list_object_versions(Bucket="golden")
    assert [(entry["Key"], entry["Size"]) for entry in listed["Versions"]] == [
        ("held", 4), ("marked", 14), ("versions", 20_001), ("versions", 3)]
    assert [entry["Key"] for entry in listed["DeleteMarkers"]] == ["marked"]
    for entry, body in zip(listed["Versions"], (b"held", b"under a marker", b"2" * 20_001, b"one")):
        assert s3.get_object(Bucket="golden", Key=entry["Key"], VersionId=entry["VersionId"])["Body"].read() == body
    held = s3.head_object(Bucket="golden", Key="held")
    assert held["ObjectLockLegalHoldStatus"] == "ON" and held["StorageClass"] == "STANDARD_IA"
    assert s3.get_object(Bucket="plain", Key="parts", PartNumber=2)["Body"].read() == b"b" * 1000
    assert s3.get_bucket_tagging(Bucket="plain")["TagSet"] == [{"Key": "k", "Value": "v"}]


def test_a_store_of_versions_and_uploads_in_parts_opens_with_all_of_them(open_store):
    s3 = open_store(1).s3
    check_versions(s3)
    # What is new works on what is old.
    s3.put_bucket_lifecycle_configuration(Bucket="plain", LifecycleConfiguration={"Rules": [
        {"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 100_000}}]})
    assert 'rule-id="r"' in s3.head_object(Bucket="plain", Key="parts")["Expiration"]


def test_a_store_with_a_cold_directory_opens_with_what_is_archived_and_restored(open_store):
    onput = open_store(2)
    s3 = onput.s3
    check_versions(s3)
    assert s3.get_object(Bucket="plain", Key="restored")["Body"].read() == b"restored " * 1000
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        s3.get_object(Bucket="plain", Key="archived")
    assert refused.value.response["Error"]["Code"] == "InvalidObjectState"
    s3.restore_object(Bucket="plain", Key="archived", RestoreRequest={
        "Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}})
    wait_until(lambda: 'ongoing-request="false"' in s3.head_object(Bucket="plain", Key="archived")["Restore"], 60,
               "the archived object to be restored")
    assert s3.get_object(Bucket="plain", Key="archived")["Body"].read() == b"archived " * 1000
    rules = s3.get_bucket_lifecycle_configuration(Bucket="plain")["Rules"]
    assert rules == [{"ID": "later", "Status": "Enabled", "Filter": {"Prefix": "parts"},
                      "Expiration": {"Days": 100_000}}]
