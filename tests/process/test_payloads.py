"""Every form a body can be signed in, and every checksum, right and wrong."""
import base64
import hashlib

import botocore.exceptions
import pytest

from harness.wire import Signer, Wire, crc32_base64, framed

BODY = b"The upload is the transaction. " * 5000
CHUNKS = [BODY[i:i + 65536] for i in range(0, len(BODY), 65536)]
CRC32 = ("x-amz-checksum-crc32", crc32_base64(BODY))
WRONG_CRC32 = ("x-amz-checksum-crc32", crc32_base64(b"another body"))
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = SIGNED + "-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.fixture
def wire(onput):
    return Wire(onput)


@pytest.fixture
def target(request):
    return "/outbox/" + request.node.name.replace("[", "-").replace("]", "")


def content(onput, target):
    """The bytes stored under a target, or None."""
    try:
        return onput.s3.get_object(Bucket="outbox", Key=target.split("/", 2)[2])["Body"].read()
    except onput.s3.exceptions.NoSuchKey:
        return None


def test_a_body_is_stored_with_its_signed_hash(onput, wire, target):
    assert wire.send("PUT", target, BODY).status == 200
    assert content(onput, target) == BODY


def test_a_body_is_stored_unsigned(onput, wire, target):
    assert wire.send("PUT", target, BODY, payload="UNSIGNED-PAYLOAD").status == 200
    assert content(onput, target) == BODY


def test_a_body_that_is_not_the_hashed_one_is_refused(onput, wire, target):
    answer = wire.send("PUT", target, BODY, payload=hashlib.sha256(b"other").hexdigest())
    assert (answer.status, answer.error_code) == (400, "XAmzContentSHA256Mismatch")
    assert content(onput, target) is None


def test_signed_chunks_are_stored_without_their_framing(onput, wire, target):
    answer = wire.send_chunked(target, CHUNKS, SIGNED)
    assert answer.status == 200, answer.body
    assert content(onput, target) == BODY


@pytest.mark.parametrize("payload, is_signed", [(SIGNED_TRAILER, True), (UNSIGNED_TRAILER, False)])
def test_chunks_with_a_trailing_checksum_are_stored(onput, wire, target, payload, is_signed):
    answer = wire.send_chunked(target, CHUNKS, payload, trailer=CRC32, is_signed=is_signed)
    assert answer.status == 200, answer.body
    assert content(onput, target) == BODY
    assert answer.headers["x-amz-checksum-crc32"] == CRC32[1]


@pytest.mark.parametrize("payload, is_signed", [(SIGNED_TRAILER, True), (UNSIGNED_TRAILER, False)])
def test_chunks_with_a_wrong_trailing_checksum_leave_nothing(onput, wire, target, payload, is_signed):
    answer = wire.send_chunked(target, CHUNKS, payload, trailer=WRONG_CRC32, is_signed=is_signed)
    assert (answer.status, answer.error_code) == (400, "BadDigest")
    assert content(onput, target) is None


def test_a_chunk_that_was_changed_after_signing_leaves_nothing(onput, wire, target):
    signer = Signer()
    headers = signer.sign("PUT", target, {
        "host": wire.host, "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": len(BODY)}, SIGNED)
    body = framed(CHUNKS, signer)
    changed = body[:100000] + bytes([body[100000] ^ 1]) + body[100001:]
    answer = wire.send_unsigned("PUT", target, changed, headers)
    assert (answer.status, answer.error_code) == (403, "SignatureDoesNotMatch")
    assert content(onput, target) is None


def test_chunks_that_are_shorter_than_announced_leave_nothing(onput, wire, target):
    answer = wire.send_chunked(target, CHUNKS, SIGNED,
                               headers={"x-amz-decoded-content-length": len(BODY) + 1})
    assert answer.status == 400
    assert content(onput, target) is None


