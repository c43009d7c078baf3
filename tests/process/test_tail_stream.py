"""/_onput/events: the journal as server-sent events, as a browser or a program without a signature
of its own reads it."""
import http.client
import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

PATH = "/_onput/events"


@pytest.fixture(scope="module")
def token(onput):
    return json.loads(onput.run("env", "--shell", "json").stdout)["ONPUT_EVENTS_TOKEN"]


@pytest.fixture(scope="module")
def bucket(onput):
    onput.s3.create_bucket(Bucket="quiet")
    for i in range(3):
        onput.s3.put_object(Bucket="quiet", Key=f"{i}.txt", Body=b"x")
    return "quiet"


class Stream:
    """One GET, its events as they come."""

    def __init__(self, onput, query="", headers=None, method="GET"):
        self.connection = http.client.HTTPConnection("127.0.0.1", onput.port, timeout=30)
        self.connection.request(method, f"{PATH}{query}", headers=headers or {})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def events(self, count):
        """So many with data: (id, event name, data)."""
        found, fields = [], {}
        while len(found) < count:
            line = self.answer.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value
                continue
            if "data" in fields:
                found.append((fields.get("id"), fields.get("event"), fields["data"]))
            fields = {}
        return found

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def bearer(token, **more):
    return {"Authorization": f"Bearer {token}", **more}


def keys_of(events):
    return [json.loads(data)["event"]["key"] for _, _, data in events]


def test_a_bearer_reads_what_was_and_what_comes(onput, bucket, token):
    with Stream(onput, "?bucket=quiet&from-seq=1", bearer(token)) as stream:
        assert stream.answer.getheader("content-type") == "text/event-stream"
        assert keys_of(stream.events(3)) == ["0.txt", "1.txt", "2.txt"]
        onput.s3.put_object(Bucket="quiet", Key="3.txt", Body=b"x")
        assert keys_of(stream.events(1)) == ["3.txt"]


def test_a_client_that_comes_back_goes_on_behind_its_last_event(onput, bucket, token):
    with Stream(onput, "?bucket=quiet&from-seq=1", bearer(token)) as stream:
        last = stream.events(2)[-1][0]
    with Stream(onput, "?bucket=quiet&from-seq=1", bearer(token, **{"Last-Event-ID": last})) as again:
        assert keys_of(again.events(1)) == ["2.txt"]


def test_a_pattern_and_another_form(onput, bucket, token):
    query = "?from-seq=1&format=cloudevent&pattern=%7B%22detail%22%3A%7B%22bucket%22%3A%7B%22name%22%3A%5B%22quiet%22%5D%7D%7D%7D"
    with Stream(onput, query, bearer(token)) as stream:
        event = json.loads(stream.events(1)[0][2])
    assert event["specversion"] == "1.0" and event["subject"] == "0.txt"


def signed(onput, query, auth):
    request = botocore.awsrequest.AWSRequest(method="GET", url=f"{onput.url}{PATH}{query}")
    auth.add_auth(request)
    prepared = request.prepare()
    return Stream(onput, prepared.url.split(PATH, 1)[1], dict(prepared.headers))


@pytest.mark.parametrize("kind", [botocore.auth.SigV4Auth, botocore.auth.SigV4QueryAuth])
def test_a_signature_in_the_header_or_in_the_url_is_taken(onput, bucket, kind):
    credentials = botocore.credentials.Credentials("test", "test")
    with signed(onput, "?bucket=quiet&from-seq=1", kind(credentials, "events", "us-east-1")) as stream:
        assert stream.status == 200
        assert keys_of(stream.events(1)) == ["0.txt"]
    wrong = botocore.credentials.Credentials("test", "guess")
    with signed(onput, "", kind(wrong, "events", "us-east-1")) as refused:
        assert refused.status == 403


def test_nobody_reads_without_a_key(onput, bucket, token):
    for headers in ({}, bearer("test." + "0" * 64), bearer(token[:-1]), bearer("")):
        with Stream(onput, "", headers) as refused:
            assert refused.status == 403, headers
            assert "onput env" in json.loads(refused.answer.read())["message"]
    with Stream(onput, "", bearer(token, Origin="https://foreign.example")) as refused:
        assert refused.status == 403


@pytest.mark.parametrize("query, words", [
    ("?colour=red", "colour"), ("?since=yesterday", "yesterday"), ("?from-seq=0", "from-seq"),
    ("?status=broken", "status"), ("?pattern=%7B", "pattern"), ("?format=xml", "format")])
def test_what_makes_no_sense_is_400_and_named(onput, token, query, words):
    with Stream(onput, query, bearer(token)) as refused:
        assert refused.status == 400
        assert words in json.loads(refused.answer.read())["message"]


def test_other_methods_are_refused(onput, token):
    with Stream(onput, "", bearer(token), method="POST") as refused:
        assert refused.status == 405 and refused.answer.getheader("allow") == "GET"


def test_the_notifier_s_death_is_a_silence(onput, bucket, token):
    with Stream(onput, "?bucket=quiet", bearer(token)) as stream:
        assert onput.kill("notifier")
        onput.s3.put_object(Bucket="quiet", Key="after.txt", Body=b"x")
        assert keys_of(stream.events(1)) == ["after.txt"]


def test_there_are_only_so_many_at_once(onput, token):
    streams = [Stream(onput, "", bearer(token)) for _ in range(100)]
    try:
        assert {stream.status for stream in streams} == {200}
        with Stream(onput, "", bearer(token)) as refused:
            assert refused.status == 503 and refused.answer.getheader("retry-after")
    finally:
        for stream in streams:
            stream.close()
