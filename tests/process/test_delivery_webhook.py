"""From a topic to webhooks: what is sent, when it is tried again, and whom it never reaches."""
import json
import re
import urllib.parse

import pytest

from harness.topics import QUICK_RETRIES, Topics, refused, topic_instance
from harness.topology import queue_arn
from harness.tls import make_certificate
from harness.waiting import wait_until
from harness.webhook import NEVER, Answer, Receiver

TIMEOUT_S = 2  # Of one delivery; SNS's 15 s would make these tests slow.
ONE_RETRY = {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 1}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def onput(tmp_path_factory, certificate):
    with topic_instance(tmp_path_factory.mktemp("webhooks"), outbound_timeout_ms=str(TIMEOUT_S * 1000),
                        ca_file=certificate[0]) as instance:
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


@pytest.fixture
def topic(topics):
    return topics.make()


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


class DeadLetters:
    """A dead-letter queue for the subscriptions of one topic."""

    def __init__(self, topics, topic):
        self.topics = topics
        self.queue = topics.make_queue(topic)
        self.redrive = json.dumps({"deadLetterTargetArn": queue_arn(self.queue)})

    def messages(self, count, deadline_s=20):
        return [e["Message"] for e in self.topics.envelopes(self.queue, count, deadline_s)]


@pytest.fixture
def dead_letters(topics, topic):
    return DeadLetters(topics, topic)


# -- what is sent

def test_the_handshake_is_as_aws_has_it(onput, topics, topic, receiver):
    hook = receiver.hook()
    topics.subscribe(topic, "http", hook.url)
    request = hook.confirmation()
    headers, body = request.headers, request.json
    assert headers["content-type"] == "text/plain; charset=UTF-8"
    assert headers["user-agent"] == "Amazon Simple Notification Service Agent"
    assert headers["x-amz-sns-message-id"] == body["MessageId"]
    assert headers["x-amz-sns-topic-arn"] == topic
    assert "x-amz-sns-subscription-arn" not in headers and "expect" not in headers
    assert list(body) == ["Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL",
                          "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"]
    assert body["Message"] == (
        f"You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit "
        "the SubscribeURL included in this message.")
    link = urllib.parse.urlsplit(body["SubscribeURL"])
    assert f"{link.scheme}://{link.netloc}" == onput.url
    assert urllib.parse.parse_qs(link.query) == {
        "Action": ["ConfirmSubscription"], "TopicArn": [topic], "Token": [body["Token"]]}


def test_a_notification_is_as_aws_has_it(topics, topic, receiver):
    hook = receiver.hook()
    subscription = topics.subscribe_hook(topic, hook)
    sent = topics.publish(topic, "grüß", Subject="s", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "photo"}})
    request = hook.wait(1)[0]
    assert {name: value for name, value in request.headers.items()
            if name.startswith("x-amz-sns-")} == {
                "x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": sent,
                "x-amz-sns-topic-arn": topic, "x-amz-sns-subscription-arn": subscription}
    body = request.json
    assert list(body) == ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp",
                          "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL",
                          "MessageAttributes"]
    assert (body["MessageId"], body["Message"]) == (sent, "grüß")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/SimpleNotificationService-[0-9a-f]+\.pem",
                        body["SigningCertURL"])


def test_a_raw_notification_is_the_bare_text(topics, topic, receiver):
    hook = receiver.hook()
    topics.subscribe_hook(topic, hook, RawMessageDelivery="true")
    topics.publish(topic, "grüß", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "photo"}})
    request = hook.wait(1)[0]
    assert request.body == "grüß".encode()
    assert request.headers["x-amz-sns-rawdelivery"] == "true"
    assert not [name for name in request.headers if "kind" in name]


def test_the_content_type_is_the_delivery_policys(topics, topic, receiver):
    hook = receiver.hook()
    topics.subscribe(topic, "http", hook.url, DeliveryPolicy=json.dumps(
        {"requestPolicy": {"headerContentType": "application/json"}}))
    hook.confirm()
    topics.publish(topic)
    assert hook.wait(1)[0].headers["content-type"] == "application/json"


