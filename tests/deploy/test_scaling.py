"""Scaling under load: new workers take jobs at once, leaving ones drain, several gateways share."""
import hashlib
import http.client
import itertools
import json
import os
import time

import pytest

from harness.load import Uploader
from harness.waiting import wait_until
from harness.wire import Wire, read_answer
from rig.stack import Stack, free_port

QUIET_DEADLINE_S = 180
TEXT = b"The quick brown fox jumps over the lazy dog, and then it rests for a while. " * 30


class Ends:
    """What topic `media` tells of the ends of jobs, taken from a queue of its own."""

    def __init__(self, stack):
        self.sqs = stack.sqs
        self.url = stack.sqs.create_queue(QueueName="ends")["QueueUrl"]
        arn = stack.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])[
            "Attributes"]["QueueArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                     "Action": "sqs:SendMessage", "Resource": arn}
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
        topic = stack.sns.create_topic(Name="media")["TopicArn"]
        stack.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn,
                            Attributes={"RawMessageDelivery": "true"})
        self.told = {}  # Key of the input -> the message.

    def await_all(self, keys, deadline_s):
        """The message of each key, once all are there."""
        def have_all():
            told = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10,
                                            WaitTimeSeconds=1).get("Messages", [])
            for message in told:
                end = json.loads(message["Body"])
                self.told[end["input"]["key"]] = end
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return set(keys) <= set(self.told)
        wait_until(have_all, deadline_s, "the end of every job")
        return {key: self.told[key] for key in keys}


@pytest.fixture(scope="module")
def ends(stack):
    return Ends(stack)


class Load:
    """Texts that take a worker a moment each, uploaded until told to end."""
    _names = itertools.count()

    def __init__(self, stack, count_max):
        self.prefix = f"load-{next(self._names)}"
        self.is_over = False
        numbers = itertools.count()

        def next_upload():
            number = next(numbers)
            if self.is_over or number >= count_max:
                return None
            return f"{self.prefix}/{number:04}.txt", b"%d. " % number + TEXT
        self.uploader = Uploader(stack, 2, next_upload, 0.05).start()

    def end(self):
        self.is_over = True
        self.uploader.join()
        return sorted(self.uploader.acknowledged)


def jobs_done(stack, container):
    return stack.metric(container, "onput_worker_jobs_total") or 0


def test_workers_take_jobs_at_once_when_scaled_up(stack, ends):
    load = Load(stack, 40)
    wait_until(lambda: len(load.uploader.acknowledged) > 10, 60, "some uploads")
    stack.scale(tts=3, image=2)
    added = stack.containers("tts")[1:]
    assert len(added) == 2
    wait_until(lambda: all(jobs_done(stack, name) > 0 for name in added), 60, "jobs in new workers")
    told = ends.await_all(load.end(), QUIET_DEADLINE_S)
    assert {end["status"] for end in told.values()} == {"succeeded"}


def test_a_stopped_worker_drains_and_no_attempt_is_counted(stack, ends):
    load = Load(stack, 40)
    leaving = stack.containers("tts")[-1]
    wait_until(lambda: stack.metric(leaving, "onput_worker_busy"), 60, "a job in its hands")
    begun = time.monotonic()
    stack.engine.run("stop", leaving)
    assert time.monotonic() - begun < 60  # Long before the grace period is over.
    assert stack.inspect(leaving)["State"]["ExitCode"] == 0
    told = ends.await_all(load.end(), QUIET_DEADLINE_S)
    assert {(end["status"], end["attempts"]) for end in told.values()} == {("succeeded", 1)}
    stack.engine.run("start", leaving)


def test_scaling_down_under_load_counts_no_attempt_either(stack, ends):
    stack.wait_healthy("tts")
    load = Load(stack, 40)
    wait_until(lambda: len(load.uploader.acknowledged) > 10, 60, "some uploads")
    stack.scale(tts=1, image=1)
    assert len(stack.containers("tts")) == 1
    told = ends.await_all(load.end(), QUIET_DEADLINE_S)
    assert {(end["status"], end["attempts"]) for end in told.values()} == {("succeeded", 1)}
    assert stack.count_in("speech-dead-letters") == 0


