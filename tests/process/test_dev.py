"""`onput dev` as a supervisor: starts, restarts, ends; and what it costs when services die."""
import os
import pathlib
import signal
import socket
import subprocess

import pytest

from harness.instance import BIN, SERVICES, clean_environment
from harness.topology import make_queue
from harness.waiting import wait_until
from harness.wire import Wire, read_answer


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_is_started_again(onput, service):
    killed = onput.kill(service)
    assert len(killed) == 1
    wait_until(lambda: onput.pids(service) and onput.pids(service) != killed, 10, f"a new {service}")
    wait_until(lambda: onput.run("status", expect=None).returncode == 0, 20, "a healthy status")
    onput.s3.put_object(Bucket="inbox", Key=f"after-{service}.txt", Body=b"Again.")
    assert onput.wait_for_object("outbox", f"after-{service}.mp3")


def test_a_hung_worker_does_not_keep_its_text(own_onput):
    onput = own_onput(tts=2)
    first, second = onput.pids("tts")
    os.kill(first, signal.SIGSTOP)
    try:
        for i in range(4):
            onput.s3.put_object(Bucket="inbox", Key=f"{i}.txt", Body=b"Somebody speaks it.")
        for i in range(4):
            assert onput.wait_for_object("outbox", f"{i}.mp3", deadline_s=60)
    finally:
        os.kill(first, signal.SIGCONT)


def test_a_terminated_dev_ends_with_0_and_leaves_no_process(own_onput):
    onput = own_onput()
    pids = onput.pids()
    assert len(pids) == 7
    assert onput.stop() == 0
    assert not [pid for pid in pids if is_running(pid)]


def logged_keys(onput, bucket):
    bodies = [onput.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in onput.keys(bucket)]
    return [line.split()[8] for line in b"".join(bodies).decode().splitlines() if "REST.PUT.OBJECT" in line]


def refuses_connections(onput):
    try:
        socket.create_connection(("127.0.0.1", onput.port), 5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_an_upload_that_the_end_meets_is_stored_and_logged_and_its_event_is_kept(own_onput):
    onput = own_onput(environment={"ONPUT_ACCESS_LOG_INTERVAL_MS": "3600000"}, tts=0)
    for name in ("source", "logs"):
        onput.s3.create_bucket(Bucket=name)
    onput.s3.put_bucket_logging(Bucket="source", BucketLoggingStatus={
        "LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}})
    arn = make_queue(onput, "events")
    onput.s3.put_bucket_notification_configuration(Bucket="source", NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    # A gateway that has seen the bucket without a log believes it for a while; the next one has not.
    onput.stop()
    onput.start()
    body = b"x" * 3_000_000
    wire = Wire(onput)
    with wire.connect() as connection:
        connection.sendall(wire.head_bytes("PUT", "/source/last", len(body), {"expect": "100-continue"}))
        assert connection.recv(4096).startswith(b"HTTP/1.1 100")
        connection.sendall(body[:2_000_000])
        onput.process.terminate()
        wait_until(lambda: refuses_connections(onput), 20, "the gateway to be ending")
        onput.process.terminate()  # Once more, which cuts nothing short.
        connection.sendall(body[2_000_000:])
        assert read_answer(connection).status == 200
    assert onput.stop() == 0
    onput.start()
    assert onput.s3.get_object(Bucket="source", Key="last")["Body"].read() == body
    assert "last" in logged_keys(onput, "logs")
    assert wait_until(lambda: "last" in onput.receive("events")["Body"], 20, "the event of it")


def test_a_killed_dev_takes_its_services_with_it(own_onput):
    onput = own_onput()
    pids = onput.pids()
    onput.process.kill()
    wait_until(lambda: not [pid for pid in pids if is_running(pid)], 10, "the services to be gone")


def test_what_was_stored_is_there_after_a_restart(own_onput):
    onput = own_onput()
    onput.s3.put_object(Bucket="inbox", Key="kept.txt", Body=b"Kept.")
    recording = onput.wait_for_object("outbox", "kept.mp3")
    url = onput.sqs.create_queue(QueueName="kept")["QueueUrl"]
    onput.sqs.send_message(QueueUrl=url, MessageBody="kept")
    assert onput.stop() == 0
    onput.start()
    assert onput.wait_for_object("outbox", "kept.mp3") == recording
    assert onput.s3.get_object(Bucket="inbox", Key="kept.txt")["Body"].read() == b"Kept."
    assert onput.receive("kept")["Body"] == "kept"


def test_what_is_owed_when_everything_dies_is_done_after_the_restart(own_onput):
    onput = own_onput(tts=0)
    for i in range(20):
        onput.s3.put_object(Bucket="inbox", Key=f"{i}.txt", Body=b"Later.")
    onput.process.kill()
    onput.stop()
    onput.tts = 2
    onput.start()
    for i in range(20):
        assert onput.wait_for_object("outbox", f"{i}.mp3")


def test_a_second_dev_in_the_same_directory_fails_and_says_why(onput):
    done = subprocess.run([BIN / "onput", "--data", onput.data, "dev", "--port", "0"], text=True,
                          capture_output=True, timeout=90, env=clean_environment())
    assert done.returncode not in (0, 2)
    assert str(onput.data) in done.stderr and "already" in done.stderr
    assert onput.s3.list_buckets()["Buckets"] and len(onput.pids()) == 7
    assert onput.run("status").returncode == 0


def test_a_crash_of_storage_costs_no_room_on_the_disk(own_onput):
    onput = own_onput()
    segments = onput.data / "storage" / "segments"

    def taken():
        return sum(path.stat().st_blocks * 512 for path in segments.iterdir())
    for i in range(50):
        onput.s3.put_object(Bucket="outbox", Key=f"a{i:02}", Body=b"x" * 500_000)
    # Reading ahead puts unused room of the segment into memory, where it may pass for data.
    for i in range(50):
        onput.wait_for_object("outbox", f"a{i:02}")
    assert taken() > 100_000_000  # One segment is there in full, for what comes.
    killed = onput.kill("storage")
    wait_until(lambda: onput.pids("storage") not in ([], killed), 10, "a new storage")
    assert onput.wait_for_object("outbox", "a49") == b"x" * 500_000
    assert taken() < 27_000_000
