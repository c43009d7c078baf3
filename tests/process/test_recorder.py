"""The tap that the tests of clients rely on: it says so when a client tries again."""
import contextlib
import http.client
import http.server
import threading
import types
import urllib.request

import boto3
import botocore.config
import pytest

from harness.recorder import Recorder


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with the statuses that it was given, one a request; "cut" is a body that ends too early."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = self.server.statuses.pop(0)
        self.send_response(200 if status == "cut" else status)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"ab" if status == "cut" else b"abcd")
        self.close_connection = status == "cut"

    do_GET = do_PUT = answer

    def log_message(self, *unused):
        pass


@pytest.fixture
def wire_to():
    with contextlib.ExitStack() as stack:
        def start(*statuses):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
            server.statuses = list(statuses)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return stack.enter_context(Recorder(types.SimpleNamespace(port=server.server_address[1])))
        yield start


def ask(wire, method="GET", path="/b/k", body=None):
    with contextlib.suppress(OSError, http.client.HTTPException):
        request = urllib.request.Request(wire.url + path, data=body, method=method)
        return urllib.request.urlopen(request, timeout=20).read()


def test_what_happens_once_passes_and_passes_unchanged(wire_to):
    wire = wire_to(200, 200, 404, 200)
    assert ask(wire) == b"abcd"
    ask(wire, "PUT", body=b"one")
    ask(wire, "GET", "/absent")
    ask(wire, "PUT", body=b"three")
    assert [each.status for each in wire.expect_no_retries()] == [200, 200, 404, 200]


def test_an_sdk_that_tries_again_is_seen(wire_to):
    wire = wire_to(503, 200)
    s3 = boto3.session.Session().client(
        "s3", endpoint_url=wire.url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
        config=botocore.config.Config(s3={"addressing_style": "path"}))
    s3.get_object(Bucket="b", Key="k")
    with pytest.raises(AssertionError, match="GET /b/k -> 503"):
        wire.expect_no_retries()
    wire.exchanges[0].status = 200
    with pytest.raises(AssertionError, match="attempt=2"):
        wire.expect_no_retries()


def test_the_same_change_asked_for_twice_is_seen_unless_it_is_the_clients_way(wire_to):
    wire = wire_to(200, 200)
    ask(wire, "PUT", body=b"same")
    ask(wire, "PUT", body=b"same")
    with pytest.raises(AssertionError, match="2 times: PUT /b/k"):
        wire.expect_no_retries()
    wire.expect_no_retries(repeated=["PUT /b/"])


def test_an_answer_that_breaks_off_is_seen(wire_to):
    wire = wire_to("cut")
    ask(wire)
    with pytest.raises(AssertionError, match=r"\(cut\)"):
        wire.expect_no_retries()


def test_an_operation_that_is_not_here_is_a_failure_unless_the_client_does_without(wire_to):
    wire = wire_to(501)
    ask(wire, path="/b?acl")
    with pytest.raises(AssertionError, match="501"):
        wire.expect_no_retries()
    wire.expect_no_retries(absent=["?acl"])
