"""Uploads by a browser's form: boto3 signs the policy, curl and hand-made bodies send it."""
import base64
import datetime
import hashlib
import hmac
import json

import pytest

from harness.clients import run_client
from harness.topology import make_queue
from harness.wire import Wire

BOUNDARY = "----gray-area"


def form_body(fields, file=b"", filename="C:\\photos\\cat.jpg", after=b""):
    """multipart/form-data, the file last unless there is something after it."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
             for name, value in fields.items()]
    if file is not None:
        parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
                     f'filename="{filename}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode() + file + b"\r\n")
    return b"".join(parts) + after + f"--{BOUNDARY}--\r\n".encode()


def post(onput, bucket, fields, file=b"", **options):
    return Wire(onput).send_unsigned(
        "POST", f"/{bucket}", form_body(fields, file, **options),
        {"content-type": f"multipart/form-data; boundary={BOUNDARY}"})


def signed(conditions, expires_s=600, secret="test"):
    """The fields of a policy, signed as Signature V2 does."""
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=expires_s)
    policy = base64.b64encode(json.dumps({
        "expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}).encode())
    signature = hmac.new(secret.encode(), policy, hashlib.sha1).digest()
    return {"AWSAccessKeyId": "test", "policy": policy.decode(),
            "signature": base64.b64encode(signature).decode()}


ANY_KEY = [{"bucket": "outbox"}, ["starts-with", "$key", ""]]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_form_that_boto3_presigned_is_uploaded_by_curl(onput, tmp_path, version):
    file = tmp_path / "cat.jpg"
    file.write_bytes(bytes(range(256)) * 4096)
    made = onput.client("s3", signature_version=version).generate_presigned_post(
        "outbox", "forms/${filename}", Fields={"x-amz-meta-colour": "blue"},
        Conditions=[{"x-amz-meta-colour": "blue"}, ["content-length-range", 1, 2_000_000]])
    words = [word for name, value in made["fields"].items() for word in ("-F", f"{name}={value}")]
    done = run_client(onput, "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *words, "-F",
                      f"file=@{file}", made["url"])
    assert done.stdout == "204"
    got = onput.s3.get_object(Bucket="outbox", Key="forms/cat.jpg")
    assert got["Body"].read() == file.read_bytes() and got["Metadata"] == {"colour": "blue"}


def test_the_fields_are_the_objects_headers_tags_and_class(onput):
    tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
    fields = {"key": "dressed", "Content-Type": "text/x-form", "Cache-Control": "max-age=5",
              "tagging": tagging, "x-amz-storage-class": "STANDARD_IA", "acl": "private"}
    conditions = ANY_KEY + [["starts-with", f"${name}", ""] for name in fields if name != "key"]
    answer = post(onput, "outbox", fields | signed(conditions), b"body")
    assert (answer.status, answer.body) == (204, b"")
    head = onput.s3.head_object(Bucket="outbox", Key="dressed")
    assert (head["ContentType"], head["CacheControl"], head["StorageClass"], head["ContentLength"]) == (
        "text/x-form", "max-age=5", "STANDARD_IA", 4)
    assert head["ETag"] == answer.headers["etag"]
    assert onput.s3.get_object_tagging(Bucket="outbox", Key="dressed")["TagSet"] == [
        {"Key": "a", "Value": "1"}]


def test_success_is_told_as_the_form_asks(onput):
    def told(**asked):
        conditions = ANY_KEY + [["starts-with", f"${name}", ""] for name in asked]
        return post(onput, "outbox", {"key": "told me", **asked} | signed(conditions), b"x")

    assert told(success_action_status="200").status == 200
    assert told(success_action_status="302").status == 204
    created = told(success_action_status="201")
    assert created.status == 201 and created.error["Key"] == "told me"
    assert created.error["Location"] == created.headers["location"] == (
        f"{onput.url}/outbox/told%20me")
    sent = told(success_action_redirect="http://there/?a=1")
    etag = sent.headers["etag"].strip('"')
    assert (sent.status, sent.headers["location"]) == (
        303, f"http://there/?a=1&bucket=outbox&key=told%20me&etag=%22{etag}%22")
    assert told(success_action_redirect="nowhere").status == 204


def test_an_upload_by_a_form_is_an_event_of_its_own(onput):
    onput.s3.create_bucket(Bucket="forms")
    arn = make_queue(onput, "forms")
    onput.s3.put_bucket_notification_configuration(
        Bucket="forms", NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": arn, "Events": ["s3:ObjectCreated:Post"]}]})
    onput.receive("forms")
    assert post(onput, "forms", {"key": "k"} | signed([{"bucket": "forms"}, {"key": "k"}]),
                b"x").status == 204
    record = json.loads(onput.receive("forms")["Body"])["Records"][0]
    assert record["eventName"] == "ObjectCreated:Post"
    assert list(record["s3"]["object"]) == ["key", "size", "eTag", "sequencer"]


@pytest.mark.parametrize("conditions, file, code, text", [
    ([{"bucket": "inbox"}, {"key": "k"}], b"x", "AccessDenied",
     'Policy Condition failed: ["eq", "$bucket", "inbox"]'),
    ([{"bucket": "outbox"}, ["starts-with", "$key", "user/"]], b"x", "AccessDenied",
     'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]'),
    ([{"bucket": "outbox"}], b"x", "AccessDenied", "Extra input fields: key"),
    (ANY_KEY + [["content-length-range", 0, 3]], b"long", "EntityTooLarge", "exceeds"),
    (ANY_KEY + [["content-length-range", 3, 9]], b"s", "EntityTooSmall", "smaller"),
    (ANY_KEY + [["content-length-range", 0, 3], ["content-length-range", 0, 9]], b"long", "EntityTooLarge",
     "exceeds"),
    ([["like", "$key", "k"]], b"x", "InvalidPolicyDocument", "Invalid Policy: "),
    (ANY_KEY, None, "InvalidArgument", "POST requires exactly one file upload per request."),
])
def test_what_the_policy_does_not_let_in_leaves_nothing(onput, conditions, file, code, text):
    answer = post(onput, "outbox", {"key": "refused"} | signed(conditions), file)
    assert answer.error_code == code and text in answer.error["Message"]
    assert "refused" not in onput.keys("outbox")


def test_forms_without_a_good_signature_are_refused(onput):
    key = {"key": "unsigned"}
    old = post(onput, "outbox", key | signed(ANY_KEY, expires_s=-5), b"x")
    assert (old.status, old.error["Message"]) == (403, "Invalid according to Policy: Policy expired.")
    assert post(onput, "outbox", key | signed(ANY_KEY, secret="other"), b"x").error_code == (
        "SignatureDoesNotMatch")
    assert post(onput, "outbox", key | signed(ANY_KEY) | {"AWSAccessKeyId": "who"},
                b"x").error_code == "InvalidAccessKeyId"
    assert post(onput, "outbox", key, b"x").status == 403
    assert "unsigned" not in onput.keys("outbox")


@pytest.mark.parametrize("field, value, code", [
    ("x-amz-server-side-encryption-customer-key", "a2V5", "InvalidArgument"),
    ("x-amz-server-side-encryption", "aws:kms", "NotImplemented"),
    ("x-amz-expected-bucket-owner", "111111111111", "AccessDenied"),
    ("acl", "public-read", "AccessControlListNotSupported"),
])
def test_what_a_field_asks_for_and_would_not_get_is_refused(onput, field, value, code):
    fields = {"key": "asked", field: value} | signed(ANY_KEY + [{field: value}])
    assert post(onput, "outbox", fields, b"x").error_code == code
    assert "asked" not in onput.keys("outbox")


def test_bodies_that_are_no_form_are_refused(onput):
    fields = {"key": "odd"} | signed(ANY_KEY)
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    cut = form_body(fields, b"body")[:-40]
    assert Wire(onput).send_unsigned("POST", "/outbox", cut, headers).error_code == (
        "MalformedPOSTRequest")
    many = {f"x-ignore-{i}": "y" * 1000 for i in range(25)}
    assert post(onput, "outbox", many | fields, b"x").error_code == (
        "MaxPostPreDataLengthExceededError")
    assert "a field named 'key'" in post(onput, "outbox", signed(ANY_KEY), b"x").error["Message"]
    assert "odd" not in onput.keys("outbox")


def test_a_large_file_goes_through_little_memory_and_what_follows_it_is_passed_over(onput):
    file = b"0123456789abcdef" * (4 << 20)
    late = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x-amz-late"\r\n\r\n1\r\n'.encode()
    answer = post(onput, "outbox", {"key": "large"} | signed(ANY_KEY), file, after=late)
    assert answer.status == 204
    assert answer.headers["etag"] == f'"{hashlib.md5(file).hexdigest()}"'
    assert onput.s3.head_object(Bucket="outbox", Key="large")["ContentLength"] == len(file)
    assert onput.resident_bytes("gateway") < 192 << 20
