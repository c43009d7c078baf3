"""S3's own words, as they stand on the wire: what SDKs hide or never send."""
import base64
import hashlib
import urllib.error
import urllib.request

import pytest

from harness.topology import configuration_xml, make_queue, rule_xml
from harness.wire import Signer, Wire, crc32_base64, read_answer


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


def configuration(constraint):
    return (f"<CreateBucketConfiguration><LocationConstraint>{constraint}</LocationConstraint>"
            "</CreateBucketConfiguration>").encode()


@pytest.mark.parametrize("region, constraint, code", [
    ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
    ("us-east-1", "nowhere-1", "InvalidLocationConstraint"),
    ("eu-west-1", "us-west-2", "IllegalLocationConstraintException"),
    ("eu-west-1", None, "IllegalLocationConstraintException"),
])
def test_a_bucket_goes_nowhere_else_than_it_may(onput, wire, region, constraint, code):
    body = configuration(constraint) if constraint else b""
    answer = wire.send("PUT", "/nowhere-bucket", body, signer=Signer(region=region))
    assert (answer.status, answer.error_code) == (400, code)
    if code == "InvalidLocationConstraint":
        assert answer.error["LocationConstraint"] == constraint
    assert "nowhere-bucket" not in [bucket["Name"] for bucket in onput.s3.list_buckets()["Buckets"]]


def test_a_bucket_tells_where_it_is(onput, wire):
    plain = wire.send("PUT", "/at-home")
    assert (plain.status, plain.headers["location"]) == (200, "/at-home")
    placed = wire.send("PUT", "/abroad", configuration("EU"))
    assert (placed.status, placed.headers["location"]) == (200, f"http://abroad.{wire.host}/")
    root = b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    assert wire.send("GET", "/at-home?location").body.endswith(root + b"/>")
    there = Signer(region="eu-west-1")
    located = wire.send("GET", "/abroad?location", signer=there)
    assert located.body.endswith(root + b">eu-west-1</LocationConstraint>")
    head = wire.send("HEAD", "/abroad", signer=there)
    assert (head.headers["content-type"], head.headers["x-amz-bucket-region"]) == (
        "application/xml", "eu-west-1")
    for query in "", "?list-type=2":
        assert wire.send("GET", "/abroad" + query, signer=there).headers["x-amz-bucket-region"] == "eu-west-1"
    assert wire.send("GET", "/?bucket-region=nowhere-1").error["ArgumentName"] == "bucket-region"


@pytest.mark.parametrize("method, target", [
    ("GET", "/elsewhere"), ("HEAD", "/elsewhere"), ("PUT", "/elsewhere/k"), ("GET", "/elsewhere/k"),
    ("DELETE", "/elsewhere/k"), ("GET", "/elsewhere?location"), ("DELETE", "/elsewhere"),
])
def test_a_bucket_of_another_region_is_reached_with_a_signature_for_it(onput, wire, method, target):
    there = Signer(region="eu-central-1")
    wire.send("PUT", "/elsewhere", configuration("eu-central-1"), signer=there)
    answer = wire.send(method, target)
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (400, "eu-central-1")
    if method != "HEAD":
        assert answer.error_code == "AuthorizationHeaderMalformed"
        assert answer.error["Region"] == "eu-central-1"
        assert answer.error["Message"] == ("The authorization header is malformed; the region 'us-east-1' is "
                                           "wrong; expecting 'eu-central-1'")
    assert wire.send("GET", "/elsewhere", signer=there).status == 200
    assert wire.send("GET", "/elsewhere/k", signer=there).status == 404


def test_a_client_finds_the_region_of_a_bucket_by_itself(onput):
    onput.s3.create_bucket(Bucket="found", CreateBucketConfiguration={"LocationConstraint": "sa-east-1"})
    onput.client("s3").put_object(Bucket="found", Key="k", Body=b"there")
    assert onput.client("s3").get_object(Bucket="found", Key="k")["Body"].read() == b"there"
    assert onput.client("s3").head_object(Bucket="found", Key="k")["ContentLength"] == 5
    assert onput.client("s3").head_bucket(Bucket="found")["BucketRegion"] == "sa-east-1"


