"""Dead letters: which there are and why, and their way back, by SQS's move tasks and by onput."""
import json

import pytest
from botocore.exceptions import ClientError

from harness.topology import queue_arn
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def source(onput):
    """A queue that gives up what was received once, into another."""
    dead = onput.sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead"), "maxReceiveCount": 1})
    url = onput.sqs.create_queue(QueueName="work", Attributes={
        "RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    return url, dead


def count(onput, url):
    found = onput.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def give_up(onput, source, body):
    url, dead = source
    before = count(onput, dead)
    onput.sqs.send_message(QueueUrl=url, MessageBody=body)
    wait_until(lambda: onput.sqs.receive_message(QueueUrl=url) and count(onput, dead) > before)


def ended(onput):
    def newest():
        task = onput.sqs.list_message_move_tasks(SourceArn=queue_arn("dead"))["Results"][0]
        return task if task["Status"] != "RUNNING" else None
    return wait_until(newest)


def test_boto3_sends_dead_letters_back_to_their_queue(onput, source):
    url, dead = source
    assert onput.sqs.list_message_move_tasks(SourceArn=queue_arn("dead"))["Results"] == []
    give_up(onput, source, "again")
    assert onput.sqs.start_message_move_task(SourceArn=queue_arn("dead"))["TaskHandle"]
    task = ended(onput)
    assert isinstance(task.pop("StartedTimestamp"), int)
    assert {name: task[name] for name in task if name != "ResponseMetadata"} == {
        "Status": "COMPLETED", "SourceArn": queue_arn("dead"),
        "ApproximateNumberOfMessagesMoved": 1, "ApproximateNumberOfMessagesToMove": 1}
    assert onput.sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "again"
    onput.sqs.purge_queue(QueueUrl=url)


def test_boto3_pages_through_the_sources_of_a_dead_letter_queue(onput):
    def create(name, **attributes):
        return onput.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    dead = create("letters")
    policy = json.dumps({"deadLetterTargetArn": queue_arn("letters"), "maxReceiveCount": 1})
    sources = [create(f"source{number}", RedrivePolicy=policy) for number in range(5)]
    pages = list(onput.sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}))
    assert [len(page["queueUrls"]) for page in pages] == [2, 2, 1]
    assert [url for page in pages for url in page["queueUrls"]] == sources
    assert onput.sqs.list_dead_letter_source_queues(QueueUrl=sources[0])["queueUrls"] == []
    with pytest.raises(onput.sqs.exceptions.QueueDoesNotExist):
        onput.sqs.list_dead_letter_source_queues(QueueUrl=dead + "x")


def test_a_task_is_cancelled_by_its_handle(onput, source):
    _, dead = source
    other = onput.sqs.create_queue(QueueName="elsewhere")["QueueUrl"]
    for number in range(5):
        onput.sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    handle = onput.sqs.start_message_move_task(SourceArn=queue_arn("dead"), DestinationArn=queue_arn("elsewhere"),
                                               MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    running = onput.sqs.list_message_move_tasks(SourceArn=queue_arn("dead"), MaxResults=10)["Results"][0]
    assert (running["Status"], running["TaskHandle"], running["MaxNumberOfMessagesPerSecond"]) == (
        "RUNNING", handle, 1)
    with pytest.raises(ClientError) as caught:
        onput.sqs.start_message_move_task(SourceArn=queue_arn("dead"))
    assert caught.value.response["Error"]["Message"].startswith("There is already a task running.")
    moved = onput.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert ended(onput)["Status"] == "CANCELLED"
    assert count(onput, other) == moved
    assert count(onput, dead) == 5 - moved
    onput.sqs.purge_queue(QueueUrl=dead)


@pytest.mark.parametrize("arguments, code, text", [
    ({"SourceArn": queue_arn("none")}, "ResourceNotFoundException",
     "The resource that you specified for the SourceArn parameter doesn't exist."),
    ({"SourceArn": queue_arn("work")}, "InvalidParameterValue",
     "Source queue must be configured as a Dead Letter Queue."),
    ({"SourceArn": queue_arn("dead"), "DestinationArn": queue_arn("none")}, "ResourceNotFoundException",
     "The resource that you specified for the DestinationArn parameter doesn't exist.")],
    ids=["no source", "no dead-letter queue", "no destination"])
def test_a_task_that_cannot_be_is_refused_in_the_words_of_sqs(onput, source, arguments, code, text):
    with pytest.raises(ClientError) as caught:
        onput.sqs.start_message_move_task(**arguments)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text)


# -- onput failures, onput redrive

def failures(onput, *words):
    return json.loads(onput.run("failures", *words, "-o", "json").stdout)["failures"]


def fail_for_good(onput, key):
    """A text that no encoding reads."""
    onput.s3.put_object(Bucket="inbox", Key=key, Body=b"\x81\x00\xff\xfe\x00\x8d" * 40)
    return wait_until(lambda: failures(onput, f"s3://inbox/{key}"))[0]


def test_failures_say_which_object_failed_and_why(onput):
    failed = fail_for_good(onput, "noise.txt")
    assert failed["queue"] == "speech-dead-letters"
    assert failed["source_arn"].endswith(":function:speech")
    assert failed["code"] and failed["reason"] and failed["dead_lettered_at"]
    assert failed["attempts"] == 1
    table = onput.run("failures", "s3://inbox/noise.txt").stdout
    assert "s3://inbox/noise.txt" in table and failed["code"] in table and "function:speech" in table
    assert max(len(line) for line in table.splitlines()) <= 80
    assert "no dead letters" in onput.run("failures", "s3://inbox/well.txt").stdout
    assert "no queue nowhere" in onput.run("failures", "nowhere", expect=3).stderr


def test_redrive_of_an_object_tries_it_again_and_leaves_the_others(onput):
    fail_for_good(onput, "mended.txt")
    fail_for_good(onput, "left.txt")
    told = onput.run("redrive", "s3://inbox/mended.txt")
    assert told.stdout == "moved 1 message from speech-dead-letters back to where each came from\n"
    story = json.loads(onput.run("trace", "--wait", "20", "s3://inbox/mended.txt", "-o", "json").stdout)
    whats = [step["what"] for step in story["steps"]]
    assert "redriven" in whats
    assert whats.count("dead-lettered") == 2
    assert failures(onput, "s3://inbox/left.txt")
    assert "no dead-letter queue holds" in onput.run("redrive", "s3://inbox/never.txt", expect=3).stderr


def test_redrive_of_a_queue_moves_all_of_it_where_it_is_told(onput):
    fail_for_good(onput, "parked.txt")
    held = len(failures(onput, "speech-dead-letters"))
    parked = onput.sqs.create_queue(QueueName="parked")["QueueUrl"]
    told = json.loads(onput.run("redrive", "speech-dead-letters", "--to", "parked", "-o", "json").stdout)
    assert [(task["status"], task["moved"]) for task in told["tasks"]] == [("COMPLETED", held)]
    assert failures(onput, "speech-dead-letters") == []
    assert count(onput, parked) == held
    assert "there is no queue none" in onput.run("redrive", "speech-dead-letters", "--to", "none", expect=3).stderr