def test_no_volume_is_left_by_workers_that_have_gone(stack):
    told = stack.engine.run("volume", "ls", "--format", "{{.Name}}", "--filter",
                            f"label=com.docker.compose.project={stack.project}").stdout.split()
    names = {name.removeprefix(f"{stack.project}_") for name in told}
    assert names == {"storage", "notifier", "queue", "sessions", "work", "mail"}


# -- several gateways behind nginx


@pytest.fixture(scope="module")
def proxied(engine, images, tmp_path_factory):
    """Two gateways, and a proxy on the port that clients know."""
    public = free_port()
    # Below the ports that the kernel gives to clients.
    first = 20_000 + os.getpid() % 1000 * 10
    ports = f"{first}-{first + 9}"
    with Stack(engine, images, tmp_path_factory.mktemp("proxied"), profiles=["proxy"], gateway=2,
               environment={"ONPUT_PROXY_PORT": str(public), "ONPUT_PORT": ports}) as running:
        running.use_port(public)
        wait_until(lambda: http.client.HTTPConnection("127.0.0.1", public, timeout=5).connect() is
                   None, 20, "the proxy to listen")
        yield running


def test_a_proxy_spreads_requests_over_all_gateways(proxied):
    for number in range(20):
        proxied.s3.put_object(Bucket="inbox", Key=f"spread/{number}", Body=b"x")
    assert len(proxied.keys("inbox", "spread/")) == 20
    served = [proxied.metric(name, "onput_http_requests_total")
              for name in proxied.containers("gateway")]
    assert len(served) == 2 and all(served), served


def test_the_host_reaches_the_gateway_through_a_proxy(proxied):
    wire = Wire(proxied)
    bucket = f"inbox.localhost:{wire.port}"
    assert wire.send("PUT", "/by-host.bin", b"h", headers={"host": bucket}).status == 200
    assert proxied.s3.get_object(Bucket="inbox", Key="by-host.bin")["Body"].read() == b"h"


def test_odd_paths_and_signed_chunks_pass_a_proxy_unchanged(proxied):
    wire = Wire(proxied)
    for target in ("/inbox/a//b%20c%2Fd", "/inbox/dots..x/y%2Bz", "/inbox/%E2%82%AC%3Fq"):
        assert wire.send("PUT", target, b"odd").status == 200, target
    answer = wire.send_chunked("/inbox/chunked.bin", [b"a" * 70_000, b"b" * 70_000],
                               "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert answer.status == 200, answer


def test_a_large_object_passes_a_proxy_both_ways(proxied):
    body = hashlib.sha256(b"seed").digest() * (2 << 20)  # 64 MiB.
    proxied.s3.put_object(Bucket="inbox", Key="large.bin", Body=body)
    got = proxied.s3.get_object(Bucket="inbox", Key="large.bin")["Body"].read()
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()


def test_a_body_is_streamed_through_a_proxy(proxied):
    """A refusal comes before the body has been sent, so nobody waited for all of it."""
    wire = Wire(proxied)
    head = wire.head_bytes("PUT", "/no-such-bucket/x.bin", 1 << 30)
    with wire.connect() as connection:
        connection.sendall(head + b"x" * 4096)
        assert read_answer(connection).status == 404


def test_a_gateway_that_dies_costs_no_acknowledged_upload(proxied):
    numbers = itertools.count()

    def next_upload():
        number = next(numbers)
        return (f"die/{number:04}", b"%d" % number) if number < 120 else None
    uploader = Uploader(proxied, 4, next_upload, 0.05).start()
    wait_until(lambda: len(uploader.acknowledged) > 20, 60, "some uploads")
    proxied.crash(proxied.containers("gateway")[0])
    uploader.join()
    assert set(proxied.keys("inbox", "die/")) == set(uploader.acknowledged)
    assert len(uploader.acknowledged) == 120
