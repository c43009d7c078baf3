"""`onput replay`: recorded events, and what a bucket holds, once more to one destination."""
import json
import signal
import subprocess

import pytest

from harness.buses import Buses
from harness.instance import BIN, clean_environment
from harness.topology import make_queue, queue_arn
from harness.waiting import wait_until

OBJECTS = 3
MANY = 450  # More than two pages.


@pytest.fixture(scope="module")
def uploads(onput):
    onput.s3.create_bucket(Bucket="quiet")
    keys = [f"in/{i}.txt" for i in range(OBJECTS)]
    for key in keys:
        onput.s3.put_object(Bucket="quiet", Key=key, Body=b"12345")
    onput.s3.put_object(Bucket="quiet", Key="other", Body=b"x")
    return keys


@pytest.fixture
def queue(onput, request):
    name = request.node.name[-60:].replace("[", "").replace("]", "")
    make_queue(onput, name)
    return name


def records(onput, queue, count):
    found = []
    while len(found) < count:
        found += json.loads(onput.receive(queue)["Body"])["Records"]
    return found


def keys_of(found):
    return sorted(record["s3"]["object"]["key"] for record in found)


def is_empty(onput, queue):
    attributes = onput.sqs.get_queue_attributes(QueueUrl=onput.queue_url(queue),
                                                AttributeNames=["All"])["Attributes"]
    return attributes["ApproximateNumberOfMessages"] == "0"


def test_of_the_journal_what_is_chosen_goes_to_a_queue_once(onput, uploads, queue):
    words = ("replay", "--from-seq", "1", "-b", "quiet", "--prefix", "in/", "--to", f"sqs:{queue}")
    done = json.loads(onput.run(*words, "--name", "first", "-o", "json").stdout)
    assert done["events"] == OBJECTS and done["is_done"]
    found = records(onput, queue, OBJECTS)
    assert keys_of(found) == uploads
    assert {record["s3"]["configurationId"] for record in found} == {"replay:first"}
    again = onput.run(*words, "--name", "first", expect=5)
    assert "has ended" in again.stderr and is_empty(onput, queue)
    assert json.loads(onput.run(*words, "--name", "second", "-o", "json").stdout)["events"] == OBJECTS
    assert keys_of(records(onput, queue, OBJECTS)) == uploads


def test_a_dry_run_counts_and_sends_nothing(onput, uploads, queue):
    told = onput.run("replay", "-b", "quiet", "--prefix", "in/", "--to", f"sqs:{queue}",
                     "--dry-run").stdout
    assert f"{OBJECTS} events would be sent" in told
    assert is_empty(onput, queue)


def test_what_exists_in_a_bucket_goes_to_the_destination_of_a_rule(onput, uploads, queue):
    onput.s3.put_bucket_notification_configuration(
        Bucket="quiet", NotificationConfiguration={"QueueConfigurations": [
            {"Id": "texts", "QueueArn": queue_arn(queue), "Events": ["s3:ObjectCreated:*"],
             "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".txt"}]}}}]})
    assert "TestEvent" in onput.receive(queue)["Body"]
    onput.run("replay", "-b", "quiet", "--rule", "texts")
    found = records(onput, queue, OBJECTS)
    assert keys_of(found) == uploads
    stored = onput.s3.head_object(Bucket="quiet", Key=uploads[0])
    first = next(r["s3"]["object"] for r in found if r["s3"]["object"]["key"] == uploads[0])
    assert first["eTag"] == stored["ETag"].strip('"') and first["size"] == 5
    onput.s3.put_bucket_notification_configuration(Bucket="quiet", NotificationConfiguration={})


def test_a_target_of_a_rule_gets_what_its_bus_would_send(onput):
    buses = Buses(onput)
    queue = buses.make_queue()
    rule = buses.rule({"source": ["nobody"]}, queue)
    source = "test.replay"
    event_id = buses.put(source, n=1)
    pattern = json.dumps({"source": [source]})
    onput.run("replay", "--from-seq", "1", "--pattern", pattern, "--to", f"rule:{rule}/t")
    (event,) = buses.events(queue, 1)
    assert event["id"] == event_id and event["detail"] == {"n": 1}


def test_a_function_works_again(onput, uploads):
    onput.s3.put_object(Bucket="inbox", Key="again.txt", Body=b"Again.")
    onput.wait_for_object("outbox", "again.mp3")
    onput.s3.delete_object(Bucket="outbox", Key="again.mp3")
    onput.run("replay", "-b", "inbox", "--key", "again.txt", "--to", "function:speech")
    onput.wait_for_object("outbox", "again.mp3")


@pytest.mark.parametrize("words, status, told", [
    (("--since", "1h"), 2, "--to DESTINATION"),
    (("--since", "1h", "--to", "jobs"), 2, "is no ARN"),
    (("--since", "1h", "--to", "sqs:absent"), 3, "absent"),
    (("--since", "1h", "--to", "sns:absent"), 3, "no destination"),
    (("-b", "absent-bucket", "--to", "function:speech"), 3, "bucket"),
    (("-b", "inbox", "--rule", "absent"), 3, "no notification rule absent"),
    (("--since", "1h", "--rule", "absent"), 2, "-b")])
def test_what_cannot_be_done_is_said(onput, words, status, told):
    done = onput.run("replay", *words, expect=status)
    assert told in done.stderr and not done.stdout


def test_one_that_is_interrupted_and_killed_goes_on_and_leaves_nothing_out(own_onput):
    onput = own_onput()
    onput.s3.create_bucket(Bucket="quiet")
    for i in range(MANY):
        onput.s3.put_object(Bucket="quiet", Key=f"{i:04}", Body=b"x")
    make_queue(onput, "all")
    words = ["replay", "-b", "quiet", "--to", "sqs:all", "--name", "long"]
    process = subprocess.Popen([BIN / "onput", "--data", onput.data, *words],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment())

    def listed():
        replays = json.loads(onput.run("replay", "--list", "-o", "json").stdout)["resends"]
        return replays and replays[0]
    begun = wait_until(listed, 30, "the first page")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == (0 if begun["is_done"] else 130) or listed()["is_done"]
    assert onput.kill("notifier")
    if not wait_until(lambda: listed(), 30)["is_done"]:
        onput.run(*words)
    assert listed()["events"] == MANY
    wait_until(lambda: not is_empty(onput, "all"), 30)
    seen = set()

    def drained():
        url = onput.queue_url("all")
        for message in onput.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                                 WaitTimeSeconds=1).get("Messages", []):
            seen.add(json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"])
            onput.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(seen) == MANY
    wait_until(drained, 60, "every key")
