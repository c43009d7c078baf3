"""Buses, rules and the queues that they send to, as tests need them.

    buses = Buses(onput)
    queue = buses.make_queue()
    rule = buses.rule({"source": ["shop"]}, queue)
    buses.put(n=1)
    buses.events(queue, 1)
"""
import itertools
import json

from harness.topics import Topics
from harness.topology import ACCOUNT, queue_arn


def rule_arn(name):
    return f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}"


def bus_arn(name):
    return f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{name}"


def rules_policy(queue):
    """What AWS's guide tells people to put on a queue that rules send to."""
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
         "Action": "sqs:SendMessage", "Resource": queue_arn(queue),
         "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{ACCOUNT}:rule/*"}}}]})


class Buses:
    def __init__(self, onput):
        self.onput = onput
        self.topics = Topics(onput)
        self.events_api = onput.client("events")
        self._numbers = itertools.count(1)

    def make_queue(self, has_policy=True):
        """A queue that rules may send to, or not; its name."""
        name = f"of-rules-{next(self._numbers)}"
        attributes = {"Policy": rules_policy(name)} if has_policy else {}
        self.onput.sqs.create_queue(QueueName=name, Attributes=attributes)
        return name

    def rule(self, pattern, queue=None, bus="default", **target):
        """A rule of its own name, and its target."""
        name = f"rule-{next(self._numbers)}"
        self.events_api.put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus)
        if queue:
            target["Arn"] = queue_arn(queue)
        if target:
            put = self.events_api.put_targets(Rule=name, EventBusName=bus,
                                              Targets=[{"Id": "t", **target}])
            assert put["FailedEntryCount"] == 0
        return name

    def put(self, source="shop", bus="default", **detail):
        """The id of an event that was put."""
        answer = self.events_api.put_events(Entries=[
            {"Source": source, "DetailType": "Order", "Detail": json.dumps(detail),
             "EventBusName": bus}])
        assert answer["FailedEntryCount"] == 0, answer
        return answer["Entries"][0]["EventId"]

    def messages(self, queue, count):
        """So many messages of a queue, removed from it."""
        return self.topics.letters(queue, count)

    def events(self, queue, count):
        return [json.loads(message["Body"]) for message in self.messages(queue, count)]