def test_https_reaches_who_has_a_certificate_that_is_trusted(topics, topic, certificate,
                                                            dead_letters, tmp_path):
    stranger = make_certificate(tmp_path)
    with Receiver(certificate) as trusted, Receiver(stranger) as untrusted:
        hook, other = trusted.hook(host="localhost"), untrusted.hook(host="localhost")
        topics.subscribe_hook(topic, hook)
        topics.subscribe(topic, "https", other.url)
        topics.publish(topic, "encrypted")
        assert hook.wait(1)[0].json["Message"] == "encrypted"
        assert other.received == []


def test_a_url_with_a_login_sends_it_and_shows_it_to_nobody(topics, topic, receiver):
    hook = receiver.hook()
    url = hook.url.replace("http://", "http://user:secret@") + "?key=hidden"
    receiver.server.hooks[hook.path + "?key=hidden"] = hook
    topics.subscribe(topic, "http", url)
    hook.confirm()
    sent = topics.publish(topic)
    assert hook.wait(1)[0].headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="
    attempt = topics.wait_for_attempts(sent)[0]
    assert attempt["endpoint"] == hook.url


# -- when it is tried again

def test_a_failure_is_tried_again_a_second_later(topics, topic, receiver):
    hook = receiver.hook(500, 503, 200)
    topics.subscribe_hook(topic, hook, retries=QUICK_RETRIES)
    sent = topics.publish(topic)
    requests = hook.wait(3)
    assert {request.headers["x-amz-sns-message-id"] for request in requests} == {sent}
    assert len({request.body for request in requests}) == 1
    gaps = [b.time - a.time for a, b in zip(requests, requests[1:])]
    assert all(0.9 < gap < 3 for gap in gaps), gaps


def test_after_the_last_retry_it_is_a_dead_letter(topics, topic, receiver, dead_letters):
    hook = receiver.hook(500)
    topics.subscribe_hook(topic, hook, retries={**QUICK_RETRIES, "numRetries": 2,
                                                "numNoDelayRetries": 1},
                          RedrivePolicy=dead_letters.redrive)
    topics.publish(topic, "unwanted")
    assert dead_letters.messages(1) == ["unwanted"]
    assert len(hook.notifications) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 410, 302])
def test_what_refuses_for_good_is_asked_once(topics, topic, receiver, dead_letters, status):
    hook = receiver.hook(status)
    topics.subscribe_hook(topic, hook, retries=QUICK_RETRIES, RedrivePolicy=dead_letters.redrive)
    topics.publish(topic, "unwanted")
    assert dead_letters.messages(1) == ["unwanted"]
    assert len(hook.notifications) == 1


def test_an_endpoint_that_is_asked_too_often_is_asked_again(topics, topic, receiver):
    hook = receiver.hook(429, 204)
    topics.subscribe_hook(topic, hook, retries=QUICK_RETRIES)
    topics.publish(topic)
    hook.wait(2)


def test_what_never_answers_is_given_up_and_tried_again(topics, topic, receiver, dead_letters):
    hook = receiver.hook(NEVER)
    topics.subscribe_hook(topic, hook, retries=ONE_RETRY, RedrivePolicy=dead_letters.redrive)
    sent = topics.publish(topic, "unheard")
    assert dead_letters.messages(1) == ["unheard"]
    first, last = topics.wait_for_attempts(sent, 2)
    assert first["status_code"] == last["status_code"] == 0
    assert 0.8 < first["latency_us"] / 1e6 / TIMEOUT_S < 2 and first["error"], first
    assert first["next_attempt_at"] and not last["next_attempt_at"]


def test_a_slow_answer_counts_while_it_is_in_time(topics, topic, receiver):
    hook = receiver.hook(Answer(delay_s=TIMEOUT_S / 2))
    topics.subscribe_hook(topic, hook, retries=ONE_RETRY)
    sent = topics.publish(topic)
    attempt = topics.wait_for_attempts(sent)[0]
    assert attempt["succeeded"] and attempt["status_code"] == 200
    assert attempt["latency_us"] > TIMEOUT_S / 2 * 0.9e6


def test_nobody_listens_is_a_failure_that_ends(topics, topic, dead_letters):
    with Receiver() as leaving:
        hook = leaving.hook()
        topics.subscribe_hook(topic, hook, retries=ONE_RETRY, RedrivePolicy=dead_letters.redrive)
    topics.publish(topic, "to nobody")
    assert dead_letters.messages(1) == ["to nobody"]


