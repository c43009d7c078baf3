"""CORS: configurations read back, preflights on the wire, and pages of other origins in Chromium."""
import json
import uuid

import botocore.exceptions
import pytest

from harness.browser import Browser, Page
from harness.clients import CLI_V2, AwsCli
from harness.wire import Wire

RULES = {"CORSRules": [
    {"ID": "app", "AllowedHeaders": ["*"], "AllowedMethods": ["PUT", "POST", "GET"],
     "AllowedOrigins": ["http://app.example:*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 300},
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["http://reader.example:*"]}]}


@pytest.fixture
def bucket(onput):
    name = "cors-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name)
    return name


def error_of(function, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        function(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_rules_are_put_read_back_and_deleted(onput, bucket):
    s3 = onput.s3
    assert error_of(s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES["CORSRules"]
    shown = AwsCli(CLI_V2, onput)("s3api", "get-bucket-cors", "--bucket", bucket)
    assert json.loads(shown) == RULES
    bad = {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}
    assert error_of(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=bad) == (400, "InvalidRequest")
    s3.delete_bucket_cors(Bucket=bucket)
    s3.delete_bucket_cors(Bucket=bucket)
    assert error_of(s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")


def test_a_change_of_the_rules_holds_from_its_answer_on(onput, bucket):
    wire = Wire(onput)
    asked = {"origin": "http://app.example:1", "access-control-request-method": "PUT"}

    def preflight():
        return wire.send_unsigned("OPTIONS", f"/{bucket}/key", b"", asked)

    assert (preflight().status, preflight().error_code) == (403, "AccessForbidden")
    onput.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    answer = preflight()
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "http://app.example:1"
    assert answer.headers["access-control-max-age"] == "300"
    onput.s3.delete_bucket_cors(Bucket=bucket)
    assert preflight().status == 403
    assert wire.send_unsigned("OPTIONS", "/absent-bucket/key", b"", asked).error_code == "NoSuchBucket"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def page():
    with Page() as started:
        yield started


PUT = """const answer = await fetch(arguments[0], {method: 'PUT', body: arguments[1],
                                                   headers: {'Content-Type': 'text/plain'}});
         return [answer.status, answer.headers.get('ETag'), answer.headers.get('x-amz-request-id')]"""
POST = """const form = new FormData();
          for (const [name, value] of Object.entries(arguments[1])) form.append(name, value);
          form.append('file', new Blob([arguments[2]]), 'page.txt');
          const answer = await fetch(arguments[0], {method: 'POST', body: form});
          return [answer.status, answer.headers.get('ETag')]"""
GET = "const answer = await fetch(arguments[0]); return [answer.status, await answer.text()]"


def test_a_page_of_an_allowed_origin_uploads_and_reads_the_etag(onput, bucket, browser, page):
    onput.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    browser.open(f"http://app.example:{page.port}/")
    url = onput.s3.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "put.txt", "ContentType": "text/plain"})
    status, etag, request_id = browser.run(PUT, url, "from a page")
    stored = onput.s3.get_object(Bucket=bucket, Key="put.txt")
    assert (status, etag) == (200, stored["ETag"]) and stored["Body"].read() == b"from a page"
    assert request_id is None  # It is not exposed.

    form = onput.s3.generate_presigned_post(bucket, "form/${filename}")
    status, etag = browser.run(POST, form["url"], form["fields"], "from a form")
    stored = onput.s3.get_object(Bucket=bucket, Key="form/page.txt")
    assert (status, etag) == (204, stored["ETag"]) and stored["Body"].read() == b"from a form"

    # Errors are readable, too.
    absent = onput.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "absent"})
    status, text = browser.run(GET, absent)
    assert status == 404 and "NoSuchKey" in text


def test_a_page_of_an_origin_that_is_not_allowed_uploads_nothing(onput, bucket, browser, page):
    onput.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    url = onput.s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "no.txt"})
    form = onput.s3.generate_presigned_post(bucket, "no.txt")
    for host in ("other.example", "reader.example"):
        browser.open(f"http://{host}:{page.port}/")
        assert browser.run(PUT, url, "no").startswith("failed: TypeError"), host
        # A form needs no preflight: it is the gateway that refuses it.
        assert browser.run(POST, form["url"], form["fields"], "no").startswith("failed: TypeError"), host
    assert "Contents" not in onput.s3.list_objects_v2(Bucket=bucket)


def test_a_page_changes_no_setting_and_copies_from_no_other_bucket(onput, bucket, browser, page):
    """With the development keys any page can sign: its bucket's rules are all that it has."""
    onput.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    onput.s3.put_object(Bucket="outbox", Key="secret", Body=b"secret")
    browser.open(f"http://app.example:{page.port}/")
    put = """const answer = await fetch(arguments[0], {method: 'PUT', headers: arguments[1]});
             return [answer.status, await answer.text()]"""
    create = onput.s3.generate_presigned_url("create_bucket", Params={"Bucket": bucket})
    status, text = browser.run(put, create, {})
    assert status == 403 and "is foreign" in text
    copy = onput.s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    status, text = browser.run(put, copy, {"x-amz-copy-source": "outbox/secret"})
    assert status == 403 and "is foreign" in text
    assert "Contents" not in onput.s3.list_objects_v2(Bucket=bucket)
