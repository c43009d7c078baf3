"""A wire tap between a client and the gateway: every byte passes unchanged, every exchange is written down.

    with Recorder(onput) as wire:
        run_client(onput, "program", wire.url)
        wire.expect_no_retries()

With a certificate (harness.tls) it speaks TLS to the client.
"""
import collections
import contextlib
import dataclasses
import queue
import socket
import threading

from harness.waiting import NotReached, wait_until

BLOCK_BYTES = 256 * 1024
HEAD_BYTES_MAX = 128 * 1024
IO_DEADLINE_S = 60
NOTED_DEADLINE_S = 2
# Headers that differ between a request and its repetition.
VOLATILE = ("authorization", "date", "x-amz-date", "amz-sdk-invocation-id", "amz-sdk-request", "connection")
BODILESS = (204, 304)
READING = ("GET", "HEAD")


@dataclasses.dataclass
class Exchange:
    """One request and its answer; status 0 when there was none, `whole` when both came to their end."""
    method: str
    target: str
    headers: dict
    status: int = 0
    whole: bool = False

    @property
    def asked(self):
        """What was asked, without signature and date: equal for a request and its repetition."""
        headers = sorted((name, value) for name, value in self.headers.items() if name not in VOLATILE)
        path, _, query = self.target.partition("?")
        parameters = tuple(sorted(word for word in query.split("&") if not word.startswith(
            ("X-Amz-Signature=", "X-Amz-Date=", "Signature=", "Expires="))))
        return self.method, path, parameters, tuple(headers)

    def __str__(self):
        return f"{self.method} {self.target} -> {self.status}{'' if self.whole else ' (cut)'}"


class _Cut(Exception):
    """The peer closed in the middle of a message, or before one."""


class _Messages:
    """HTTP/1.1 messages of one direction, passed on while they are read."""

    def __init__(self, source, sink):
        self.source, self.sink = source.makefile("rb", BLOCK_BYTES), sink

    def head(self):
        """(first line, headers, bytes) of the next message; the caller passes it on."""
        raw = b""
        while not raw.endswith(b"\r\n\r\n"):
            line = self.source.readline(HEAD_BYTES_MAX)
            if not line or len(raw) > HEAD_BYTES_MAX:
                raise _Cut
            raw += line
        first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return first, headers, raw

    def pass_on(self, data):
        self.sink.sendall(data)

    def body(self, headers, until_end=False):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            self._chunks()
        elif "content-length" in headers:
            self._exactly(int(headers["content-length"]))
        elif until_end:
            while block := self.source.read1(BLOCK_BYTES):
                self.pass_on(block)

    def _exactly(self, left):
        while left:
            block = self.source.read1(min(left, BLOCK_BYTES))
            if not block:
                raise _Cut
            self.pass_on(block)
            left -= len(block)

    def _chunks(self):
        while True:
            line = self.source.readline(HEAD_BYTES_MAX)
            if not line:
                raise _Cut
            self.pass_on(line)
            size = int(line.split(b";")[0], 16)
            self._exactly(size + 2 if size else 0)
            if size == 0:
                break
        while line != b"\r\n":
            line = self.source.readline(HEAD_BYTES_MAX)
            if not line:
                raise _Cut
            self.pass_on(line)


class Recorder:
    def __init__(self, onput):
        self.upstream = ("127.0.0.1", onput.port)
        self.exchanges = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.host = f"localhost:{self.port}"
        self.url = f"http://{self.host}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *unused):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client):
        with contextlib.suppress(OSError, _Cut):
            client.settimeout(IO_DEADLINE_S)
            gateway = socket.create_connection(self.upstream, IO_DEADLINE_S)
            for side in (client, gateway):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            open_exchanges = queue.SimpleQueue()
            answers = threading.Thread(target=self._answers, args=(gateway, client, open_exchanges), daemon=True)
            answers.start()
            try:
                self._requests(client, gateway, open_exchanges)
            finally:
                with contextlib.suppress(OSError):
                    gateway.shutdown(socket.SHUT_WR)
                answers.join(IO_DEADLINE_S)
                gateway.close()
                client.close()

    def _requests(self, client, gateway, open_exchanges):
        messages = _Messages(client, gateway)
        while True:
            first, headers, raw = messages.head()
            method, target, _ = first.split(" ", 2)
            exchange = Exchange(method, target, headers)
            self.exchanges.append(exchange)
            open_exchanges.put(exchange)
            messages.pass_on(raw)
            messages.body(headers)

    def _answers(self, gateway, client, open_exchanges):
        messages = _Messages(gateway, client)
        with contextlib.suppress(OSError, _Cut):
            while True:
                first, headers, raw = messages.head()
                status = int(first.split(" ")[1])
                if status < 200:
                    messages.pass_on(raw)
                    continue
                exchange = open_exchanges.get(timeout=IO_DEADLINE_S)
                exchange.status = status
                if exchange.method == "HEAD" or status in BODILESS:
                    exchange.whole = True
                    messages.pass_on(raw)
                    continue
                messages.pass_on(raw)
                messages.body(headers, until_end=True)
                exchange.whole = True
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)

    # -- what tests ask

    def count(self, method, status=None):
        return sum(1 for each in self.exchanges
                   if each.method == method and status in (None, each.status))

    def _told(self, exchanges):
        return "\n".join(map(str, exchanges))

    def expect_no_retries(self, repeated=(), absent=()):
        """No answer failed by the server's fault or was cut; no SDK counts a second attempt; no change was
        asked for twice. `repeated`: beginnings of "METHOD /path" that this client asks for more than once by its
        own design; `absent`: ends of targets of operations that are not here, which it does without."""
        assert self.exchanges, "no request passed"
        # The client may have read the last byte before it was noted here that it was the last.
        with contextlib.suppress(NotReached):
            wait_until(lambda: all(each.whole for each in self.exchanges), NOTED_DEADLINE_S)
        for exchange in self.exchanges:
            name = f"{exchange.method} {exchange.target}"
            assert exchange.status, f"no answer to {exchange}\n{self._told(self.exchanges)}"
            if exchange.status != 501 or not exchange.target.endswith(tuple(absent)):
                assert exchange.status < 500 and exchange.status not in (408, 429), (
                    f"{exchange}\n{self._told(self.exchanges)}")
            assert exchange.whole, f"{exchange}\n{self._told(self.exchanges)}"
            attempt = exchange.headers.get("amz-sdk-request", "")
            assert not attempt or attempt.startswith("attempt=1"), f"{name}: {attempt}"
        changes = collections.Counter(each.asked for each in self.exchanges if each.method not in READING)
        for (method, path, *rest), times in changes.items():
            assert times == 1 or f"{method} {path}".startswith(tuple(repeated)), (
                f"{times} times: {method} {path} {rest}\n{self._told(self.exchanges)}")
        return self.exchanges