def test_an_endless_reply_counts_by_its_status(topics, topic, receiver):
    hook = receiver.hook(Answer(body=b"x" * (4 << 20)))
    topics.subscribe_hook(topic, hook, retries=ONE_RETRY)
    sent = topics.publish(topic)
    attempt = topics.wait_for_attempts(sent)[0]
    assert attempt["succeeded"] and attempt["status_code"] == 200


def test_others_do_not_wait_for_who_never_answers(topics, topic, receiver):
    silent = receiver.hook(NEVER)
    good = receiver.hook()
    topics.subscribe_hook(topic, silent, retries=QUICK_RETRIES)
    topics.subscribe_hook(topic, good)
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    said = [str(n) for n in range(40)]
    for word in said:
        topics.publish(topic, word)
    got = good.wait(len(said), deadline_s=TIMEOUT_S + 8)
    assert sorted(request.json["Message"] for request in got) == sorted(said)
    assert [m["Body"] for m in topics.letters(queue, len(said))] == said


def test_no_more_than_a_policy_allows_come_in_a_second(topics, topic, receiver):
    hook = receiver.hook()
    topics.subscribe(topic, "http", hook.url, DeliveryPolicy=json.dumps(
        {"throttlePolicy": {"maxReceivesPerSecond": 5}}))
    hook.confirm()
    for n in range(12):
        topics.publish(topic, str(n))
    times = sorted(request.time for request in hook.wait(12))
    assert times[-1] - times[0] > 1.5
    # Who is at most five in any second of the sender's is at most ten in any of ours.
    assert all(later - earlier > 0.9 for earlier, later in zip(times, times[10:]))


# -- whom it never reaches

def test_a_redirect_is_not_followed(topics, topic, receiver, dead_letters):
    inside = receiver.hook()
    hook = receiver.hook(*[Answer(status, {"Location": inside.url}) for status in (301, 307, 308)])
    topics.subscribe_hook(topic, hook, retries=QUICK_RETRIES, RedrivePolicy=dead_letters.redrive)
    for word in "abc":
        topics.publish(topic, word)
    assert sorted(dead_letters.messages(3)) == ["a", "b", "c"]
    assert inside.received == []


PRIVATE = {"loopback": "http://127.0.0.1:{port}", "its_name": "http://localhost:{port}",
           "as_one_number": "http://2130706433:{port}", "in_short": "http://127.1:{port}",
           "mapped_into_ipv6": "http://[::ffff:127.0.0.1]:{port}", "the_ipv6_one": "http://[::1]:{port}",
           "any": "http://0.0.0.0:{port}", "the_clouds_metadata": "http://169.254.169.254",
           "a_private_network": "http://10.0.0.1"}


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """An instance whose webhooks may reach no private network."""
    with topic_instance(tmp_path_factory.mktemp("closed"), networks=None,
                        outbound_timeout_ms=str(TIMEOUT_S * 1000)) as instance:
        yield Topics(instance)


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_address_is_not_reached(closed, receiver, name):
    topic = closed.make()
    hook = receiver.hook()
    url = PRIVATE[name].format(port=receiver.port) + hook.path
    closed.subscribe(topic, "http", url)

    def refusal():
        found = [a for a in closed.attempts() if a["topic_arn"] == topic]
        return found and found[0]
    attempt = wait_until(refusal, 20, "the attempt to be refused")
    assert not attempt["succeeded"] and attempt["status_code"] == 0
    assert attempt["next_attempt_at"] is None, attempt
    assert "not allowed" in attempt["error"] or "private" in attempt["error"], attempt
    assert hook.received == []


def test_a_private_address_that_is_allowed_is_reached(topics, topic, receiver):
    hook = receiver.hook(host="localhost")
    topics.subscribe_hook(topic, hook)
    topics.publish(topic, "inside")
    assert hook.wait(1)[0].json["Message"] == "inside"


@pytest.mark.parametrize("url", [
    "http://", "http://:80/", "ftp://example.com/", "http://exa mple.com/", "http://a\\@b/",
    "http://example.com/\r\nX: y", "file:///etc/passwd", "http://" + "a" * 2100])
def test_a_url_that_is_none_is_refused_when_it_is_subscribed(topics, topic, url):
    with refused("InvalidParameter", 400):
        topics.subscribe(topic, "http", url)
