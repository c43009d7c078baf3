"""S3's own words, as they stand on the wire: what SDKs hide or never send."""
import hashlib

import pytest

from harness.wire import Signer, Wire, crc32_base64


@pytest.fixture
def wire(onput):
    return Wire(onput)


def as_bytes(text):
    return text.encode().hex(" ")


def is_there(onput, key):
    return key in onput.keys("outbox", prefix=key)


def test_a_signature_that_is_wrong_is_answered_with_all_that_was_signed(wire):
    error = wire.send("GET", "/outbox/k", signer=Signer(secret="wrong")).error
    assert list(error) == ["Code", "Message", "AWSAccessKeyId", "StringToSign", "SignatureProvided",
                           "StringToSignBytes", "CanonicalRequest", "CanonicalRequestBytes",
                           "RequestId", "HostId"]
    assert error["StringToSignBytes"] == as_bytes(error["StringToSign"])
    assert error["CanonicalRequestBytes"] == as_bytes(error["CanonicalRequest"])
    digest = hashlib.sha256(error["CanonicalRequest"].encode()).hexdigest()
    assert error["StringToSign"].endswith(digest)


@pytest.mark.parametrize("target, named", [
    ("/absent-bucket", {"BucketName": "absent-bucket"}),
    ("/absent-bucket/k", {"BucketName": "absent-bucket"}),
    ("/outbox/no%20such", {"Key": "no such"}),
])
def test_an_error_names_the_bucket_or_the_key(wire, target, named):
    error = wire.send("GET", target).error
    assert {n: error[n] for n in error if n not in ("Code", "Message", "RequestId", "HostId")} == named


def test_headers_outside_the_signature_are_all_named(onput, wire):
    signed = Signer().sign("PUT", "/outbox/unsigned", {"host": wire.host}, "UNSIGNED-PAYLOAD")
    sent = signed | {"X-Amz-Meta-B": "1", "x-amz-acl": "private"}
    answer = wire.send_unsigned("PUT", "/outbox/unsigned", b"x", sent)
    assert (answer.status, answer.error_code) == (403, "AccessDenied")
    assert answer.error["HeadersNotSigned"] == "x-amz-meta-b, x-amz-acl"
    assert not is_there(onput, "unsigned")


def test_a_second_checksum_is_refused_wherever_it_stands(onput, wire):
    text = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
    body = b"twice"
    sha1 = {"x-amz-checksum-sha1": "QL0AFWMIX8NRZTKeof9cXsvbvu8="}
    both = wire.send("PUT", "/outbox/sums", body, sha1 | {"x-amz-checksum-crc32": crc32_base64(body)})
    trailing = wire.send_chunked("/outbox/sums", [body], "STREAMING-UNSIGNED-PAYLOAD-TRAILER", sha1,
                                 ("x-amz-checksum-crc32", crc32_base64(body)), is_signed=False)
    for answer in both, trailing:
        assert (answer.status, answer.error_code) == (400, "InvalidRequest")
        assert answer.error["Message"] == text
    assert not is_there(onput, "sums")


@pytest.mark.parametrize("headers, details", [
    ({"if-none-match": '"abc"'}, ("If-None-Match", "We don't accept the provided value of If-None-Match "
                                                   "header for this API")),
    ({"if-match": "*"}, ("If-Match", "We don't accept the provided value of If-Match header for this API")),
    ({"if-match": '"abc"', "if-none-match": "*"},
     ("If-Match,If-None-Match", "Multiple conditional request headers present in the request")),
], ids=["none_match_etag", "match_any", "both"])
def test_a_put_has_one_condition_that_s3_knows(onput, wire, headers, details):
    answer = wire.send("PUT", "/outbox/conditions", b"x", headers)
    assert (answer.status, answer.error_code) == (501, "NotImplemented")
    assert (answer.error["Header"], answer.error["additionalMessage"]) == details
    assert not is_there(onput, "conditions")


@pytest.mark.parametrize("headers, status", [
    ({"x-amz-if-match-size": "7"}, 501),
    ({"x-amz-if-match-last-modified-time": "Sat, 21 Nov 2026 10:15:30 GMT"}, 501),
    ({"x-amz-bypass-governance-retention": "true"}, 400),
], ids=["size", "time", "bypass"])
def test_a_delete_that_asks_for_what_is_not_there_deletes_nothing(onput, wire, headers, status):
    onput.s3.put_object(Bucket="outbox", Key="kept", Body=b"x")
    assert wire.send("DELETE", "/outbox/kept", headers=headers).status == status
    assert is_there(onput, "kept")


def test_half_a_customers_key_stores_nothing_in_the_clear(onput, wire):
    half = {"x-amz-server-side-encryption-customer-key": "a2V5"}
    answer = wire.send("PUT", "/outbox/secret", b"x", half)
    assert (answer.status, answer.error_code) == (400, "InvalidArgument")
    assert not is_there(onput, "secret")
