"""Multipart uploads as SDKs and the CLI make them, and each of their errors."""
import base64
import hashlib
import os
import socket
import urllib.request
import zlib

import boto3.s3.transfer
import botocore.exceptions
import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.wire import Wire, answer_without_storage, read_answer

MIB = 1024 * 1024
PART = 5 * MIB
PROGRAMS = {"aws_cli_v1": CLI_V1, "aws_cli_v2": CLI_V2}
BUCKET = "outbox"


@pytest.fixture(params=PROGRAMS)
def aws(request, onput):
    return AwsCli(PROGRAMS[request.param], onput)


@pytest.fixture
def key(request):
    """A key of this test's own, which encoding changes."""
    return request.node.name + "/ü +%.bin"


def error_of(call, **arguments):
    """Status and document of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]


class Upload:
    """One upload of a key, by single requests."""

    def __init__(self, onput, key, **arguments):
        self.s3 = onput.s3
        self.names = {"Bucket": BUCKET, "Key": key}
        self.created = self.s3.create_multipart_upload(**self.names, **arguments)
        self.names["UploadId"] = self.created["UploadId"]
        self.parts = []

    def put(self, number, body, **arguments):
        answer = self.s3.upload_part(**self.names, PartNumber=number, Body=body, **arguments)
        part = {"PartNumber": number, "ETag": answer["ETag"]}
        part |= {name: answer[name] for name in answer
                 if name.startswith("Checksum") and name != "ChecksumType"}
        self.parts.append(part)
        return answer

    def complete(self, parts=None, **arguments):
        listed = self.parts if parts is None else parts
        return self.s3.complete_multipart_upload(**self.names, MultipartUpload={"Parts": listed},
                                                 **arguments)

    def abort(self):
        return self.s3.abort_multipart_upload(**self.names)

    def is_there(self):
        uploads = self.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=self.names["Key"])
        return any(one["UploadId"] == self.names["UploadId"] for one in uploads.get("Uploads", []))


def etag_of(*parts):
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    return f'"{digest}-{len(parts)}"'


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def test_the_cli_copies_a_large_file_up_and_down(onput, aws, tmp_path, key):
    body = os.urandom(20 * MIB)
    (tmp_path / "up").write_bytes(body)
    aws("s3", "cp", tmp_path / "up", f"s3://{BUCKET}/{key}")
    assert onput.s3.head_object(Bucket=BUCKET, Key=key)["ETag"].endswith('-3"')
    aws("s3", "cp", f"s3://{BUCKET}/{key}", tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == body


def test_boto3_uploads_and_downloads_a_file_in_parts(onput, tmp_path, key):
    body = os.urandom(3 * PART + 1)
    (tmp_path / "up").write_bytes(body)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    onput.s3.upload_file(str(tmp_path / "up"), BUCKET, key, Config=config,
                         ExtraArgs={"Metadata": {"colour": "blue"}, "ContentType": "text/x"})
    onput.s3.download_file(BUCKET, key, str(tmp_path / "down"), Config=config)
    assert (tmp_path / "down").read_bytes() == body
    head = onput.s3.head_object(Bucket=BUCKET, Key=key)
    assert head["Metadata"] == {"colour": "blue"} and head["ContentType"] == "text/x"
    assert head["ETag"] == etag_of(*(body[at:at + PART] for at in range(0, len(body), PART)))


def test_a_completion_that_takes_long_is_answered_before_its_end(onput):
    upload = Upload(onput, "late")
    upload.put(1, b"whole")
    part = upload.parts[0]
    document = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part['ETag']}</ETag></Part>"
                "</CompleteMultipartUpload>").encode()
    target = f"/{BUCKET}/late?uploadId={upload.names['UploadId']}"
    payload = hashlib.sha256(document).hexdigest()
    late = answer_without_storage(
        onput, Wire(onput).head_bytes("POST", target, len(document), payload=payload) + document)
    assert (late.status, late.headers["transfer-encoding"]) == (200, "chunked")
    assert late.body.count(b"<?xml") == 1 and late.body.startswith(b"<?xml")
    assert b"<CompleteMultipartUploadResult" in late.body
    assert onput.s3.get_object(Bucket=BUCKET, Key="late")["Body"].read() == b"whole"


@pytest.mark.parametrize("size", [1000, 3 * MIB])
def test_a_part_that_is_cut_off_or_wrong_leaves_no_part_and_the_one_before(onput, size):
    upload, wire = Upload(onput, f"broken-{size}"), Wire(onput)
    upload.put(1, b"before")
    target = f"/{BUCKET}/broken-{size}?uploadId={upload.names['UploadId']}&partNumber="
    for number in (1, 2):
        with wire.connect() as connection:
            connection.sendall(wire.head_bytes("PUT", f"{target}{number}", size) + b"x" * (size // 2))
            connection.shutdown(socket.SHUT_WR)
            answer = read_answer(connection)
        assert answer is None or (answer.status, answer.error_code) == (400, "IncompleteBody")
        wrong = wire.send("PUT", f"{target}{number}", b"x" * size, {"x-amz-checksum-crc32": crc32(b"other")})
        assert (wrong.status, wrong.error_code) == (400, "BadDigest")
    listed = onput.s3.list_parts(**upload.names)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, len(b"before"))]
    upload.abort()
    assert not upload.is_there()


def test_a_completed_upload_is_an_object_and_an_event(onput, key):
    first, last = os.urandom(PART), b"tail"
    upload = Upload(onput, key)
    upload.put(2, last)
    upload.put(1, first)
    upload.parts.reverse()
    listed = onput.s3.list_parts(**upload.names)
    assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [(1, PART), (2, 4)]
    assert listed["StorageClass"] == "STANDARD" and listed["Owner"]["ID"] == listed["Initiator"]["ID"]
    assert upload.is_there()
    completed = upload.complete(MpuObjectSize=PART + 4)
    assert completed["ETag"] == etag_of(first, last)
    assert completed["ChecksumType"] == "FULL_OBJECT" and completed["ChecksumCRC64NVME"]
    assert completed["Bucket"] == BUCKET and completed["Key"] == key
    assert onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == first + last
    assert not upload.is_there()
    again = upload.complete()
    assert again["ETag"] == completed["ETag"]


def test_an_empty_last_part_is_read_as_nothing(onput, key):
    upload = Upload(onput, key)
    upload.put(1, os.urandom(PART))
    upload.put(2, b"")
    upload.complete()
    names = {"Bucket": BUCKET, "Key": key, "PartNumber": 2}
    got = onput.s3.get_object(**names)
    assert (got["ContentLength"], got["PartsCount"], got["Body"].read()) == (0, 2, b"")
    head = onput.s3.head_object(**names, ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["PartsCount"]) == (0, 2)
    assert head["ChecksumCRC64NVME"] == "AAAAAAAAAAA="


def test_pages_of_parts_and_uploads_hold_each_once_and_in_order(onput, key):
    uploads = [Upload(onput, f"{key}/{name}") for name in ("a", "a", "b/1", "b/2", "c")]
    for number in (1, 3, 7):
        uploads[0].put(number, b"x")
    pages = onput.s3.get_paginator("list_parts").paginate(
        **uploads[0].names, PaginationConfig={"PageSize": 1})
    assert [part["PartNumber"] for page in pages for part in page.get("Parts", [])] == [1, 3, 7]
    pages = list(onput.s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=BUCKET, Prefix=key, PaginationConfig={"PageSize": 1}))
    assert [(one["Key"], one["UploadId"]) for page in pages for one in page.get("Uploads", [])] == [
        (one.names["Key"], one.names["UploadId"]) for one in uploads]
    status, error = error_of(onput.s3.list_multipart_uploads, Bucket=BUCKET, KeyMarker=key, UploadIdMarker="x")
    assert (status, error["Code"], error["Message"]) == (400, "InvalidArgument", "Invalid uploadId marker")
    folders = onput.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=f"{key}/", Delimiter="/")
    assert [one["Prefix"] for one in folders["CommonPrefixes"]] == [f"{key}/b/"]
    assert len(folders["Uploads"]) == 3
    for upload in uploads:
        upload.abort()


def test_checksums_of_parts_make_that_of_the_whole(onput, key):
    first, last = os.urandom(PART), b"tail"
    upload = Upload(onput, key, ChecksumAlgorithm="CRC32")
    assert (upload.created["ChecksumAlgorithm"], upload.created["ChecksumType"]) == ("CRC32", "COMPOSITE")
    upload.put(1, first, ChecksumAlgorithm="CRC32")
    upload.put(2, last, ChecksumAlgorithm="CRC32")
    of_parts = base64.b64decode(crc32(first)) + base64.b64decode(crc32(last))
    assert upload.complete()["ChecksumCRC32"] == crc32(of_parts) + "-2"
    got = onput.s3.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert (got["ChecksumCRC32"], got["ChecksumType"]) == (crc32(of_parts) + "-2", "COMPOSITE")
    assert got["Body"].read() == first + last

    part = onput.s3.get_object(Bucket=BUCKET, Key=key, PartNumber=1, ChecksumMode="ENABLED")
    assert part["ChecksumCRC32"] == crc32(first) and part["Body"].read() == first

    upload = Upload(onput, key, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    upload.put(1, first, ChecksumAlgorithm="CRC32")
    upload.put(2, last, ChecksumAlgorithm="CRC32")
    status, error = error_of(upload.complete, ChecksumCRC32=crc32(b"other"), ChecksumType="FULL_OBJECT")
    assert (status, error["Code"]) == (400, "BadDigest")
    completed = upload.complete(ChecksumCRC32=crc32(first + last), ChecksumType="FULL_OBJECT")
    assert completed["ChecksumCRC32"] == crc32(first + last)


def test_what_cannot_be_completed_is_refused_in_the_words_of_s3(onput, key):
    upload = Upload(onput, key)
    upload.put(1, b"small")
    upload.put(2, b"last")
    one, two = upload.parts
    wrong = two | {"ETag": '"' + "0" * 32 + '"'}
    for parts, code in [([one, two], "EntityTooSmall"), ([two, one], "InvalidPartOrder"),
                        ([one, wrong], "InvalidPart"), ([one | {"PartNumber": 9}], "InvalidPart"),
                        ([], "MalformedXML")]:
        status, error = error_of(upload.complete, parts=parts)
        assert (status, error["Code"]) == (400, code)
    status, error = error_of(upload.complete, parts=[one], MpuObjectSize=6)
    assert (status, error["Code"]) == (400, "InvalidRequest")
    assert error["Message"] == ("The provided 'x-amz-mp-object-size' header value 6 does not match "
                                "what was computed: 5")
    onput.s3.put_object(Bucket=BUCKET, Key=key, Body=b"there")
    assert error_of(upload.complete, parts=[one], IfNoneMatch="*")[0] == 412
    status, error = error_of(onput.s3.upload_part, **upload.names, PartNumber=10001, Body=b"x")
    assert (status, error["Code"]) == (400, "InvalidArgument")
    assert error["Message"] == "Part number must be an integer between 1 and 10000, inclusive"
    assert upload.abort()["ResponseMetadata"]["HTTPStatusCode"] == 204
    for call, arguments in [(upload.abort, {}), (upload.complete, {"parts": [one]}),
                            (onput.s3.list_parts, upload.names),
                            (onput.s3.upload_part, upload.names | {"PartNumber": 1, "Body": b"x"})]:
        status, error = error_of(call, **arguments)
        assert (status, error["Code"]) == (404, "NoSuchUpload")
    assert onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"there"


def test_a_checksum_that_cannot_be_is_refused_when_the_upload_begins(onput, key):
    create = onput.s3.create_multipart_upload
    status, error = error_of(create, Bucket=BUCKET, Key=key, ChecksumAlgorithm="SHA256",
                             ChecksumType="FULL_OBJECT")
    assert (status, error["Code"]) == (400, "InvalidRequest")
    assert error["Message"] == ("The FULL_OBJECT checksum type cannot be used with the sha256 "
                                "checksum algorithm.")
    status, error = error_of(create, Bucket=BUCKET, Key=key, ChecksumType="COMPOSITE")
    assert error["Message"] == ("The x-amz-checksum-type header can only be used with the "
                                "x-amz-checksum-algorithm header.")


def test_a_part_has_the_checksum_that_its_upload_asks_for(onput, key):
    s3 = onput.client("s3", request_checksum_calculation="when_required")
    names = {"Bucket": BUCKET, "Key": key}
    upload = names | {"UploadId": s3.create_multipart_upload(**names, ChecksumAlgorithm="CRC32")["UploadId"]}
    for arguments, actual in [({}, "null"), ({"ChecksumAlgorithm": "SHA1"}, "sha1")]:
        status, error = error_of(s3.upload_part, **upload, PartNumber=1, Body=b"x", **arguments)
        assert (status, error["Code"]) == (400, "InvalidRequest")
        assert error["Message"] == ("Checksum Type mismatch occurred, expected checksum Type: crc32, "
                                    f"actual checksum Type: {actual}")


def test_a_document_of_ten_thousand_parts_is_read(onput, key):
    upload = Upload(onput, key)
    etag = upload.put(1, b"x")["ETag"]
    parts = [{"PartNumber": number, "ETag": etag, "ChecksumSHA256": base64.b64encode(bytes(32)).decode()}
             for number in range(1, 10001)]
    status, error = error_of(upload.complete, parts=parts)
    assert (status, error["Code"]) == (400, "InvalidPart")
    upload.abort()


def test_a_document_without_namespace_and_quotes_is_taken_and_an_empty_one_refused(onput, key):
    upload = Upload(onput, "plain")
    etag = upload.put(1, b"x")["ETag"].strip('"')
    target = f"/{BUCKET}/plain?uploadId={upload.names['UploadId']}"
    wire = Wire(onput)
    for body, status, text in [
            (b"", 400, "You must specify at least one part"), (b"<a/>", 400, "MalformedXML"),
            (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
             "</CompleteMultipartUpload>".encode(), 200, f"{etag_of(b'x')}".replace('"', "&quot;"))]:
        answer = wire.send("POST", target, body)
        assert answer.status == status and text in answer.body.decode(), answer.body


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_uploads_a_part(onput, key, version):
    upload = Upload(onput, key)
    s3 = onput.client("s3", signature_version=version)
    url = s3.generate_presigned_url("upload_part", Params=upload.names | {"PartNumber": 1})
    request = urllib.request.Request(url, data=b"presigned", method="PUT", headers={"Content-Type": ""})
    answer = urllib.request.urlopen(request, timeout=20)
    upload.complete(parts=[{"PartNumber": 1, "ETag": answer.headers["ETag"]}])
    assert onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"presigned"
