"""kill -9 of notifier, queue and gateway while messages are published: all that was answered arrives.

ONPUT_SOAK_PUBLISHES (500) messages to five queues and a webhook.
"""
import itertools
import json
import os
import threading
import time

import botocore.exceptions
import pytest

from harness.topics import QUICK_RETRIES, Topics, topic_instance
from harness.waiting import wait_until
from harness.webhook import Receiver

PUBLISHES = int(os.environ.get("ONPUT_SOAK_PUBLISHES", 500))
QUEUES = 5
CLIENTS = 4
VICTIMS = ("notifier", "queue", "gateway")
ROUNDS = 3  # How often each is killed.
KILL_PERIOD_S = 0.6
PACE_S = ROUNDS * len(VICTIMS) * KILL_PERIOD_S * CLIENTS / PUBLISHES
TRY_DEADLINE_S = 60
QUIET_DEADLINE_S = 60 + PUBLISHES * 0.1
IMPATIENT = {"read_timeout": 20, "retries": {"total_max_attempts": 1}}


class Publisher:
    """Publishes from several clients, each message again and again until it is answered."""

    def __init__(self, onput, topic):
        self.onput, self.topic = onput, topic
        self.answered = {}  # Text -> message ids; those of lost answers are not among them.
        self.retries = 0
        self.failure = None
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self.is_enough = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(CLIENTS)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def join(self):
        for thread in self._threads:
            thread.join()
        if self.failure:
            raise self.failure

    def _next(self):
        with self._lock:
            number = next(self._numbers)
        return None if number >= PUBLISHES and self.is_enough.is_set() else number

    def _work(self):
        sns = self.onput.client("sns", **IMPATIENT)
        try:
            while (number := self._next()) is not None:
                # Every tenth is a batch, every other one has a subject.
                if number % 10 == 0:
                    self._insist(sns, [f"{number:05}-{part}" for part in range(3)])
                else:
                    self._insist(sns, [f"{number:05}"])
                time.sleep(PACE_S)
        except Exception as error:  # Told by join(), in the test's own thread.
            self.failure = error

    def _insist(self, sns, texts):
        end = time.monotonic() + TRY_DEADLINE_S
        while True:
            try:
                ids = self._publish(sns, texts)
                break
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                if time.monotonic() > end or not _is_worth_repeating(error):
                    raise
                self.retries += 1
                time.sleep(0.05)
        with self._lock:
            self.answered |= dict(zip(texts, ids))

    def _publish(self, sns, texts):
        if len(texts) == 1:
            return [sns.publish(TopicArn=self.topic, Message=texts[0], Subject="s")["MessageId"]]
        said = sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=[
            {"Id": str(n), "Message": text} for n, text in enumerate(texts)])
        assert not said.get("Failed"), said
        return [entry["MessageId"] for entry in said["Successful"]]


def _is_worth_repeating(error):
    if isinstance(error, botocore.exceptions.ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    return True


class Story:
    """One run, and what each subscriber had in the end: lists of (text, message id)."""

    def __init__(self, topics, receiver):
        self.topics = topics
        self.topic = topics.make("kill")
        self.hook = receiver.hook()
        topics.subscribe_hook(self.topic, self.hook, retries={**QUICK_RETRIES, "numRetries": 100})
        self.queues = [topics.subscribe_queue(self.topic) for _ in range(QUEUES)]
        self.publisher = Publisher(topics.onput, self.topic).start()
        self.killed = {name: 0 for name in VICTIMS}
        try:
            for _, victim in itertools.product(range(ROUNDS), VICTIMS):
                time.sleep(KILL_PERIOD_S)  # The rhythm of the kills, not a wait for anything.
                self.killed[victim] += bool(topics.onput.kill(victim))
        finally:
            self.publisher.is_enough.set()
        self.publisher.join()
        self.answered = self.publisher.answered
        wait_until(self._is_quiet, QUIET_DEADLINE_S, "everything owed to be delivered")
        self.by_hook = [(r.json["Message"], r.headers["x-amz-sns-message-id"])
                        for r in self.hook.notifications]
        self.by_queue = [self._drain(queue) for queue in self.queues]

    def _is_quiet(self):
        status = json.loads(self.topics.onput.run("-o", "json", "status", expect=None).stdout or "{}")
        return status.get("healthy") and not any(d["owed"] for d in status["destinations"])

    def _drain(self, queue):
        return [(e["Message"], e["MessageId"])
                for e in self.topics.envelopes(queue, self.topics.waiting_in(queue), 60)]

    @property
    def subscribers(self):
        return {"webhook": self.by_hook, **dict(zip(self.queues, self.by_queue))}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with Receiver() as receiver, topic_instance(tmp_path_factory.mktemp("kill")) as onput:
        yield Story(Topics(onput), receiver)


def test_every_victim_was_killed_and_every_message_was_answered_in_the_end(story):
    assert min(story.killed.values()) == ROUNDS, story.killed
    assert len(story.answered) >= PUBLISHES and story.publisher.retries > 0


def test_every_subscriber_has_every_message_that_was_answered(story):
    for name, got in story.subscribers.items():
        assert set(story.answered) - {text for text, _ in got} == set(), name


def test_an_answered_message_has_the_id_of_its_answer_everywhere(story):
    for name, got in story.subscribers.items():
        assert set(story.answered.items()) - set(got) == set(), name


def test_a_queue_has_each_message_id_once(story):
    for queue, got in zip(story.queues, story.by_queue):
        ids = [message_id for _, message_id in got]
        assert len(ids) == len(set(ids)), queue


def test_all_subscribers_have_the_same_messages(story):
    wanted = set(story.by_queue[0])
    for name, got in story.subscribers.items():
        assert set(got) == wanted, name


def test_nobody_has_what_nobody_published(story):
    for name, got in story.subscribers.items():
        assert {text for text, _ in got} <= set(story.answered), name


def test_nothing_was_given_up(story):
    status = json.loads(story.topics.onput.run("-o", "json", "status").stdout)
    assert not [d for d in status["destinations"] if d["undelivered"]]