@pytest.mark.parametrize("method, target, operation", [
    ("POST", "/outbox/k?select&select-type=2", "SelectObjectContent"),
    ("GET", "/outbox?metadataTable&id=x", "GetBucketMetadataTableConfiguration"),
])
def test_what_is_not_here_is_told_by_its_name_with_all_its_parameters(wire, method, target, operation):
    answer = wire.send(method, target)
    assert (answer.status, answer.error["Operation"]) == (501, operation)


def test_a_parameter_that_nobody_knows_is_passed_over(onput, wire):
    assert wire.send("PUT", "/outbox/strange?new-thing=1", b"x").status == 200
    assert wire.send("GET", "/outbox?new-thing").status == 200
    assert wire.send("DELETE", "/outbox/strange?new-thing").status == 204
    assert wire.send("PUT", "/outbox/strange?annotation=a", b"x").status == 501
    assert not is_there(onput, "strange")


def test_a_form_without_a_signature_is_judged_as_a_form(onput, wire):
    form = {"content-type": "multipart/form-data; boundary=x"}
    answer = wire.send_unsigned("POST", "/outbox", b"--x--\r\n", form)
    assert answer.status != 403 or answer.error["Message"] != "Access Denied"
    signed = wire.send("POST", "/outbox", b"x", {"content-type": "text/plain"})
    assert (signed.status, signed.error["Condition"]) == (
        412, "Bucket POST must be of the enclosure-type multipart/form-data")


@pytest.mark.parametrize("target, status, code", [
    ("/absent-bucket", 404, "NoSuchBucket"), ("/absent-bucket/k", 404, "NoSuchBucket"),
    ("/outbox", 403, "AccessDenied"), ("/outbox/k", 403, "AccessDenied"), ("/", 403, "AccessDenied"),
    ("/outbox/k?response-content-type=a", 400, "InvalidRequest"),
    ("/absent-bucket/k?response-content-type=a", 404, "NoSuchBucket"),
])
def test_nobody_is_told_whether_there_is_such_a_bucket(wire, target, status, code):
    answer = wire.send_unsigned("GET", target)
    assert (answer.status, answer.error_code) == (status, code)


def test_nobody_finds_the_region_of_a_bucket(wire):
    answer = wire.send_unsigned("HEAD", "/outbox")
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (403, "us-east-1")
    assert wire.send_unsigned("PUT", "/new-bucket").error_code == "AccessDenied"


def test_an_expected_owner_is_an_account(onput, wire):
    for owner in "abc", "":
        answer = wire.send("PUT", "/outbox/owned", b"x", {"x-amz-expected-bucket-owner": owner})
        assert (answer.status, answer.error_code) == (400, "InvalidBucketOwnerAWSAccountID")
    answer = wire.send("PUT", "/outbox/owned", b"x", {"x-amz-expected-bucket-owner": "1" * 12})
    assert (answer.status, answer.error_code) == (403, "AccessDenied")
    assert not is_there(onput, "owned")


def test_a_condition_in_a_presigned_url_holds(onput):
    s3 = onput.client("s3", signature_version="s3v4")
    s3.put_object(Bucket="outbox", Key="once", Body=b"first")

    def add_condition(request, **unused):
        request.params["If-None-Match"] = "*"
    s3.meta.events.register("before-sign.s3.PutObject", add_condition)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "outbox", "Key": "once"})
    assert "If-None-Match=" in url
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, b"second", method="PUT"))
    assert caught.value.code == 412
    assert s3.get_object(Bucket="outbox", Key="once")["Body"].read() == b"first"


def test_codings_come_back_as_they_were_sent(onput, wire):
    wire.send("PUT", "/outbox/coded", b"x", {"content-encoding": "deflate, gzip"})
    assert wire.send("HEAD", "/outbox/coded").headers["content-encoding"] == "deflate, gzip"
    wire.send_chunked("/outbox/coded", [b"x"], "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                      {"content-encoding": "aws-chunked, deflate, gzip"},
                      ("x-amz-checksum-crc32", crc32_base64(b"x")), is_signed=False)
    assert wire.send("HEAD", "/outbox/coded").headers["content-encoding"] == "deflate, gzip"


