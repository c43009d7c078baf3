"""Onput: one instance as a user has it, `onput dev` in a data directory of its own.

    with Onput(folder) as onput:
        onput.s3.put_object(Bucket="inbox", Key="a.txt", Body=b"Hello.")
        onput.wait_for_object("outbox", "a.mp3")
        onput.kill("storage")

Processes are ended by the id of a process that this instance started, never by name.
"""
import os
import pathlib
import signal
import subprocess
import threading

import boto3
import botocore.config
import botocore.exceptions

from harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("ONPUT_BIN", ROOT / "build/release/bin")).resolve()
START_DEADLINE_S = 60
STOP_DEADLINE_S = 65  # Five stages, each of which has 12 s before it is killed.
SERVICES = ("queue", "notifier", "storage", "gateway", "tts")


def clean_environment(**added):
    """This process's environment without anything that would point an AWS client elsewhere."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "ONPUT_", "BOTO"))}
    # Whether a natural voice is installed does not change what the tests see; those of it name the folder.
    kept["ONPUT_VOICES_DIR"] = "none"
    kept.update({"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
                 "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""})
    kept.update(added)
    return kept


def missing(error):
    return error.response["ResponseMetadata"]["HTTPStatusCode"] == 404


class Onput:
    _alive = []

    def __init__(self, folder, tts=1, environment=None, arguments=()):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.tts = tts
        self.environment = environment or {}
        self.arguments = list(arguments)
        self.url = None
        self.process = None

    # -- life

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = open(self.folder / "dev.log", "ab")
        self.process = subprocess.Popen(
            [BIN / "onput", "--data", self.data, "dev", "--port", "0", "--tts", str(self.tts),
             *self.arguments],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL,
            env=clean_environment(**self.environment))
        self._alive.append(self)
        try:
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _await_ready(self):
        said = []
        reader = threading.Thread(target=lambda: said.append(self.process.stdout.readline()),
                                  daemon=True)
        reader.start()
        reader.join(START_DEADLINE_S)
        line = said[0].decode() if said else ""
        assert line.startswith("ready http://"), f"onput dev said {line!r}\n{self.complaints()}"
        self.url = line.split()[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.s3 = self.client("s3")
        self.sqs = self.client("sqs")

    def stop(self):
        """Ends it as Ctrl-C does. The exit code, or None when it had to be killed."""
        if self.process is None:
            return None
        code = None
        self.process.terminate()
        try:
            code = self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()
        self.process = None
        self._alive.remove(self)
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    @classmethod
    def alive(cls):
        return list(cls._alive)

    # -- processes

    def pids(self, service=None):
        """Ids of the direct children of `onput dev` that run `service`, or of all."""
        dev = self.process.pid
        found = []
        try:
            children = pathlib.Path(f"/proc/{dev}/task/{dev}/children").read_text().split()
        except FileNotFoundError:
            return found
        for pid in map(int, children):
            name = _program_of(pid)
            if name.startswith("onput-") and service in (None, name.removeprefix("onput-")):
                found.append(pid)
        return found

    def kill(self, service, with_signal=signal.SIGKILL):
        """Kills each process of `service` and returns the ids."""
        killed = []
        for pid in self.pids(service):
            try:
                os.kill(pid, with_signal)
                killed.append(pid)
            except ProcessLookupError:
                pass
        return killed

    def resident_bytes(self, service):
        total = 0
        for pid in self.pids(service):
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
        return total

    # -- clients

    def client(self, service, secret="test", key="test", token=None, **options):
        config = botocore.config.Config(**options)
        return boto3.session.Session().client(
            service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token, config=config)

    def run(self, *arguments, expect=0, **options):
        """Runs `onput --data DATA ...`; the finished process, its output as text."""
        return run_onput("--data", self.data, *arguments, expect=expect, **options)

    # -- what tests look at

    def wait_for_object(self, bucket, key, deadline_s=60):
        """The bytes of an object, once it is there."""
        def fetch():
            try:
                return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except botocore.exceptions.ClientError as error:
                if not missing(error):
                    raise
        return wait_until(fetch, deadline_s, f"s3://{bucket}/{key}")

    def keys(self, bucket, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def queue_url(self, name):
        return self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def receive(self, name, deadline_s=20):
        """The next message of a queue, removed from it."""
        url = self.queue_url(name)

        def take():
            return self.sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"]).get("Messages")
        message = wait_until(take, deadline_s, f"a message in {name}")[0]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def complaints(self):
        """Lines of warning and worse, and the last ones, of every log; and where the logs are."""
        parts = []
        for log in [self.folder / "dev.log", *sorted((self.data / "log").glob("*.log"))]:
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            loud = [line for line in lines if " warn " in line or " error " in line]
            parts.append("\n".join([f"-- {log}", *loud[-15:], "..", *lines[-5:]]))
        return "\n".join(parts)


def _program_of(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return ""
    return os.path.basename(words[0].decode())


def run_onput(*arguments, expect=0, environment=None, deadline_s=120, **options):
    done = subprocess.run(
        [str(word) for word in (BIN / "onput", *arguments)], capture_output=True, text=True,
        timeout=deadline_s, env=clean_environment(**(environment or {})), **options)
    if expect is not None:
        assert done.returncode == expect, (
            f"onput {' '.join(map(str, arguments))} ended with {done.returncode}, not {expect}\n"
            f"{done.stdout}\n{done.stderr}")
    return done
