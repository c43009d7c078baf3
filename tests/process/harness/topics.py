"""Topics and their subscribers, as tests need them.

    topics = Topics(onput)
    topic = topics.make()
    queue = topics.subscribe_queue(topic)
    topics.publish(topic, "hello")
    topics.letters(queue, 1)
"""
import contextlib
import itertools
import json

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.topology import ACCOUNT, queue_arn
from harness.waiting import wait_until

LOOPBACK = "127.0.0.0/8"
# One retry after another, a second apart; AWS's shortest.
QUICK_RETRIES = {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 3}


def topic_arn(name):
    return f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}"


def topic_instance(folder, networks=LOOPBACK, arguments=(), tts=0, **environment):
    """An instance without pipelines and workers, whose webhooks may reach `networks`."""
    named = {f"ONPUT_{name.upper()}": value for name, value in environment.items()}
    if networks:
        named["ONPUT_WEBHOOK_ALLOWED_NETWORKS"] = networks
    return Onput(folder, tts=tts, environment=named,
                 arguments=["--no-pipeline", "--image", "0", *arguments])


@contextlib.contextmanager
def refused(code, status=None, text=None):
    """What is done inside is refused by the service with this error."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield caught
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer
    if status is not None:
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer
    if text is not None:
        assert answer["Error"]["Message"] == text


def sending_policy(queue, topic, effect="Allow"):
    """What AWS's guide tells people to put on a queue that a topic sends to."""
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Principal": {"Service": "sns.amazonaws.com"},
         "Action": "sqs:SendMessage", "Resource": queue_arn(queue),
         "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})


class Topics:
    def __init__(self, onput):
        self.onput = onput
        self.sns = onput.client("sns")
        self._numbers = itertools.count(1)

    def make(self, name=None, attributes=None, tags=()):
        name = name or f"topic-{next(self._numbers)}"
        return self.sns.create_topic(Name=name, Attributes=attributes or {},
                                     Tags=list(tags))["TopicArn"]

    def make_queue(self, topic, has_policy=True, attributes=None):
        """A queue that the topic may send to, or not; its name."""
        name = f"queue-{next(self._numbers)}"
        attributes = dict(attributes or {})
        if has_policy:
            attributes["Policy"] = sending_policy(name, topic)
        self.onput.sqs.create_queue(QueueName=name, Attributes=attributes)
        return name

    def subscribe(self, topic, protocol, endpoint, **attributes):
        return self.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint,
                                  Attributes=attributes,
                                  ReturnSubscriptionArn=True)["SubscriptionArn"]

    def subscribe_queue(self, topic, has_policy=True, **attributes):
        """The name of a new queue that the topic tells."""
        queue = self.make_queue(topic, has_policy)
        self.subscribe(topic, "sqs", queue_arn(queue), **attributes)
        return queue

    def subscribe_hook(self, topic, hook, retries=None, **attributes):
        """Subscribes a webhook and confirms it; the subscription's ARN."""
        if retries is not None:
            attributes["DeliveryPolicy"] = json.dumps({"healthyRetryPolicy": retries})
        protocol = hook.url.split(":")[0]
        arn = self.subscribe(topic, protocol, hook.url, **attributes)
        hook.confirm()
        return arn

    def publish(self, topic, message="hello", **options):
        return self.sns.publish(TopicArn=topic, Message=message, **options)["MessageId"]

    def attributes(self, subscription):
        return self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]

    # -- queues

    def letters(self, queue, count, deadline_s=20):
        """`count` messages of a queue, removed from it, in the order in which they came."""
        url = self.onput.queue_url(queue)
        found = []

        def take():
            got = self.onput.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
            messages = got.get("Messages", [])
            found.extend(messages)
            if messages:
                self.onput.sqs.delete_message_batch(QueueUrl=url, Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)])
            return len(found) >= count
        try:
            wait_until(take, deadline_s, f"{count} messages in {queue}")
        finally:
            assert len(found) == count, [message["Body"] for message in found]
        return found

    def envelopes(self, queue, count, deadline_s=20):
        """The same, their bodies read as SNS's JSON."""
        return [json.loads(message["Body"]) for message in self.letters(queue, count, deadline_s)]

    def waiting_in(self, queue):
        counts = self.onput.sqs.get_queue_attributes(
            QueueUrl=self.onput.queue_url(queue), AttributeNames=["All"])["Attributes"]
        return int(counts["ApproximateNumberOfMessages"])

    # -- what the operator sees

    def attempts(self, message_id=None):
        """Every attempt to deliver to the outside that the journal has: (sequence, event)."""
        told = self.onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
        events = [json.loads(line)["event"] for line in told.splitlines()]
        return [event for event in events if "status_code" in event
                and message_id in (None, event["message_id"])]

    def wait_for_attempts(self, message_id, count=1, deadline_s=20):
        def find():
            found = self.attempts(message_id)
            return found if len(found) >= count else None
        return wait_until(find, deadline_s, f"{count} attempts to deliver {message_id}")
