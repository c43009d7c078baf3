"""Websites: configurations read back, the port of their own, and a small one browsed in Chromium."""
import http.client
import json
import socket
import uuid

import botocore.exceptions
import pytest

from harness.browser import Browser
from harness.wire import Wire

CONFIGURATION = {
    "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
    "RoutingRules": [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}},
                     {"Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "app/"},
                      "Redirect": {"ReplaceKeyWith": "index.html", "HttpRedirectCode": "302"}}]}


@pytest.fixture
def bucket(onput):
    name = "web-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name)
    return name


def error_of(function, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        function(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_a_website_is_put_read_back_and_deleted(onput, bucket):
    s3 = onput.s3
    assert error_of(s3.get_bucket_website, Bucket=bucket) == (404, "NoSuchWebsiteConfiguration")
    for wanted in (CONFIGURATION, {"RedirectAllRequestsTo": {"HostName": "a.example", "Protocol": "https"}}):
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=wanted)
        got = s3.get_bucket_website(Bucket=bucket)
        assert {name: value for name, value in got.items() if name != "ResponseMetadata"} == wanted
    assert error_of(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration={
        "IndexDocument": {"Suffix": "a/b"}}) == (400, "InvalidArgument")
    s3.delete_bucket_website(Bucket=bucket)
    s3.delete_bucket_website(Bucket=bucket)
    assert error_of(s3.get_bucket_website, Bucket=bucket) == (404, "NoSuchWebsiteConfiguration")


def visit(onput, bucket, target, method="GET"):
    return Wire(onput).send_unsigned(method, target, b"", {
        "host": f"{bucket}.s3-website.localhost:{onput.port}"})


def test_what_is_not_public_is_refused_in_html(onput, bucket):
    onput.s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=CONFIGURATION)
    onput.s3.put_object(Bucket=bucket, Key="index.html", Body=b"secret")
    answer = visit(onput, bucket, "/")
    assert answer.status == 403 and answer.body.startswith(b"<html><head><title>403 Forbidden")
    assert b"<li>Code: AccessDenied</li>" in answer.body and b"secret" not in answer.body
    moved = visit(onput, bucket, "/old/page?q=1")
    assert (moved.status, moved.headers["location"]) == (301, "/docs/page?q=1")
    assert visit(onput, bucket, "/index.html", "PUT").status == 405
    absent = visit(onput, "absent-" + bucket, "/")
    assert absent.status == 404 and b"<li>Code: NoSuchBucket</li>" in absent.body


def test_a_port_of_its_own_serves_websites_alone(own_onput):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    onput = own_onput(environment={"ONPUT_WEBSITE_LISTEN": f"127.0.0.1:{port}"})
    onput.s3.create_bucket(Bucket="site")
    onput.s3.put_bucket_website(Bucket="site", WebsiteConfiguration=CONFIGURATION)

    def ask(target, host):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", target, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()

    assert ask("/site", "127.0.0.1")[:2] == (302, "/site/")
    assert ask("/site/old/a", "127.0.0.1")[:2] == (301, "/site/docs/a")
    assert ask("/old/a", "site.localhost")[:2] == (301, "/docs/a")
    status, _, body = ask("/site/", "127.0.0.1")
    assert status == 403 and body.startswith(b"<html>")
    status, _, body = ask("/_onput/livez", "127.0.0.1")
    assert status == 404 and b"<li>BucketName: _onput</li>" in body
    # With the development keys names of others are foreign here too.
    assert ask("/", "www.example.com")[0] == 403


def publish(onput, bucket):
    """Makes everything in a bucket readable by anybody. Who may not list is told 403 of what is absent."""
    onput.s3.delete_public_access_block(Bucket=bucket)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{resource}"}
        for action, resource in (("s3:GetObject", bucket + "/*"), ("s3:ListBucket", bucket))]}
    try:
        onput.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NotImplemented":
            raise
        pytest.skip("nothing can be made public: there are no policies of buckets")


@pytest.fixture
def site(onput, bucket):
    pages = {
        "index.html": "<title>home</title><a href='docs'>docs</a> <a href='old/a.html'>old</a> "
                      "<a href='absent'>absent</a> <a href='moved'>moved</a> <a href='app/deep'>deep</a>",
        "docs/index.html": "<title>docs</title><a href='a.html'>a</a>",
        "docs/a.html": "<title>a</title>", "error.html": "<title>our own error</title>"}
    for key, text in pages.items():
        onput.s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="text/html")
    onput.s3.put_object(Bucket=bucket, Key="moved", WebsiteRedirectLocation="/docs/a.html")
    onput.s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=CONFIGURATION)
    publish(onput, bucket)
    return bucket


def test_a_small_website_is_browsed(onput, site, tmp_path):
    home = f"http://{site}.s3-website.localhost:{onput.port}/"
    with Browser(tmp_path) as browser:
        def follow(link):
            browser.open(home)
            assert browser.title == "home"
            browser.click(link)
            return browser.title, browser.address.removeprefix(home)

        assert follow("docs") == ("docs", "docs/")
        browser.click("a")
        assert (browser.title, browser.address) == ("a", home + "docs/a.html")
        assert follow("old") == ("a", "docs/a.html")
        assert follow("moved") == ("a", "docs/a.html")
        assert follow("absent") == ("our own error", "absent")
        assert follow("deep") == ("home", "index.html")
        assert browser.run("return (await fetch('/absent')).status") == 404


def test_ranges_and_conditions_are_served_as_usual(onput, site):
    wire = Wire(onput)
    host = {"host": f"{site}.s3-website.localhost:{onput.port}"}
    whole = wire.send_unsigned("GET", "/docs/a.html", b"", host)
    assert whole.status == 200 and whole.body == b"<title>a</title>"
    part = wire.send_unsigned("GET", "/docs/a.html", b"", host | {"range": "bytes=1-5"})
    assert (part.status, part.body) == (206, b"title")
    same = wire.send_unsigned("GET", "/docs/a.html", b"", host | {"if-none-match": whole.headers["etag"]})
    assert (same.status, same.body) == (304, b"")
    head = wire.send_unsigned("HEAD", "/docs/a.html", b"", host)
    assert (head.status, head.headers["content-length"]) == (200, "16")
    error = wire.send_unsigned("GET", "/absent", b"", host)
    assert (error.status, error.body) == (404, b"<title>our own error</title>")
    expected = {"x-amz-error-code": "NoSuchKey", "x-amz-error-message": "The specified key does not exist.",
                "x-amz-error-detail-key": "absent", "content-type": "text/html"}
    assert {name: error.headers.get(name) for name in expected} == expected
