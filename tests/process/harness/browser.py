"""Chromium without a window, driven through chromedriver by the WebDriver protocol.

    with Browser(folder) as browser, Page() as page:
        browser.open(f"http://app.example:{page.port}/")
        browser.run("return (await fetch(arguments[0])).status", url)

Every host name leads to this machine, so that pages have origins of their own.
"""
import http.server
import json
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

DEADLINE_S = 60


class Page:
    """A web server with one empty page at any path."""

    def __enter__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"<!doctype html><title>page</title>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


class Browser:
    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        if not shutil.which("chromedriver") or not shutil.which("chromium"):
            pytest.skip("there is no chromium or chromedriver: install tests/packages.txt")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        try:
            self.url = f"http://127.0.0.1:{self._await_port()}"
            self.session = self._start_session()
        except BaseException:
            self._end_driver()
            raise
        return self

    def __exit__(self, *unused):
        try:
            self._send("DELETE", f"/session/{self.session}")
        finally:
            self._end_driver()

    def _end_driver(self):
        self.driver.terminate()
        self.driver.wait(DEADLINE_S)
        self.driver.stdout.close()

    def _await_port(self):
        found = []

        def read():
            for line in self.driver.stdout:
                match = re.search(r"started successfully on port (\d+)", line)
                if match and not found:
                    found.append(match.group(1))
                    arrived.set()

        arrived = threading.Event()
        threading.Thread(target=read, daemon=True).start()
        assert arrived.wait(DEADLINE_S), "chromedriver does not start"
        return found[0]

    def _start_session(self):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={self.folder / 'chromium'}", "--no-proxy-server",
                     "--host-resolver-rules=MAP * 127.0.0.1"]
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {
            "binary": "/usr/bin/chromium", "args": arguments}}}
        return self._send("POST", "/session", {"capabilities": wanted})["sessionId"]

    def _send(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def _ask(self, path, body=None):
        return self._send("GET" if body is None else "POST", f"/session/{self.session}{path}", body)

    def open(self, url):
        self._ask("/url", {"url": url})

    @property
    def address(self):
        return self._ask("/url")

    @property
    def title(self):
        return self._ask("/title")

    @property
    def text(self):
        return self.run("return document.body.innerText")

    def click(self, link_text):
        element = self._ask("/element", {"using": "link text", "value": link_text})
        self._ask(f"/element/{next(iter(element.values()))}/click", {})

    def run(self, body, *arguments):
        """What an async function of this body returns, or "failed: why" where it throws."""
        script = (f"const done = arguments[arguments.length - 1]; const given = arguments;"
                  f"(async function() {{ {body} }}).apply(null, given)"
                  f".then(done, error => done('failed: ' + error))")
        return self._ask("/execute/async", {"script": script, "args": list(arguments)})
