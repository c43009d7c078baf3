"""Copies of objects and parts, checksums that nobody stated, and objects by their parts, as boto3 sees them."""
import base64
import hashlib
import os
import socket

import boto3
import boto3.s3.transfer
import botocore.exceptions
import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.wire import Signer, Wire, answer_without_storage, crc32_base64

MIB = 1024 * 1024
PART = 5 * MIB
PROGRAMS = {"aws_cli_v1": CLI_V1, "aws_cli_v2": CLI_V2}
BUCKET = "outbox"


@pytest.fixture(params=PROGRAMS)
def aws(request, onput):
    return AwsCli(PROGRAMS[request.param], onput)


@pytest.fixture(scope="module")
def source(onput):
    """An object of one PUT: its key and bytes."""
    body = os.urandom(3 * MIB + 1)
    onput.s3.put_object(Bucket=BUCKET, Key="from/ü +", Body=body, ContentType="text/x-source",
                        CacheControl="max-age=7", Metadata={"colour": "blue"})
    return "from/ü +", body


@pytest.fixture(scope="module")
def parted(onput):
    """An object of two parts: its key and the bytes of each."""
    parts = [os.urandom(PART), b"tail"]
    names = {"Bucket": BUCKET, "Key": "parted"}
    upload = names | {"UploadId": onput.s3.create_multipart_upload(
        **names, ChecksumAlgorithm="SHA256")["UploadId"]}
    done = [onput.s3.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
            for number, body in enumerate(parts, 1)]
    onput.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [
        {"PartNumber": number, "ETag": one["ETag"], "ChecksumSHA256": one["ChecksumSHA256"]}
        for number, one in enumerate(done, 1)]})
    return "parted", parts


