"""Watched: an instance whose services each say what they do, in the words of Prometheus.

    watched = Watched(folder)
    with watched.onput:
        watched.metrics("notifier")["onput_journal_records"]
"""
import re
import urllib.error
import urllib.request

from harness.instance import SERVICES, Onput
from harness.tls import free_port
from harness.waiting import wait_until

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*",?)*\})? '
                    r'([-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|inf|nan))')
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def get(url):
    """Status and text."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def read_metrics(text):
    """Samples by name and labels. Fails for what Prometheus would refuse."""
    samples, family, kind, families, helped = {}, None, None, set(), None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped = line.split()[2]
            continue
        if line.startswith("# TYPE "):
            family, kind = line.split()[2:]
            assert family not in families, f"{family} is there twice"
            assert helped == family, f"nothing explains {family}"
            families.add(family)
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        assert name in [family + part for part in PARTS.get(kind, ("",))], f"{line} below {family}"
        assert (name + (labels or "")) not in samples, f"{line} is there twice"
        samples[name + (labels or "")] = float(value)
    return samples


class Watched:
    """An instance whose services each have a health address."""

    def __init__(self, folder, environment=None):
        self.ports = {service: free_port() for service in SERVICES}
        self.onput = Onput(folder, arguments=["--image", "0"], environment={
            f"ONPUT_{service.upper()}_HEALTH_LISTEN": f"127.0.0.1:{port}"
            for service, port in self.ports.items()} | (environment or {}))

    def ask(self, service, what):
        return get(f"http://127.0.0.1:{self.ports[service]}/_onput/{what}")

    def answers(self, service):
        try:
            return self.ask(service, "livez")[0] == 200
        except OSError:
            return False

    def metrics(self, service):
        status, text = self.ask(service, "metrics")
        assert status == 200
        return read_metrics(text)

    def wait_for_metric(self, service, name, value):
        return wait_until(lambda: self.metrics(service).get(name) == value, 20,
                          f"{name} {value} of {service}")
