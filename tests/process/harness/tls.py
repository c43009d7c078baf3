"""TLS on loopback: certificates made by openssl, and Debian's nginx in front of an instance.

nginx runs as a child of the test with a configuration, a log and a process id of its own; nothing of
the machine's own nginx is touched.
"""
import os
import pathlib
import shutil
import socket
import ssl
import subprocess

from harness.waiting import wait_until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
STOP_DEADLINE_S = 10

CONFIGURATION = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            client_max_body_size 0;
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


def make_certificate(folder):
    """A certificate of localhost that signs itself: paths of (certificate, key)."""
    folder = pathlib.Path(folder)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=60)
    return str(certificate), str(key)


def trusting(certificate):
    """A context for clients that trust this certificate alone."""
    return ssl.create_default_context(cafile=certificate)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TlsProxy:
    """https://localhost:<port> in front of `upstream`. The port is known before it is started."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = make_certificate(self.folder)
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.process = None

    def start(self, upstream):
        path = self.folder / "nginx.conf"
        path.write_text(CONFIGURATION.format(
            user="user root;" if os.getuid() == 0 else "", folder=self.folder, port=self.port,
            certificate=self.certificate[0], key=self.certificate[1], upstream=upstream))
        self.process = subprocess.Popen([NGINX, "-p", self.folder, "-c", path],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.folder / "stderr.log", "wb"))
        wait_until(self._is_open, 20, f"nginx; see {self.folder}")
        return self

    def _is_open(self):
        assert self.process.poll() is None, (self.folder / "stderr.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
