"""A mail server for the tests: aiosmtpd, which keeps what it takes and refuses what it is told to.

    with Mailbox() as mailbox:
        mailbox.refuse("full@example.com", "451 4.2.2 try again", times=1)
        ...
        mail = mailbox.wait("reader@example.com")[0]
        mail.message["Subject"], mail.text, mail.links

With a certificate it offers STARTTLS and demands it; with a login, it demands that too.
"""
import email
import email.policy
import re
import ssl
import threading
from dataclasses import dataclass

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from harness.waiting import wait_until

NEVER_AGAIN = 10**9


@dataclass
class Mail:
    sender: str
    recipients: list
    content: bytes
    is_encrypted: bool
    login: str  # Empty: none.

    @property
    def message(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def text(self):
        """The body, its lines ended by "\n" as programs show it."""
        return self.message.get_content().replace("\r\n", "\n")

    @property
    def links(self):
        return re.findall(r"https?://\S+", self.text)


class _Handler:
    def __init__(self, mailbox):
        self.mailbox = mailbox

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.mailbox.reply_to(address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        login = session.auth_data.login.decode() if session.authenticated else ""
        self.mailbox.add(Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content,
                              session.ssl is not None, login))
        return "250 OK"


class _Controller(Controller):
    """On a port that the kernel chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    def __init__(self, certificate=None, login=None):
        self._mails = []
        self._refusals = {}
        self.attempts = []  # Recipients that were asked for, in order.
        self._lock = threading.Lock()
        options = {}
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            options |= {"tls_context": context, "require_starttls": True}
        if login:
            def check(server, session, envelope, mechanism, given):
                return AuthResult(success=(given.login.decode(), given.password.decode()) == login,
                                  handled=False, auth_data=given)
            options |= {"authenticator": check, "auth_required": True,
                        "auth_require_tls": certificate is not None}
        self._controller = _Controller(_Handler(self), hostname="127.0.0.1", port=0, **options)

    def __enter__(self):
        self._controller.start()
        self.port = self._controller.port
        return self

    def __exit__(self, *unused):
        self._controller.stop()

    def refuse(self, address, reply, times=NEVER_AGAIN):
        """The next `times` mails to `address` are answered `reply`."""
        with self._lock:
            self._refusals[address] = [reply, times]

    def reply_to(self, address):
        with self._lock:
            self.attempts.append(address)
            reply, times = self._refusals.get(address, ("", 0))
            if times == 0:
                return None
            self._refusals[address][1] -= 1
            return reply

    def add(self, mail):
        with self._lock:
            self._mails.append(mail)

    def to(self, address):
        with self._lock:
            return [mail for mail in self._mails if address in mail.recipients]

    def wait(self, address, count=1, deadline_s=20):
        """The mails to `address`, once there are `count`."""
        wait_until(lambda: len(self.to(address)) >= count, deadline_s,
                   f"{count} mails to {address}")
        return self.to(address)