def error_of(call, **arguments):
    """(status, code, message) of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    error = answer["Error"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error.get("Message")


def body_of(onput, key, **arguments):
    return onput.s3.get_object(Bucket=BUCKET, Key=key, **arguments)["Body"].read()


@pytest.mark.parametrize("size", [0, 5, 100_000, 2 * MIB])
def test_an_object_without_a_stated_checksum_has_one_of_ours(onput, size):
    body = os.urandom(size)
    put = Wire(onput).send("PUT", f"/{BUCKET}/plain", body)
    checksum = put.headers["x-amz-checksum-crc64nvme"]
    assert put.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    # boto3 asks for checksums unless it is told not to.
    s3 = onput.client("s3", response_checksum_validation="when_required")
    for call in (s3.get_object, s3.head_object):
        shown = call(Bucket=BUCKET, Key="plain", ChecksumMode="ENABLED")
        assert (shown["ChecksumCRC64NVME"], shown["ChecksumType"]) == (checksum, "FULL_OBJECT")
        assert "ChecksumCRC64NVME" not in call(Bucket=BUCKET, Key="plain")
    if size:
        whole = onput.s3.get_object(Bucket=BUCKET, Key="plain", ChecksumMode="ENABLED",
                                    Range=f"bytes=0-{size - 1}")
        assert whole["ChecksumCRC64NVME"] == checksum and whole["ResponseMetadata"]["HTTPStatusCode"] == 206
    if size > 1:
        part = onput.s3.get_object(Bucket=BUCKET, Key="plain", ChecksumMode="ENABLED", Range="bytes=1-")
        assert "ChecksumCRC64NVME" not in part and part["Body"].read() == body[1:]


def test_a_head_with_a_range_is_that_of_a_get(onput, source):
    key, body = source
    head = onput.s3.head_object(Bucket=BUCKET, Key=key, Range="bytes=2-9")
    assert head["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (head["ContentLength"], head["ContentRange"]) == (8, f"bytes 2-9/{len(body)}")
    status = error_of(onput.s3.head_object, Bucket=BUCKET, Key=key, Range=f"bytes={len(body)}-")[0]
    assert status == 416


def test_an_object_is_read_by_its_parts(onput, source, parted):
    key, parts = parted
    total = sum(map(len, parts))
    for number, first, body in [(1, 0, parts[0]), (2, PART, parts[1])]:
        for call in (onput.s3.get_object, onput.s3.head_object):
            part = call(Bucket=BUCKET, Key=key, PartNumber=number)
            assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
            assert part["PartsCount"] == 2 and part["ContentLength"] == len(body)
            assert part["ContentRange"] == f"bytes {first}-{first + len(body) - 1}/{total}"
        assert body_of(onput, key, PartNumber=number) == body
    assert error_of(onput.s3.get_object, Bucket=BUCKET, Key=key, PartNumber=3)[:2] == (
        416, "InvalidPartNumber")
    assert error_of(onput.s3.get_object, Bucket=BUCKET, Key=key, PartNumber=0)[:2] == (
        400, "InvalidArgument")
    status, code, text = error_of(onput.s3.get_object, Bucket=BUCKET, Key=key, PartNumber=1,
                                  Range="bytes=0-1")
    assert (status, code) == (400, "InvalidRequest")
    assert text == "Cannot specify both Range header and partNumber query parameter"
    plain = onput.s3.get_object(Bucket=BUCKET, Key=source[0], PartNumber=1)
    assert "PartsCount" not in plain and plain["Body"].read() == source[1]


def test_attributes_are_those_of_the_upload(onput, source, parted):
    everything = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    key, parts = parted
    found = onput.s3.get_object_attributes(Bucket=BUCKET, Key=key, ObjectAttributes=everything)
    assert found["ObjectSize"] == PART + 4 and found["StorageClass"] == "STANDARD"
    assert found["ETag"].endswith("-2") and found["LastModified"]
    digests = [hashlib.sha256(part).digest() for part in parts]
    whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode() + "-2"
    assert found["Checksum"] == {"ChecksumSHA256": whole, "ChecksumType": "COMPOSITE"}
    listed = found["ObjectParts"]
    assert listed["TotalPartsCount"] == 2 and not listed["IsTruncated"]
    assert listed["Parts"] == [
        {"PartNumber": number, "Size": len(part), "ChecksumSHA256": base64.b64encode(digest).decode()}
        for number, (part, digest) in enumerate(zip(parts, digests), 1)]
    page = onput.s3.get_object_attributes(Bucket=BUCKET, Key=key, ObjectAttributes=["ObjectParts"],
                                          MaxParts=1)["ObjectParts"]
    assert page["IsTruncated"] and page["NextPartNumberMarker"] == 1
    page = onput.s3.get_object_attributes(Bucket=BUCKET, Key=key, ObjectAttributes=["ObjectParts"],
                                          PartNumberMarker=1)["ObjectParts"]
    assert [part["PartNumber"] for part in page["Parts"]] == [2]
    plain = onput.s3.get_object_attributes(Bucket=BUCKET, Key=source[0], ObjectAttributes=everything)
    assert "ObjectParts" not in plain


def test_a_copy_has_the_traits_of_its_source_or_its_own(onput, source):
    key, body = source
    from_source = {"Bucket": BUCKET, "Key": key}
    copied = onput.s3.copy_object(Bucket=BUCKET, Key="kept", CopySource=from_source)
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert copied["CopyObjectResult"]["LastModified"].microsecond == 0
    kept = onput.s3.get_object(Bucket=BUCKET, Key="kept")
    assert kept["Body"].read() == body
    assert (kept["ContentType"], kept["CacheControl"], kept["Metadata"]) == (
        "text/x-source", "max-age=7", {"colour": "blue"})
    onput.s3.copy_object(Bucket=BUCKET, Key="replaced", CopySource=from_source,
                         MetadataDirective="REPLACE", Metadata={"shape": "round"},
                         ContentType="text/x-copy", ChecksumAlgorithm="SHA256")
    replaced = onput.s3.get_object(Bucket=BUCKET, Key="replaced", ChecksumMode="ENABLED")
    assert replaced["Body"].read() == body and "CacheControl" not in replaced
    assert (replaced["ContentType"], replaced["Metadata"]) == ("text/x-copy", {"shape": "round"})
    assert replaced["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()


def test_a_copy_of_an_upload_in_parts_is_one_piece(onput, parted):
    key, parts = parted
    copied = onput.s3.copy_object(Bucket=BUCKET, Key="whole", CopySource=f"/{BUCKET}/{key}")
    result = copied["CopyObjectResult"]
    body = b"".join(parts)
    assert result["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert result["ChecksumType"] == "FULL_OBJECT"
    assert result["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert body_of(onput, "whole") == body


def test_a_copy_onto_itself_must_change_something(onput):
    onput.s3.put_object(Bucket=BUCKET, Key="self", Body=b"me" * MIB, Metadata={"a": "1"})
    names = {"Bucket": BUCKET, "Key": "self", "CopySource": f"{BUCKET}/self"}
    assert error_of(onput.s3.copy_object, **names)[:2] == (400, "InvalidRequest")
    onput.s3.copy_object(**names, MetadataDirective="REPLACE", Metadata={"a": "2"})
    assert onput.s3.head_object(Bucket=BUCKET, Key="self")["Metadata"] == {"a": "2"}
    assert body_of(onput, "self") == b"me" * MIB


def test_a_source_that_cannot_be_copied_is_refused_and_nothing_is_made(onput, source):
    key, _ = source
    head = onput.s3.head_object(Bucket=BUCKET, Key=key)
    copy = {"Bucket": BUCKET, "Key": "never", "CopySource": {"Bucket": BUCKET, "Key": key}}
    for condition in ({"CopySourceIfMatch": "other"}, {"CopySourceIfNoneMatch": head["ETag"]},
                      {"CopySourceIfModifiedSince": head["LastModified"]},
                      {"CopySourceIfUnmodifiedSince": head["LastModified"].replace(year=2020)}):
        assert error_of(onput.s3.copy_object, **copy, **condition)[:2] == (412, "PreconditionFailed")
    assert error_of(onput.s3.copy_object, **(copy | {"CopySource": f"{BUCKET}/absent"}))[:2] == (
        404, "NoSuchKey")
    assert error_of(onput.s3.copy_object, **(copy | {"CopySource": "absent/absent"}))[:2] == (
        404, "NoSuchBucket")
    assert "never" not in onput.keys(BUCKET)
    onput.s3.copy_object(**copy, CopySourceIfMatch=head["ETag"],
                         CopySourceIfUnmodifiedSince=head["LastModified"].replace(year=2020))
    assert "never" in onput.keys(BUCKET)


def test_parts_are_copied_by_ranges(onput, source, parted):
    key, parts = parted
    names = {"Bucket": BUCKET, "Key": "joined"}
    upload = names | {"UploadId": onput.s3.create_multipart_upload(
        **names, ChecksumAlgorithm="CRC32C")["UploadId"]}
    copy = onput.s3.upload_part_copy
    from_parts = {"Bucket": BUCKET, "Key": key}
    for span in ("bytes=0", "bytes=5-1", "0-5"):
        assert error_of(copy, **upload, PartNumber=1, CopySource=from_parts,
                        CopySourceRange=span)[:2] == (400, "InvalidArgument")
    for span in (f"bytes=0-{PART + 4}", f"bytes={PART + 4}-{PART + 9}"):
        status, code, text = error_of(copy, **upload, PartNumber=1, CopySource=from_parts,
                                      CopySourceRange=span)
        assert (status, code) == (400, "InvalidArgument")
        assert text == f"Range specified is not valid for source object of size: {PART + 4}"
    done = [copy(**upload, PartNumber=1, CopySource=from_parts, CopySourceRange=f"bytes=2-{PART + 3}"),
            copy(**upload, PartNumber=2, CopySource={"Bucket": BUCKET, "Key": source[0]})]
    onput.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [
        {"PartNumber": number, "ETag": one["CopyPartResult"]["ETag"],
         "ChecksumCRC32C": one["CopyPartResult"]["ChecksumCRC32C"]}
        for number, one in enumerate(done, 1)]})
    assert body_of(onput, "joined") == b"".join(parts)[2:] + source[1]
    assert error_of(copy, **upload, PartNumber=1, CopySource=from_parts)[:2] == (404, "NoSuchUpload")


def test_boto3_copies_in_parts(onput, parted):
    key, parts = parted
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    onput.s3.copy({"Bucket": BUCKET, "Key": key}, BUCKET, "copied", Config=config)
    assert body_of(onput, "copied") == b"".join(parts)


def test_the_cli_copies_moves_and_syncs_large_files_within_s3(onput, aws, tmp_path, request):
    folder = request.node.name
    body = os.urandom(9 * MIB)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "large").write_bytes(body)
    (tmp_path / "tree" / "small").write_bytes(b"small")
    aws("s3", "sync", tmp_path / "tree", f"s3://{BUCKET}/{folder}/a")
    aws("s3", "cp", "--recursive", f"s3://{BUCKET}/{folder}/a", f"s3://{BUCKET}/{folder}/b")
    aws("s3", "mv", f"s3://{BUCKET}/{folder}/b/large", f"s3://{BUCKET}/{folder}/c/large")
    assert onput.keys(BUCKET, folder) == [
        f"{folder}/{name}" for name in ("a/large", "a/small", "b/small", "c/large")]
    aws("s3", "sync", f"s3://{BUCKET}/{folder}/c", tmp_path / "back")
    assert (tmp_path / "back" / "large").read_bytes() == body


def late_answer(onput, key, bucket):
    """The answer to a copy that storage leaves alone for longer than a client is left without a byte."""
    head = Wire(onput).head_bytes("PUT", f"/{bucket}/late", 0, {"x-amz-copy-source": f"{BUCKET}/{key}"})
    return answer_without_storage(onput, head)


def test_a_copy_that_takes_long_is_answered_before_its_end(onput, parted):
    late = late_answer(onput, parted[0], BUCKET)
    assert (late.status, late.headers["transfer-encoding"]) == (200, "chunked")
    assert late.body.count(b"<?xml") == 1 and late.body.startswith(b"<?xml")
    assert b"<CopyObjectResult" in late.body
    assert body_of(onput, "late") == b"".join(parted[1])


def test_an_end_that_comes_late_may_be_an_error(onput):
    # So small that it is read before the destination is asked for.
    onput.s3.put_object(Bucket=BUCKET, Key="small", Body=b"small")
    late = late_answer(onput, "small", "absent-bucket")
    assert (late.status, late.headers["transfer-encoding"]) == (200, "chunked")
    assert late.body.startswith(b"<?xml") and b"<Error><Code>NoSuchBucket</Code>" in late.body


def test_a_copy_and_an_upload_in_parts_are_events_of_their_own(onput, source, parted):
    onput.s3.copy_object(Bucket=BUCKET, Key="told", CopySource={"Bucket": BUCKET, "Key": source[0]})
    told = onput.run("trace", "--wait", "60", f"s3://{BUCKET}/told").stdout
    assert "ObjectCreated:Copy" in told
    told = onput.run("trace", "--wait", "60", f"s3://{BUCKET}/{parted[0]}").stdout
    assert "ObjectCreated:CompleteMultipartUpload" in told


def test_a_source_may_lie_in_another_region_than_what_is_written(onput):
    s3 = onput.s3
    s3.create_bucket(Bucket="copies-west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    west = boto3.client("s3", endpoint_url=onput.url, region_name="eu-west-1", aws_access_key_id="test",
                        aws_secret_access_key="test")
    west.put_object(Bucket="copies-west", Key="k", Body=b"far", Tagging="a=b")
    s3.copy_object(Bucket=BUCKET, Key="from-west", CopySource="copies-west/k")
    assert s3.get_object(Bucket=BUCKET, Key="from-west")["Body"].read() == b"far"
    assert s3.get_object_tagging(Bucket=BUCKET, Key="from-west")["TagSet"] == [{"Key": "a", "Value": "b"}]
    west.copy_object(Bucket="copies-west", Key="back", CopySource=f"{BUCKET}/from-west")
    names = {"Bucket": "copies-west", "Key": "part"}
    upload = names | {"UploadId": west.create_multipart_upload(**names)["UploadId"]}
    part = west.upload_part_copy(**upload, PartNumber=1, CopySource=f"{BUCKET}/from-west")["CopyPartResult"]
    west.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert west.get_object(**names)["Body"].read() == b"far"


def test_attributes_are_a_list_however_many_lines_it_takes(onput):
    """As the Java and Go SDKs send it: a header for each."""
    onput.s3.put_object(Bucket=BUCKET, Key="attributes", Body=b"x")
    signer = Signer()
    wire = Wire(onput)
    headers = signer.sign("GET", f"/{BUCKET}/attributes?attributes",
                          {"host": wire.host, "x-amz-object-attributes": "ETag,ObjectSize"},
                          hashlib.sha256(b"").hexdigest())
    del headers["x-amz-object-attributes"]
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["x-amz-object-attributes: ETag", "x-amz-object-attributes: ObjectSize"]
    head = "\r\n".join([f"GET /{BUCKET}/attributes?attributes HTTP/1.1", *lines, "connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", wire.port)) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200") and b"<ObjectSize>1</ObjectSize>" in answer and b"<ETag>" in answer
    bare = wire.send("GET", f"/{BUCKET}/attributes?attributes")
    assert (bare.status, bare.error_code) == (400, "InvalidRequest")


@pytest.mark.parametrize("announced, code", [("SHA1", "BadDigest"), ("FOO", "InvalidRequest"), ("CRC32", None),
                                             ("crc32", None)])
def test_a_checksum_is_of_the_kind_that_its_sender_announced(onput, announced, code):
    answer = Wire(onput).send("PUT", f"/{BUCKET}/announced", b"x", {
        "x-amz-sdk-checksum-algorithm": announced, "x-amz-checksum-crc32": crc32_base64(b"x")})
    assert answer.error_code == (code or "")
    assert (answer.status == 200) == (code is None)


def test_a_completion_of_other_parts_is_not_answered_for_the_first(onput):
    names = {"Bucket": BUCKET, "Key": "completed-twice"}
    upload = names | {"UploadId": onput.s3.create_multipart_upload(**names)["UploadId"]}
    etag = onput.s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    first = onput.s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert onput.s3.complete_multipart_upload(**upload, MultipartUpload=parts)["ETag"] == first["ETag"]
    parts["Parts"][0]["ETag"] = "0" * 32
    with pytest.raises(botocore.exceptions.ClientError, match="NoSuchUpload"):
        onput.s3.complete_multipart_upload(**upload, MultipartUpload=parts)


def test_a_range_may_end_behind_every_possible_byte(onput):
    onput.s3.put_object(Bucket=BUCKET, Key="ranged", Body=b"0123456789")
    answer = Wire(onput).send("GET", f"/{BUCKET}/ranged", headers={"range": f"bytes=4-{2**64 + 5}"})
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, b"456789", "bytes 4-9/10")
