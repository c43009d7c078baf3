"""What the operator sees of topics: the tail, the trace, the status, the metrics."""
import json
import re

import pytest

from harness.topics import Topics, topic_instance
from harness.topology import ACCOUNT, queue_arn
from harness.waiting import wait_until
from harness.webhook import Answer, Receiver

ONE_RETRY = {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 1}
SLOW_S = 0.3


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("story")) as instance:
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


class Telling:
    """One message to a slow webhook, one that fails once, one that fails for good, and a queue."""

    def __init__(self, topics, receiver):
        self.topics = topics
        self.topic = topics.make("story")
        self.slow, self.moody, self.never = (
            receiver.hook(Answer(delay_s=SLOW_S)), receiver.hook(500, 200), receiver.hook(404))
        self.letters = topics.make_queue(self.topic)
        topics.subscribe_hook(self.topic, self.slow)
        topics.subscribe_hook(self.topic, self.moody, retries=ONE_RETRY)
        topics.subscribe_hook(self.topic, self.never, RedrivePolicy=json.dumps(
            {"deadLetterTargetArn": queue_arn(self.letters)}))
        self.queue = topics.subscribe_queue(self.topic)
        self.sent = topics.publish(self.topic, "hello", Subject="A photo")
        self.attempts = topics.wait_for_attempts(self.sent, 4)
        topics.letters(self.letters, 1)
        topics.letters(self.queue, 1)

    @property
    def trace(self):
        return self.attempts[0]["trace"]["trace_id"]

    def of(self, hook):
        return [a for a in self.attempts if a["endpoint"] == hook.url]


@pytest.fixture(scope="module")
def telling(topics, receiver):
    return Telling(topics, receiver)


def test_the_tail_has_each_attempt_with_status_and_latency(telling):
    slow, = telling.of(telling.slow)
    assert (slow["protocol"], slow["attempt"], slow["succeeded"], slow["status_code"],
            slow["error"]) == ("http", 1, True, 200, "")
    assert SLOW_S * 0.9e6 < slow["latency_us"] < 5e6
    first, second = telling.of(telling.moody)
    assert [(a["attempt"], a["status_code"], a["succeeded"]) for a in (first, second)] == [
        (1, 500, False), (2, 200, True)]
    assert first["next_attempt_at"] and "500" in first["error"] and not second["next_attempt_at"]
    never, = telling.of(telling.never)
    assert (never["status_code"], never["dead_letter_arn"]) == (404, queue_arn(telling.letters))
    assert {a["trace"]["trace_id"] for a in telling.attempts} == {telling.trace}


def test_the_tail_shows_publishes_and_deliveries_in_words(onput, telling):
    lines = onput.run("tail", "--from-seq", "1", "--no-follow").stdout.splitlines()
    assert [line for line in lines if re.search(r"sns\.Publish +topic story +A photo, owed to 4$", line)]
    for hook, words in ((telling.slow, r"200 in \d+(\.\d+)? ms, attempt 1$"),
                        (telling.moody, r"500 in \S+ \S+, attempt 1: .*500, again at 20\d\d-\S+Z$"),
                        (telling.moody, r"200 in \S+ \S+, attempt 2$"),
                        (telling.never, rf"404 in \S+ \S+, attempt 1: .*, to queue {telling.letters}$")):
        shown = [line for line in lines if hook.url in line and re.search(words, line)]
        assert shown, (words, lines)


@pytest.mark.parametrize("kind, count", [
    ("sns.Publish", 1), ("sns.DeliverySucceeded", 2), ("sns.DeliveryFailed", 2)])
def test_the_tail_can_be_asked_for_one_kind(onput, telling, kind, count):
    told = onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow", "--type", kind,
                     "--trace", telling.trace).stdout
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["type"] for line in lines] == [kind] * count


def test_the_trace_tells_each_delivery_with_status_and_latency(onput, telling):
    story = json.loads(onput.run("-o", "json", "trace", telling.trace).stdout)
    steps = [(s["what"], s["subject"], s["detail"]) for s in story["steps"]
             if s["service"] == "notifier"]
    wanted = [("published", telling.topic, r"4 subscriptions, sequence \d+"),
              ("delivered", f"http {telling.slow.url}", r"attempt 1, status 200, \d+\.\d ms"),
              ("delivery failed", f"http {telling.moody.url}",
               r"attempt 1, status 500, \d+\.\d ms: .*, again at \S+"),
              ("delivered", f"http {telling.moody.url}", r"attempt 2, status 200, \d+\.\d ms"),
              ("delivery failed", f"http {telling.never.url}",
               rf"attempt 1, status 404, .*, to {queue_arn(telling.letters)}"),
              ("delivered", f"sqs {queue_arn(telling.queue)}", "1 attempt"),
              ("delivered", f"dead-letter queue {queue_arn(telling.letters)}", "1 attempt")]
    for what, subject, detail in wanted:
        assert any(s[:2] == (what, subject) and re.fullmatch(detail, s[2]) for s in steps), (
            what, subject, detail, steps)
    assert len(steps) == len(wanted)
    assert story["outcome"] == "done"


def test_the_trace_of_an_upload_ends_when_its_subscribers_are_told(onput, topics, receiver):
    onput.s3.create_bucket(Bucket="watched")
    topic = topics.make("watched")
    topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(
        {"Statement": {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                       "Action": "SNS:Publish", "Resource": topic,
                       "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}}))
    hook = receiver.hook(Answer(delay_s=SLOW_S))
    topics.subscribe_hook(topic, hook)
    onput.s3.put_bucket_notification_configuration(
        Bucket="watched", NotificationConfiguration={"TopicConfigurations": [
            {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    onput.s3.put_object(Bucket="watched", Key="a.jpg", Body=b"1")
    shown = onput.run("trace", "--wait", "20", "s3://watched/a.jpg").stdout
    assert re.match(r"trace [0-9a-f]{32}   done", shown)
    assert re.search(rf"delivered +http {re.escape(hook.url)} +attempt 1, status 200, \d+\.\d ms", shown)


def test_a_story_whose_delivery_was_given_up_is_over(onput, topics, receiver):
    topic = topics.make("given-up")
    hook = receiver.hook(404)
    topics.subscribe_hook(topic, hook)
    sent = topics.publish(topic)
    trace = topics.wait_for_attempts(sent)[0]["trace"]["trace_id"]
    onput.run("trace", "--wait", "5", trace)
    assert json.loads(onput.run("-o", "json", "trace", trace).stdout)["outcome"] != "running"


def test_the_status_shows_what_was_given_up(onput, topics, receiver):
    topic = topics.make("ill")
    hook = receiver.hook(404)
    subscription = topics.subscribe_hook(topic, hook)
    topics.publish(topic)

    def undelivered():
        status = json.loads(onput.run("-o", "json", "status").stdout)
        return [d for d in status["destinations"] if d["arn"] == subscription and d["undelivered"]]
    state, = wait_until(undelivered, 20, "the status to show it")
    assert (state["owed"], state["undelivered"]) == (0, 1) and "404" in state["last_error"]


def test_nothing_of_a_message_is_in_the_logs(onput, topics, receiver):
    topic = topics.make("secret")
    hook = receiver.hook(500)
    topics.subscribe_hook(topic, hook, retries=ONE_RETRY)
    topics.publish(topic, "word-of-a-secret")
    hook.wait(2)
    logs = b"".join(path.read_bytes() for path in (onput.data / "log").glob("*.log"))
    assert b"word-of-a-secret" not in logs
