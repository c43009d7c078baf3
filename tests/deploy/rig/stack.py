"""Stack: the composition as a user has it, in a project and a folder of its own.

    with Stack(engine, images, folder) as stack:
        stack.s3.put_object(Bucket="inbox", Key="a.txt", Body=b"Hello.")
        stack.scale(tts=3)
        stack.crash("storage")
"""
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket

import boto3
import botocore.config
import botocore.exceptions

from harness.waiting import wait_until
from rig.engine import COMPOSE, ROOT, run_program

KEYS = "test:test:000000000000\n"  # What the process tests' own signer uses.
HEALTHY_DEADLINE_S = 90
UP_DEADLINE_S = 240
SERVICES = ("storage", "notifier", "queue", "gateway", "tts", "image")


class Stack:
    _numbers = itertools.count(1)
    _alive = []

    def __init__(self, engine, images, folder, profiles=(), environment=None, **replicas):
        self.engine = engine
        self.images = images
        self.folder = pathlib.Path(folder)
        self.project = f"onput-test-{os.getpid()}-{next(self._numbers)}"
        self.profiles = profiles
        self.replicas = replicas
        self.use_port(free_port())
        self.environment = {"ONPUT_IMAGE": images.runtime, "ONPUT_MAIL_IMAGE": images.mail,
                            "ONPUT_PROXY_IMAGE": images.proxy, "ONPUT_PORT": str(self.port),
                            **(environment or {})}

    # -- life

    def __enter__(self):
        deploy = self.folder / "deploy"
        (deploy / "secrets").mkdir(parents=True)
        shutil.copy(ROOT / "deploy/compose.yaml", deploy)
        (deploy / "secrets/onput_keys").write_text(KEYS)
        self._alive.append(self)
        try:
            self.up()
            self.wait_healthy()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        self.compose("down", "-v", "--remove-orphans", "-t", "2", expect=None)
        if self in self._alive:
            self._alive.remove(self)

    @classmethod
    def alive(cls):
        return list(cls._alive)

    def compose(self, *words, expect=0, deadline_s=UP_DEADLINE_S):
        profiles = [word for name in self.profiles for word in ("--profile", name)]
        return run_program(COMPOSE, "-p", self.project, "-f", self.folder / "deploy/compose.yaml",
                           *profiles, *words, expect=expect, deadline_s=deadline_s,
                           env=self.engine.environment(**self.environment))

    def up(self):
        scales = [word for service, count in self.replicas.items()
                  for word in ("--scale", f"{service}={count}")]
        return self.compose("up", "-d", "--no-build", *scales)

    def scale(self, **replicas):
        """Changes how many there are of some services, as a user would."""
        self.replicas |= replicas
        return self.up()

    def wait_healthy(self, *services):
        def are_healthy():
            for service in services or SERVICES:
                states = [self.inspect(name)["State"] for name in self.containers(service)]
                if not states or any(state.get("Health", {}).get("Status") != "healthy"
                                     for state in states):
                    return False
            return True
        wait_until(are_healthy, HEALTHY_DEADLINE_S, f"{services or SERVICES} to be healthy")
        wait_until(lambda: self.inspect(self.containers("setup")[0])["State"]["Status"] == "exited",
                   30, "setup to end")

    # -- containers

    def containers(self, service):
        """Names of the service's containers, running or not, in the order of their numbers."""
        told = self.engine.run("ps", "-a", "--format", "{{.Names}}", "--filter",
                               f"label=com.docker.compose.project={self.project}", "--filter",
                               f"label=com.docker.compose.service={service}", "--filter",
                               "label=com.docker.compose.oneoff=False").stdout.split()
        return sorted(told, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])

    def inspect(self, container):
        return json.loads(self.engine.run("inspect", container).stdout)[0]

    def execute(self, container, *words, expect=0):
        return self.engine.run("exec", container, *words, expect=expect)

    def crash(self, container):
        """Ends it as the kernel would; its restart policy brings it back."""
        pid = self.inspect(container)["State"]["Pid"]
        program = pathlib.Path(f"/proc/{pid}/cmdline")
        # The engine may be on another machine, or the container just down.
        if pid and program.exists() and b"onput" in program.read_bytes():
            os.kill(pid, signal.SIGKILL)
        else:
            self.kill(container)

    def kill(self, container):
        """`docker kill`, after which an engine leaves a container down, and a start."""
        self.engine.run("kill", "-s", "KILL", container, expect=None)
        self.engine.run("start", container)

    @property
    def network(self):
        return f"{self.project}_inside"

    def disconnect(self, container):
        """Pulls its plug."""
        self.engine.run("network", "disconnect", self.network, container)

    def reconnect(self, container):
        """Plugs it in again, most likely under another address."""
        service = self.inspect(container)["Config"]["Labels"]["com.docker.compose.service"]
        self.engine.run("network", "connect", "--alias", service, self.network, container)

    def metric(self, container, name):
        """The sum over all labels, or None while the container does not answer."""
        told = self.execute(container, "onput", "healthcheck",
                            "http://127.0.0.1:9100/_onput/metrics", expect=None)
        if told.returncode != 0:
            return None
        values = [float(line.rsplit(" ", 1)[1]) for line in told.stdout.splitlines()
                  if re.match(rf"{re.escape(name)}[ {{]", line)]
        return sum(values)

    # -- clients

    def use_port(self, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.s3, self.sqs, self.sns = map(self.client, ("s3", "sqs", "sns"))

    def client(self, service, **options):
        return boto3.session.Session().client(
            service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test", config=botocore.config.Config(**options))

    def onput(self, *words, expect=0):
        """`onput WORDS` in a container beside the services; what it says on stdout."""
        return self.compose("run", "--rm", "-T", "onput", *words, expect=expect).stdout

    def status(self):
        told = self.onput("-o", "json", "status", expect=None)
        return json.loads(told) if told.strip() else {"healthy": False}

    # -- what tests look at

    def keys(self, bucket, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def wait_for_object(self, bucket, key, deadline_s=60):
        def fetch():
            try:
                return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except botocore.exceptions.ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
        return wait_until(fetch, deadline_s, f"s3://{bucket}/{key}")

    def count_in(self, queue):
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(told["ApproximateNumberOfMessages"])

    def is_quiet(self):
        """Nothing waits, runs or is owed any more."""
        status = self.status()
        if not status["healthy"]:
            return False
        idle = all(not f["waiting"] and not f["running"] for f in status["functions"])
        return idle and not any(d["owed"] for d in status["destinations"])

    def complaints(self):
        told = self.compose("ps", expect=None).stdout
        lines = self.compose("logs", "--no-color", "--tail=400", expect=None).stdout.splitlines()
        loud = [line for line in lines if '"warn"' in line or '"error"' in line]
        return "\n".join([told, *loud[-40:], "..", *lines[-15:]])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
