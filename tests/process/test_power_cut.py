"""Power cuts of a whole instance: what was acknowledged is there, and what was owed comes."""
import itertools
import json
import random
import threading

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.power_cut import SHIM, PowerCut
from harness.topology import ACCOUNT, make_queue, queue_arn
from harness.waiting import wait_until

CUTS = 3
SIZES = (100, 20_000, 200_000, 1_500_000)  # Rows, segments and files of their own.
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"


def content_of(key):
    return random.Random(key).randbytes(SIZES[int(key) % len(SIZES)])


class House:
    """What clients do at an instance, and what they were promised."""

    def __init__(self, onput):
        self.onput = onput
        self.numbers = itertools.count(1)
        self.promised = {"objects": set(), "events": set(), "published": set(), "sent": set()}
        self.removed = set()
        self.seen = {"events": set(), "published": set(), "sent": set()}

    def set_up(self):
        self.onput.s3.create_bucket(Bucket="shelf")
        arn = make_queue(self.onput, "events")
        self.onput.s3.put_bucket_notification_configuration(
            Bucket="shelf", NotificationConfiguration={"QueueConfigurations": [
                {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                     "Action": "sqs:SendMessage", "Resource": queue_arn("published")}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.onput.sqs.create_queue(QueueName="published", Attributes={"Policy": policy})
        self.onput.sqs.create_queue(QueueName="sent")
        sns = self.onput.client("sns")
        sns.create_topic(Name="news")
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue_arn("published"),
                      Attributes={"RawMessageDelivery": "true"})

    def act_until_killed(self, acts):
        """`acts` counts what was acknowledged."""
        s3, sqs, sns = (self.onput.client(name, retries={"total_max_attempts": 1})
                        for name in ("s3", "sqs", "sns"))
        url = self.onput.queue_url("sent")
        try:
            while True:
                name = str(next(self.numbers))
                s3.put_object(Bucket="shelf", Key=name, Body=content_of(name))
                self.promised["objects"].add(name)
                self.promised["events"].add(name)
                sns.publish(TopicArn=TOPIC, Message=name)
                self.promised["published"].add(name)
                sqs.send_message(QueueUrl=url, MessageBody=name)
                self.promised["sent"].add(name)
                acts.release()
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            return

    def look(self):
        """Takes and removes all that the queues have, until every promise is kept."""
        for queue, name_of in (("events", event_key), ("published", str), ("sent", str)):
            url = self.onput.queue_url(queue)
            owed = self.promised[queue]
            wait_until(lambda: self.take(url, queue, name_of), 60,
                       f"{queue} to have {sorted(owed - self.seen[queue])}")

    def take(self, url, queue, name_of):
        for message in self.onput.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            assert message["MessageId"] not in self.removed, f"{queue}: a removed message returns"
            self.seen[queue].add(name_of(message["Body"]))
            self.onput.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            self.removed.add(message["MessageId"])
        return self.promised[queue] <= self.seen[queue]


def event_key(body):
    event = json.loads(body)
    return event["Records"][0]["s3"]["object"]["key"] if "Records" in event else event["Event"]


def test_nothing_acknowledged_is_lost_when_the_power_goes(tmp_path):
    if not SHIM.exists():
        pytest.skip(f"POWER CUTS ARE NOT TESTED: {SHIM} is not built")
    power = PowerCut(tmp_path)
    with Onput(tmp_path, tts=0, arguments=["--no-pipeline", "--image", "0"],
               environment=power.environment) as onput:
        house = House(onput)
        house.set_up()
        for cut in range(CUTS):
            acts = threading.Semaphore(0)
            clients = [threading.Thread(target=house.act_until_killed, args=[acts]) for _ in range(4)]
            for client in clients:
                client.start()
            for _ in range(24):
                assert acts.acquire(timeout=60)
            onput.process.kill()
            for client in clients:
                client.join()
            onput.stop()
            power.happen()
            onput.start()
            for key in house.promised["objects"]:
                body = onput.s3.get_object(Bucket="shelf", Key=key)["Body"].read()
                assert body == content_of(key), f"{key} after cut {cut}"
            house.look()
