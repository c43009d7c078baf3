"""S3 requests made by hand: a SigV4 signer of our own and HTTP as bytes, for all that SDKs hide.

    answer = Wire(onput).send("PUT", "/inbox/a.txt", b"Hello.")
    answer.status, answer.error_code, answer.headers["etag"], answer.body
"""
import base64
import datetime
import hashlib
import hmac
import http.client
import io
import signal
import socket
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import dataclass, field

REGION = "us-east-1"
SILENCE_S = 8  # The gateway is silent for 5 s at most, and looks each second.
EMPTY_HASH = hashlib.sha256(b"").hexdigest()


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def error(self):
        """The elements of an S3 error document."""
        root = ElementTree.fromstring(self.body)
        return {child.tag: child.text or "" for child in root}

    @property
    def error_code(self):
        return self.error["Code"] if self.body else ""


def crc32_base64(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass
class Signer:
    """AWS Signature Version 4 of one moment."""
    secret: str = "test"
    access_key: str = "test"
    region: str = REGION
    now: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.now(datetime.timezone.utc))

    def __post_init__(self):
        self.time = self.now.strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.time[:8]}/{self.region}/s3/aws4_request"
        key = _mac(b"AWS4" + self.secret.encode(), self.time[:8])
        for part in (self.region, "s3", "aws4_request"):
            key = _mac(key, part)
        self.key = key

    def signature(self, canonical):
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.time, self.scope, digest])
        return _mac(self.key, text).hex()

    def sign(self, method, target, headers, payload):
        """`headers` with x-amz-date, x-amz-content-sha256 and Authorization added."""
        path, _, query = target.partition("?")
        pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
        canonical_query = "&".join(
            f"{urllib.parse.quote(n, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}"
            for n, v in pairs)
        signed = {name.lower(): str(value).strip() for name, value in headers.items()}
        signed |= {"x-amz-date": self.time, "x-amz-content-sha256": payload}
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = "\n".join([method, path, canonical_query, lines, names, payload])
        self.seed = self.signature(canonical)
        authorization = (f"AWS4-HMAC-SHA256 Credential={self.access_key}/{self.scope}, "
                         f"SignedHeaders={names}, Signature={self.seed}")
        return signed | {"authorization": authorization}

    def next_chunk(self, data):
        """The signature of one aws-chunked chunk, which the next one builds on."""
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", self.time, self.scope, self.seed, EMPTY_HASH,
                          hashlib.sha256(data).hexdigest()])
        self.seed = _mac(self.key, text).hex()
        return self.seed

    def trailer(self, text):
        joined = "\n".join(["AWS4-HMAC-SHA256-TRAILER", self.time, self.scope, self.seed,
                            hashlib.sha256(text.encode()).hexdigest()])
        return _mac(self.key, joined).hex()


def framed(chunks, signer=None, trailer=None):
    """aws-chunked framing of `chunks`, signed when there is a signer; `trailer` is (name, value)."""
    out = b""
    for chunk in [*chunks, b""]:
        out += f"{len(chunk):x}".encode()
        if signer:
            out += b";chunk-signature=" + signer.next_chunk(chunk).encode()
        out += b"\r\n" + (chunk + b"\r\n" if chunk else b"")
    if trailer:
        name, value = trailer
        out += f"{name}:{value}\r\n".encode()
        if signer:
            out += f"x-amz-trailer-signature:{signer.trailer(f'{name}:{value}' + chr(10))}\r\n".encode()
    return out + b"\r\n"


class Wire:
    def __init__(self, onput):
        self.port = onput.port
        self.host = f"127.0.0.1:{onput.port}"

    def connect(self, deadline_s=30):
        return socket.create_connection(("127.0.0.1", self.port), deadline_s)

    def send(self, method, target, body=b"", headers=None, payload=None, signer=None):
        """One signed request. `payload`: what x-amz-content-sha256 says; the body's hash otherwise."""
        signer = signer or Signer()
        payload = payload or hashlib.sha256(body).hexdigest()
        signed = signer.sign(method, target, {"host": self.host, **(headers or {})}, payload)
        return self.send_unsigned(method, target, body, signed)

    def send_chunked(self, target, chunks, payload, headers=None, trailer=None, is_signed=True):
        """A PUT in one of the STREAMING forms."""
        signer = Signer()
        stated = {"host": self.host, "content-encoding": "aws-chunked",
                  "x-amz-decoded-content-length": sum(map(len, chunks)), **(headers or {})}
        if trailer:
            stated["x-amz-trailer"] = trailer[0]
        signed = signer.sign("PUT", target, stated, payload)
        body = framed(chunks, signer if is_signed else None, trailer)
        return self.send_unsigned("PUT", target, body, signed)

    def send_unsigned(self, method, target, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            stated = {"host": self.host} | {n.lower(): v for n, v in (headers or {}).items()}
            if body or method in ("PUT", "POST"):
                stated.setdefault("content-length", len(body))
            for name, value in stated.items():
                connection.putheader(name, str(value))
            try:
                connection.endheaders(body or None)
            except (BrokenPipeError, ConnectionResetError):
                pass  # Refused before the whole body was sent: the answer says why.
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def head_bytes(self, method, target, body_bytes, headers=None, payload="UNSIGNED-PAYLOAD"):
        """The head of a signed request as bytes, for tests that send the body their own way."""
        stated = {"host": self.host, "content-length": body_bytes, **(headers or {})}
        signed = Signer().sign(method, target, stated, payload)
        lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in signed.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_answer(connection):
    """The answer that a socket brings. None when the peer closed without one."""
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
    except (http.client.RemoteDisconnected, ConnectionResetError, http.client.BadStatusLine):
        return None
    names = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, names, answer.read())


def answer_without_storage(onput, request):
    """The answer to a request whose head and a blank come before storage does anything: it is stopped until then."""
    with Wire(onput).connect(SILENCE_S) as connection:
        onput.kill("storage", signal.SIGSTOP)
        try:
            connection.sendall(request)
            begun = b""
            while b"<?xml" not in begun or not begun.endswith(b" \r\n"):
                begun += connection.recv(4096)
                assert begun, "the gateway closed the connection"
        finally:
            onput.kill("storage", signal.SIGCONT)
        connection.settimeout(30)
        return read_answer(_Again(connection, begun))


class _Again:
    """A connection whose first bytes were read before."""

    def __init__(self, connection, begun):
        self.connection, self.begun = connection, begun

    def makefile(self, mode):
        return io.BufferedReader(_Joined(self.begun, self.connection.makefile(mode, buffering=0)))


class _Joined(io.RawIOBase):
    def __init__(self, begun, rest):
        self.begun, self.rest = begun, rest

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.begun:
            return self.rest.readinto(buffer)
        taken = min(len(buffer), len(self.begun))
        buffer[:taken], self.begun = self.begun[:taken], self.begun[taken:]
        return taken
