"""Requests to function URLs: their hosts lead to the instance, whatever resolves names here."""
import http.client
import urllib.parse
from dataclasses import dataclass

import botocore.auth
import botocore.awsrequest
import botocore.credentials


@dataclass
class Answer:
    status: int
    headers: list  # Of (name in lower case, value), in their order.
    body: bytes

    def all(self, name):
        return [value for other, value in self.headers if other == name]

    def header(self, name):
        return ", ".join(self.all(name))


def signed(url, method, headers, body, key="test", secret="test", token=None, service="lambda", region="us-east-1"):
    """The headers of a signed request."""
    request = botocore.awsrequest.AWSRequest(method, url, data=body, headers=headers)
    credentials = botocore.credentials.Credentials(key, secret, token)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())


def ask(url, method="GET", path="", body=b"", headers=(), sign=None):
    """`sign`: options of signed(), for a request with a signature."""
    whole = url.rstrip("/") + (path or "/")
    parts = urllib.parse.urlsplit(whole)
    sent = dict(headers)
    if sign is not None:
        sent = signed(whole, method, sent, body, **sign)
    sent["Host"] = parts.netloc
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
    try:
        connection.request(method, target, body or None, sent)
        answer = connection.getresponse()
        return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
    finally:
        connection.close()