def test_the_encoding_of_the_transfer_is_not_kept_and_others_are(onput, wire, target):
    wire.send_chunked(target, CHUNKS, SIGNED, headers={"content-encoding": "aws-chunked,gzip"})
    key = target.split("/", 2)[2]
    assert onput.s3.head_object(Bucket="outbox", Key=key)["ContentEncoding"] == "gzip"


def digest(name, body):
    return base64.b64encode(hashlib.new(name, body).digest()).decode()


# The CRCs of "123456789", as published with their polynomials.
CHECK = b"123456789"
CHECKSUMS = {
    "CRC32": base64.b64encode(bytes.fromhex("cbf43926")).decode(),
    "CRC32C": base64.b64encode(bytes.fromhex("e3069283")).decode(),
    "CRC64NVME": base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode(),
    "SHA1": digest("sha1", CHECK),
    "SHA256": digest("sha256", CHECK),
}


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_a_right_checksum_is_kept_and_told(onput, algorithm, target):
    key = target.split("/", 2)[2]
    name = "Checksum" + algorithm
    put = onput.s3.put_object(Bucket="outbox", Key=key, Body=CHECK, **{name: CHECKSUMS[algorithm]})
    got = onput.s3.get_object(Bucket="outbox", Key=key, ChecksumMode="ENABLED")
    assert got["Body"].read() == CHECK
    assert put[name] == got[name] == CHECKSUMS[algorithm]
    assert name not in onput.client("s3", response_checksum_validation="when_required").get_object(
        Bucket="outbox", Key=key)


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_a_wrong_checksum_leaves_nothing(onput, algorithm, target):
    # boto3 would try a bad digest again, five times.
    s3 = onput.client("s3", retries={"total_max_attempts": 1})
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        s3.put_object(Bucket="outbox", Key=target.split("/", 2)[2], Body=CHECK + b"0",
                      **{"Checksum" + algorithm: CHECKSUMS[algorithm]})
    assert caught.value.response["Error"]["Code"] == "BadDigest"
    assert content(onput, target) is None


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_that_boto3_computes_are_accepted(onput, algorithm, target):
    put = onput.s3.put_object(Bucket="outbox", Key=target.split("/", 2)[2], Body=CHECK,
                              ChecksumAlgorithm=algorithm)
    assert put["Checksum" + algorithm] == CHECKSUMS[algorithm]


@pytest.mark.parametrize("algorithm", ["CRC64NVME", "CRC32C"])
def test_a_checksum_that_is_none_is_refused(wire, onput, algorithm, target):
    answer = wire.send("PUT", target, CHECK, {"x-amz-checksum-" + algorithm.lower(): "none"})
    assert (answer.status, answer.error_code) == (400, "InvalidRequest")
    assert content(onput, target) is None


def test_a_right_content_md5_is_accepted(onput, wire, target):
    assert wire.send("PUT", target, BODY, {"content-md5": digest("md5", BODY)}).status == 200
    assert content(onput, target) == BODY


@pytest.mark.parametrize("value, code", [(digest("md5", b"other"), "BadDigest"),
                                         ("c2hvcnQ=", "InvalidDigest"), ("???", "InvalidDigest")],
                         ids=["of_another_body", "too_short", "not_base64"])
def test_a_wrong_content_md5_leaves_nothing(onput, wire, target, value, code):
    answer = wire.send("PUT", target, BODY, {"content-md5": value})
    assert (answer.status, answer.error_code) == (400, code)
    assert content(onput, target) is None


def test_a_large_body_with_a_wrong_checksum_leaves_nothing(onput, wire, target):
    body = b"\x5a" * (3 * 1024 * 1024)
    answer = wire.send("PUT", target, body, {"x-amz-checksum-crc32": WRONG_CRC32[1]},
                       payload="UNSIGNED-PAYLOAD")
    assert (answer.status, answer.error_code) == (400, "BadDigest")
    assert content(onput, target) is None
