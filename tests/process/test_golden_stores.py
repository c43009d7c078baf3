"""Stores that earlier releases wrote: everything in them is there, and goes on as a new one would."""
import pathlib
import subprocess

import botocore.exceptions
import pytest

from harness.instance import Onput, run_onput

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
def old_store(tmp_path):
    onput = Onput(tmp_path / "onput", tts=0, arguments=["--no-pipeline", "--image", "0"])
    onput.data.mkdir(parents=True)
    subprocess.run(["tar", "--sparse", "-xf", STORES / "layout-0.tar.xz", "-C", onput.data], check=True)
    yield onput.start()
    onput.stop()


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
