"""boto3 as programs use it: http and https, its own checksums, transfers of streams, the resource API."""
import hashlib
import io
import os
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest
from boto3.s3.transfer import TransferConfig

from harness.recorder import Recorder
from harness.tls import TlsProxy, trusting

MIB = 1024 * 1024
IN_PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)


@pytest.fixture(params=["http", "https"])
def wire(request, onput, tmp_path):
    with Recorder(onput) as recorder:
        recorder.certificate = None
        if request.param == "http":
            yield recorder
            return
        proxy = TlsProxy(tmp_path / "tls").start(recorder.url)
        recorder.certificate, recorder.url, recorder.host = proxy.certificate, proxy.url, f"localhost:{proxy.port}"
        try:
            yield recorder
        finally:
            proxy.stop()


def session_words(wire):
    return {"service_name": "s3", "endpoint_url": wire.url, "region_name": "us-east-1", "aws_access_key_id": "test",
            "aws_secret_access_key": "test", "verify": wire.certificate[0] if wire.certificate else None,
            "config": botocore.config.Config(s3={"addressing_style": "path"})}


@pytest.fixture
def s3(wire):
    return boto3.session.Session().client(**session_words(wire))


@pytest.fixture
def resource(wire):
    return boto3.session.Session().resource(**session_words(wire))


@pytest.fixture
def bucket(request, onput):
    name = "b" + hashlib.sha1(request.node.name.encode()).hexdigest()[:16]
    onput.s3.create_bucket(Bucket=name)
    return name


class Pipe(io.RawIOBase):
    """A stream that cannot seek and does not know its length."""

    def __init__(self, data):
        self.inner = io.BytesIO(data)

    def readable(self):
        return True

    def read(self, size=-1):
        return self.inner.read(size)


def fetch(wire, url):
    context = trusting(wire.certificate[0]) if wire.certificate else None
    return urllib.request.urlopen(url, timeout=20, context=context).read()


def test_an_object_has_the_checksum_that_the_sdk_sent_by_itself(wire, s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="a/b c+ü.txt", Body=b"hello")
    assert put["ChecksumCRC32"] and put["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(Bucket=bucket, Key="a/b c+ü.txt")
    assert got["Body"].read() == b"hello" and got["ChecksumCRC32"] == put["ChecksumCRC32"]
    sent = [each for each in wire.expect_no_retries() if each.method == "PUT"]
    trailer = sent[0].headers.get("x-amz-trailer")
    assert trailer == "x-amz-checksum-crc32" or "x-amz-checksum-crc32" in sent[0].headers


@pytest.mark.parametrize("size", [0, 1, 3 * MIB, 17 * MIB + 3], ids=["none", "one", "small", "parts"])
def test_a_stream_of_unknown_length_goes_up_and_comes_back(wire, s3, bucket, size):
    data = os.urandom(size)
    s3.upload_fileobj(Pipe(data), bucket, "stream", Config=IN_PARTS,
                      ExtraArgs={"Metadata": {"kind": "stream"}, "ContentType": "application/x-thing"})
    back = io.BytesIO()
    s3.download_fileobj(bucket, "stream", back, Config=IN_PARTS)
    assert back.getvalue() == data
    head = s3.head_object(Bucket=bucket, Key="stream")
    assert head["Metadata"] == {"kind": "stream"} and head["ContentType"] == "application/x-thing"
    wire.expect_no_retries()
    assert wire.count("POST") == (2 if size > 5 * MIB else 0)


def test_a_large_file_is_copied_on_the_server_in_parts(wire, s3, bucket, tmp_path):
    (tmp_path / "in").write_bytes(os.urandom(12 * MIB))
    s3.upload_file(str(tmp_path / "in"), bucket, "in", Config=IN_PARTS)
    s3.copy({"Bucket": bucket, "Key": "in"}, bucket, "out", Config=IN_PARTS)
    s3.download_file(bucket, "out", str(tmp_path / "out"), Config=IN_PARTS)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "in").read_bytes()
    wire.expect_no_retries()


def test_urls_that_the_sdk_presigned_are_put_to_and_read(wire, s3, bucket):
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p", "ContentType": "text/x"})
    request = urllib.request.Request(url, data=b"by url", method="PUT", headers={"Content-Type": "text/x"})
    context = trusting(wire.certificate[0]) if wire.certificate else None
    assert urllib.request.urlopen(request, timeout=20, context=context).status == 200
    assert fetch(wire, s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p"})) == b"by url"
    wire.expect_no_retries()


def test_the_resource_api_fills_lists_and_empties_a_bucket(wire, resource, onput, tmp_path):
    bucket = resource.create_bucket(Bucket=f"resource-{wire.port}")
    bucket.wait_until_exists()
    assert bucket.name in [each.name for each in resource.buckets.all()]
    for number in range(25):
        bucket.put_object(Key=f"n/{number:02}", Body=str(number).encode())
    listed = [each.key for each in bucket.objects.filter(Prefix="n/").page_size(10)]
    assert listed == [f"n/{number:02}" for number in range(25)]
    copy = resource.Object(bucket.name, "copy")
    copy.copy_from(CopySource={"Bucket": bucket.name, "Key": "n/07"})
    assert copy.get()["Body"].read() == b"7" and copy.content_length == 1
    upload = resource.Object(bucket.name, "parts").initiate_multipart_upload()
    part = upload.Part(1).upload(Body=b"last part")
    upload.complete(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert resource.Object(bucket.name, "parts").e_tag.endswith('-1"')
    bucket.Versioning().enable()
    bucket.put_object(Key="copy", Body=b"newer")
    copy.delete()
    assert [each.is_latest for each in bucket.object_versions.filter(Prefix="copy")].count(True) == 1
    bucket.object_versions.delete()
    bucket.delete()
    bucket.wait_until_not_exists()
    wire.expect_no_retries()


def test_answers_of_an_absent_object_are_the_sdks_exceptions(wire, s3, bucket):
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="absent")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="absent-bucket-of-nobody")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        s3.head_object(Bucket=bucket, Key="absent")
    assert caught.value.response["Error"]["Code"] == "404"
    wire.expect_no_retries()
