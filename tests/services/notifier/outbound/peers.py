"""Real peers of the outbound tests, as a child process on a free port of loopback.

    peers.py https CERTIFICATE KEY   answers every POST with 200
    peers.py smtp                    takes mail

Prints its port, then a line per message: JSON. Ends when its standard input does.
"""
import base64
import http.server
import json
import os
import ssl
import sys
import threading
import warnings


def say(value):
    print(json.dumps(value), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        say({"body": body.decode()})

    def log_message(self, *_):
        pass


def serve_https(certificate, key):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # A client that does not trust the certificate goes away.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    say({"port": server.server_address[1]})
    server.serve_forever()


def serve_smtp():
    warnings.simplefilter("ignore")
    import asyncore
    import smtpd

    class Receiver(smtpd.SMTPServer):
        def process_message(self, peer, mailfrom, rcpttos, data, **_):
            say({"from": mailfrom, "to": rcpttos, "data": base64.b64encode(data).decode()})

    receiver = Receiver(("127.0.0.1", 0), None)
    say({"port": receiver.socket.getsockname()[1]})
    asyncore.loop(timeout=1)


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
if sys.argv[1] == "https":
    serve_https(*sys.argv[2:])
else:
    serve_smtp()
