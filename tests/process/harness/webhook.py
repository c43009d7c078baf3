"""Webhooks: the tests' own HTTP server as a subscriber, with a path for each subscription.

    with Receiver() as receiver:
        hook = receiver.hook(500, 500, 200)     # What its notifications are answered; the last stays.
        ...subscribe hook.url...
        hook.confirm()
        first, second, third = hook.wait(3)
"""
import contextlib
import http.server
import itertools
import json
import socket
import ssl
import threading
import time
import urllib.request
from dataclasses import dataclass, field

from harness.waiting import wait_until


@dataclass
class Answer:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0


NEVER = Answer(delay_s=float("inf"))  # The connection stays open, and nothing comes.


@dataclass
class Request:
    """What one POST brought, or another method."""
    path: str      # With its query.
    headers: dict  # Names in lower case.
    body: bytes
    time: float    # Monotonic.
    method: str = "POST"

    @property
    def type(self):
        return self.headers.get("x-amz-sns-message-type", "")

    @property
    def json(self):
        return json.loads(self.body)


def open_link(url, context=None):
    """GETs a link as a browser would: no signature, no proxy. The answer's text."""
    handlers = [urllib.request.ProxyHandler({})]
    if context:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    with urllib.request.build_opener(*handlers).open(url, timeout=20) as answer:
        return answer.read().decode()


class Hook:
    """One path of a receiver."""

    def __init__(self, url, path, answers):
        self.url = url
        self.path = path
        self.received = []
        self._answers = list(answers) or [200]
        self._lock = threading.Lock()

    def answers(self, *answers):
        """What the next notifications are answered."""
        with self._lock:
            self._answers = list(answers)

    def take(self, request):
        with self._lock:
            self.received.append(request)
            if request.type == "SubscriptionConfirmation":
                return Answer()
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer if isinstance(answer, Answer) else Answer(status=answer)

    def of_type(self, name):
        return [request for request in list(self.received) if request.type == name]

    @property
    def notifications(self):
        return [r for r in list(self.received) if r.type != "SubscriptionConfirmation"]

    def wait(self, count=1, deadline_s=20):
        """The notifications, once there are `count`."""
        wait_until(lambda: len(self.notifications) >= count, deadline_s,
                   f"{count} notifications at {self.path}")
        return self.notifications

    def confirmation(self, deadline_s=20):
        return wait_until(lambda: self.of_type("SubscriptionConfirmation"), deadline_s,
                          f"a confirmation at {self.path}")[-1]

    def confirm(self, context=None):
        """Opens the SubscribeURL that it was sent; the confirmation."""
        confirmation = self.confirmation()
        open_link(confirmation.json["SubscribeURL"], context)
        return confirmation


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        hook = self.server.hooks.get(self.path.partition("?")[0])
        answer = Answer(status=404)
        if hook:
            answer = hook.take(Request(self.path, headers, body, time.monotonic(), self.command))
        # The end of the receiver ends every wait.
        if answer.delay_s and self.server.ended.wait(min(answer.delay_s, 600)):
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

    def log_message(self, *unused):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.hooks = {}
        self.ended = threading.Event()
        self.connections = set()

    def process_request(self, request, client_address):
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass  # A client that stopped waiting is what some tests are about.


class Receiver:
    """An HTTP server on loopback; https when there is a certificate, (certificate, key)."""

    def __init__(self, certificate=None):
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.port = self.server.server_address[1]
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self._numbers = itertools.count(1)
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self.server.ended.set()
        self.server.shutdown()
        self.server.server_close()
        # Those that clients keep open would go on being answered.
        for connection in list(self.server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def hook(self, *answers, host="127.0.0.1", below=""):
        path = f"/hook-{next(self._numbers)}{below}"
        hook = Hook(f"{self.scheme}://{host}:{self.port}{path}", path, answers)
        self.server.hooks[path] = hook
        return hook