def test_the_trace_of_an_upload_reaches_the_message_of_its_event(onput, wire):
    trace = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"
    onput.s3.create_bucket(Bucket="traced")
    arn = make_queue(onput, "traced")
    rule = rule_xml(arn=arn, events=("s3:ObjectCreated:*", "s3:ObjectRemoved:*"))
    assert wire.send("PUT", "/traced?notification", configuration_xml(rule)).status == 200
    assert "AWSTraceHeader" not in onput.receive("traced")["Attributes"]
    for method, value, seen in [("PUT", trace, trace), ("DELETE", trace, trace),
                                ("PUT", "x" * 2000, None), ("PUT", None, None)]:
        headers = {"x-amzn-trace-id": value} if value else {}
        assert wire.send(method, "/traced/k", b"x" if method == "PUT" else b"", headers).status < 300
        assert onput.receive("traced")["Attributes"].get("AWSTraceHeader") == seen


MD5_OF_NOTHING = {"content-md5": base64.b64encode(hashlib.md5(b"").digest()).decode()}
NO_STATUS = b"<VersioningConfiguration/>"
MD5_OF_NO_STATUS = {"content-md5": base64.b64encode(hashlib.md5(NO_STATUS).digest()).decode()}


@pytest.mark.parametrize("method, target, body, headers, status, code, message", [
    ("PUT", "/outbox?versioning", b"", MD5_OF_NOTHING, 400, "MissingRequestBodyError", "Request Body is empty"),
    ("PUT", "/outbox?versioning", NO_STATUS, MD5_OF_NO_STATUS, 400, "IllegalVersioningConfigurationException",
     "The Versioning element must be specified"),
    ("PUT", "/outbox?versioning", NO_STATUS, {}, 400, "InvalidRequest",
     "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"),
    ("PUT", "/outbox/refused", b"", {"x-amz-meta-a": "x" * 2049}, 400, "MetadataTooLarge",
     "Your metadata headers exceed the maximum allowed metadata size"),
    ("PUT", "/outbox/refused", b"", {"x-amz-acl": "public-read"}, 400, "AccessControlListNotSupported",
     "The bucket does not allow ACLs"),
    ("POST", "/outbox/refused?uploads", b"", {"x-amz-acl": "public-read"}, 400, "AccessControlListNotSupported",
     "The bucket does not allow ACLs"),
])
def test_a_refusal_has_s3s_status_code_and_text_and_changes_nothing(
        onput, wire, method, target, body, headers, status, code, message):
    answer = wire.send(method, target, body, headers)
    assert (answer.status, answer.error_code, answer.error["Message"]) == (status, code, message)
    assert not is_there(onput, "refused")
    assert "Uploads" not in onput.s3.list_multipart_uploads(Bucket="outbox", Prefix="refused")
    assert "Status" not in onput.s3.get_bucket_versioning(Bucket="outbox")


def test_a_part_of_no_stated_length_is_refused(onput, wire):
    names = {"Bucket": "outbox", "Key": "unstated"}
    upload_id = onput.s3.create_multipart_upload(**names)["UploadId"]
    target = f"/outbox/unstated?partNumber=1&uploadId={upload_id}"
    signed = Signer().sign("PUT", target, {"host": wire.host}, "UNSIGNED-PAYLOAD")
    lines = [f"PUT {target} HTTP/1.1", *(f"{n}: {v}" for n, v in signed.items())]
    with wire.connect() as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = read_answer(connection)
    assert (answer.status, answer.error_code) == (411, "MissingContentLength")
    assert answer.error["Message"] == "You must provide the Content-Length HTTP header."
    assert "Parts" not in onput.s3.list_parts(**names, UploadId=upload_id)
    onput.s3.abort_multipart_upload(**names, UploadId=upload_id)


def test_a_bucket_of_ones_own_is_not_made_again_elsewhere(wire):
    answer = wire.send("PUT", "/outbox", configuration("eu-west-1"), signer=Signer(region="eu-west-1"))
    assert (answer.status, answer.error_code) == (409, "BucketAlreadyOwnedByYou")
    assert answer.error["BucketName"] == "outbox"


def test_what_was_not_modified_has_no_body(onput, wire):
    etag = onput.s3.put_object(Bucket="outbox", Key="same", Body=b"same")["ETag"]
    answer = wire.send("GET", "/outbox/same", headers={"if-none-match": etag})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
