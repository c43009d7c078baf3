"""A disk that runs full: nothing more is taken in, nothing that was taken in is lost, and all goes on when
there is room again. The services are told to leave almost as much free as there is."""
import json
import os
import shutil

import botocore.exceptions
import pytest

from harness.topology import make_queue
from harness.waiting import wait_until
from harness.watched import Watched

GIB = 1024 ** 3
TO_FILL = 3 * GIB  # More than others on this machine's disk use or free in a moment.


@pytest.fixture
def almost_full(tmp_path):
    """An instance, with a file that takes the room which it leaves; and the path of that file."""
    free = shutil.disk_usage(tmp_path).free
    if free < 3 * TO_FILL:
        pytest.skip(f"the disk has {free // GIB} GiB free, {3 * TO_FILL // GIB} are needed")
    least = str(free - TO_FILL // 2)
    watched = Watched(tmp_path / "watched", environment={
        "ONPUT_NOTIFIER_FREE_BYTES_MIN": least, "ONPUT_QUEUE_FREE_BYTES_MIN": least})
    filler = tmp_path / "filler"
    with watched.onput:
        yield watched, filler
    filler.unlink(missing_ok=True)


def fill(filler):
    descriptor = os.open(filler, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, TO_FILL)
    finally:
        os.close(descriptor)


def test_events_wait_for_room_and_then_all_arrive(almost_full):
    watched, filler = almost_full
    onput = watched.onput
    arn = make_queue(onput, "seen")
    url = onput.queue_url("seen")
    onput.s3.create_bucket(Bucket="watched")
    onput.s3.put_bucket_notification_configuration(
        Bucket="watched", NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    fill(filler)
    for service in ("notifier", "queue"):
        watched.wait_for_metric(service, "onput_disk_has_room", 0)
        status, text = watched.ask(service, "readyz")
        assert status == 503 and "room on the disk of" in text

    told = onput.run("-o", "json", "doctor", expect=None)
    assert told.returncode == 1
    assert [(f["check"], f["result"]) for f in json.loads(told.stdout) if f["check"].startswith("room")] == [
        ("room for notifier", "FAULT"), ("room for queue", "FAULT")]

    # Uploads are the storage's to take; what they owe stays with it.
    for i in range(30):
        onput.s3.put_object(Bucket="watched", Key=f"{i:02}", Body=b"x")
    wait_until(lambda: watched.metrics("storage")["onput_storage_relay_failures"] >= 1, 20,
               "the notifier to refuse")
    assert watched.metrics("storage")["onput_storage_outbox_events"] == 30
    once = {"retries": {"total_max_attempts": 1}}
    for client, operation, members in (
            ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "x"}),
            ("sqs", "create_queue", {"QueueName": "more"}),
            ("sns", "create_topic", {"Name": "more"})):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            getattr(onput.client(client, **once), operation)(**members)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert "no room" in refused.value.response["Error"]["Message"]
    # A restart changes nothing about it.
    onput.kill("notifier")
    wait_until(lambda: watched.answers("notifier"), 20, "another notifier")
    watched.wait_for_metric("notifier", "onput_disk_has_room", 0)

    filler.unlink()
    for service in ("notifier", "queue"):
        watched.wait_for_metric(service, "onput_disk_has_room", 1)
        wait_until(lambda: watched.ask(service, "readyz")[0] == 200, 20, f"{service} ready")
    seen = set()

    def all_seen():
        for message in onput.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                                 WaitTimeSeconds=1).get("Messages", []):
            seen.update(record["s3"]["object"]["key"]
                        for record in json.loads(message["Body"]).get("Records", []))
            onput.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(seen) == 30
    wait_until(all_seen, 60, "every event in the queue")
    assert watched.metrics("storage")["onput_storage_outbox_events"] == 0
