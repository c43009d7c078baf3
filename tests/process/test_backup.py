"""`onput backup` of an instance under load and `onput restore`: all of it, as of one moment."""
import itertools
import json
import os
import random
import shutil
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from harness.instance import BIN, Onput, clean_environment, run_onput
from harness.waiting import wait_until

SIZES = (100, 20_000, 200_000, 1_500_000)  # A row, two records of a segment, a file.
QUIET = ["--no-pipeline", "--image", "0"]


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def is_archived(onput, cold):
    """The bytes of one large object are in the cold directory, and nowhere else."""
    return list(cold.glob("blobs/*/*")) and not list(onput.data.glob("storage/blobs/*/*"))


def body_of(key):
    return random.Random(key).randbytes(SIZES[int(key[-1]) % len(SIZES)])


class Load:
    """Uploads, messages, publishes and removals, each by a client of its own, until stopped."""

    def __init__(self, onput):
        self.onput = onput
        self.put, self.deleted, self.sent, self.removed, self.published = [], [], [], [], []
        self.is_over = threading.Event()
        self.failures = []
        self.threads = [threading.Thread(target=self._work, args=work, daemon=True)
                        for work in ((self._upload, 0), (self._upload, 1), (self._delete, 0),
                                     (self._send, 0), (self._publish, 0))]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures

    def acknowledged(self):
        """What was, so far: copies of the lists."""
        return [list(kept) for kept in
                (self.put, self.deleted, self.sent, self.removed, self.published)]

    def _work(self, step, number):
        clients = {name: self.onput.client(name) for name in ("s3", "sqs", "sns")}
        try:
            for count in itertools.count():
                if self.is_over.is_set():
                    return
                step(clients, f"{number}-{count:05}")
        except Exception as error:
            self.failures.append(error)

    def _upload(self, clients, key):
        clients["s3"].put_object(Bucket="shelf", Key=key, Body=body_of(key))
        self.put.append(key)

    def _delete(self, clients, key):
        clients["s3"].put_object(Bucket="brief", Key=key, Body=body_of(key))
        clients["s3"].delete_object(Bucket="brief", Key=key)
        self.deleted.append(key)

    def _send(self, clients, key):
        url = self.onput.queue_url("plain")
        clients["sqs"].send_message(QueueUrl=url, MessageBody=f"kept {key}")
        self.sent.append(f"kept {key}")
        url = self.onput.queue_url("passing")
        clients["sqs"].send_message(QueueUrl=url, MessageBody=key)
        message, = clients["sqs"].receive_message(QueueUrl=url)["Messages"]
        clients["sqs"].delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.removed.append(message["Body"])

    def _publish(self, clients, key):
        clients["sns"].publish(TopicArn="arn:aws:sns:us-east-1:000000000000:news", Message=key)
        self.published.append(key)


def allow_all(arn):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]})


def set_up(onput):
    sns = onput.client("sns")
    for queue in ("told", "plain", "passing", "heard"):
        onput.sqs.create_queue(QueueName=queue, Attributes={
            "Policy": allow_all(f"arn:aws:sqs:us-east-1:000000000000:{queue}")})
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Attributes={"RawMessageDelivery": "true"},
                  Endpoint="arn:aws:sqs:us-east-1:000000000000:heard")
    for bucket in ("shelf", "brief"):
        onput.s3.create_bucket(Bucket=bucket)
    onput.s3.put_bucket_notification_configuration(
        Bucket="shelf", NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:told",
             "Events": ["s3:ObjectCreated:*"]}]})


def drain(onput, queue, wanted):
    """The bodies of all messages, once `wanted` says that they are complete."""
    url = onput.queue_url(queue)
    bodies = []

    def take():
        answer = onput.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        bodies.extend(message["Body"] for message in answer.get("Messages", []))
        return "Messages" not in answer and wanted(bodies)
    wait_until(take, 120, f"all of {queue}")
    return bodies


def keys_told(bodies):
    return [record["s3"]["object"]["key"] for body in bodies
            for record in json.loads(body).get("Records", [])]


def test_a_backup_under_load_is_one_moment_of_everything(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    set_up(onput)
    load = Load(onput).start()
    wait_until(lambda: min(map(len, load.acknowledged())) >= 20, 60, "some load")
    put, deleted, sent, removed, published = load.acknowledged()
    onput.run("backup", tmp_path / "backup")
    load.stop()
    onput.stop()

    restored = Onput(tmp_path / "restored", tts=0, arguments=QUIET)
    run_onput("--data", restored.data, "restore", tmp_path / "backup")
    run_onput("--data", restored.data, "fsck")
    with restored:
        there = set(restored.keys("shelf"))
        assert set(put) <= there <= set(load.put)
        for key in there:
            body = restored.s3.get_object(Bucket="shelf", Key=key)["Body"].read()
            assert body == body_of(key)
        assert not set(deleted) & set(restored.keys("brief"))

        # Each object has its event, once, and each event its object.
        told = keys_told(drain(restored, "told", lambda all: set(keys_told(all)) >= there))
        assert sorted(told) == sorted(there)
        kept = drain(restored, "plain", lambda all: True)
        assert set(sent) <= set(kept) and len(kept) == len(set(kept))
        assert not set(removed) & set(drain(restored, "passing", lambda all: True))
        heard = drain(restored, "heard", lambda all: set(published) <= set(all))
        assert len(heard) == len(set(heard))

        # What comes now is new to everybody.
        restored.s3.put_object(Bucket="shelf", Key="later", Body=b"later")
        assert keys_told(drain(restored, "told", keys_told)) == ["later"]


def test_archived_objects_go_back_where_the_storage_service_looks_for_them(tmp_path):
    quick = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1", "ONPUT_STORAGE_RESTORE_STANDARD_MS": "1"}
    source, target = tmp_path / "disk/cold", tmp_path / "other disk/cold"
    body = random.Random(7).randbytes(1_500_000)
    source.parent.mkdir()
    at_source = {"ONPUT_STORAGE_COLD_DATA": str(source)}
    with Onput(tmp_path / "source", tts=0, arguments=QUIET, environment={**quick, **at_source}) as onput:
        onput.s3.create_bucket(Bucket="shelf")
        onput.s3.put_object(Bucket="shelf", Key="old", Body=body, StorageClass="GLACIER")
        wait_until(lambda: is_archived(onput, source), 60, "bytes in the cold directory")
        told = json.loads(onput.run("backup", tmp_path / "backup", "-o", "json").stdout)
        assert told["fsck"]["sound"] and told["fsck"]["services"][0]["cold"]["whole"] == 1
    run_onput("--data", onput.data, "fsck", environment=at_source)
    missed = run_onput("--data", onput.data, "fsck", expect=1).stdout
    assert "the archived shelf/old are missing" in missed and "--cold-data" in missed
    flip(next(source.glob("blobs/*/*")), 700_000)
    assert "o/shelf/old: its bytes from" in run_onput(
        "--data", onput.data, "fsck", "--cold-data", source, expect=1).stdout

    at_target = {"ONPUT_STORAGE_COLD_DATA": str(target)}
    restored = Onput(tmp_path / "restored", tts=0, arguments=QUIET, environment={**quick, **at_target})
    run_onput("--data", restored.data, "restore", tmp_path / "backup", environment=at_target)
    run_onput("--data", restored.data, "fsck", environment=at_target)
    assert not (restored.data / "storage/cold").exists()
    with restored:
        restored.s3.restore_object(Bucket="shelf", Key="old", RestoreRequest={"Days": 1})
        wait_until(lambda: 'ongoing-request="false"' in restored.s3.head_object(
            Bucket="shelf", Key="old").get("Restore", ""), 60, "the object to be restored")
        assert restored.s3.get_object(Bucket="shelf", Key="old")["Body"].read() == body


def test_a_restore_that_was_killed_is_done_again_and_no_half_of_it_starts(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    onput.s3.create_bucket(Bucket="shelf")
    for number in range(8):
        onput.s3.put_object(Bucket="shelf", Key=f"{number}", Body=random.Random(number).randbytes(8_000_000))
    onput.run("backup", tmp_path / "backup")
    onput.stop()
    for number in itertools.count():
        data = tmp_path / f"restored-{number}"
        process = subprocess.Popen([BIN / "onput", "--data", data, "restore", tmp_path / "backup"],
                                   stderr=subprocess.DEVNULL, env=clean_environment())
        while not (data / "restore.part/storage").exists() and process.poll() is None:
            pass
        process.kill()
        process.wait()
        if (data / "restore.part").exists():
            break
        assert number < 20, "each was over before it was killed"
    told = run_onput("--data", data, "dev", "--port", "0", expect=5)
    assert "a restore into" in told.stderr and "was not finished" in told.stderr
    assert not (data / "storage").exists()
    run_onput("--data", data, "restore", tmp_path / "backup")
    run_onput("--data", data, "fsck")
    assert {path.name for path in data.iterdir()} == {"storage", "notifier", "queue"}


def test_a_kill_leaves_the_source_whole_and_no_backup(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    onput.s3.create_bucket(Bucket="shelf")
    keys = [f"large-{number}" for number in range(12)]
    for key in keys:
        onput.s3.put_object(Bucket="shelf", Key=key, Body=random.Random(key).randbytes(8_000_000))
    refused = 0
    for number, (service, folder) in enumerate(itertools.product(
            ("storage", "notifier", "queue"), ("", "rows", "blobs"))):
        target = tmp_path / f"backup-{number}"
        process = subprocess.Popen(
            [BIN / "onput", "--data", onput.data, "backup", target],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment())
        # Killed when the backup has come so far, at a different point of its way each time.
        wait_until(lambda: (target / "storage" / folder).exists() or process.poll() is not None, 60,
                   "a backup on its way")
        onput.kill(service)
        process.communicate(timeout=120)
        restored = tmp_path / f"restored-{number}"
        if process.returncode != 0:
            refused += 1
            told = run_onput("--data", restored, "restore", target, expect=None)
            assert told.returncode == 3 and "incomplete" in told.stderr
            assert not restored.exists()
        else:
            run_onput("--data", restored, "restore", target)
        wait_until(lambda: onput.run("status", expect=None).returncode == 0, 60, "all up again")
    assert refused > 0
    for key in keys:
        assert onput.s3.get_object(Bucket="shelf", Key=key)["Body"].read() == \
            random.Random(key).randbytes(8_000_000)
    assert onput.stop() == 0
    assert not list(onput.data.glob("*/rows.backup"))
    run_onput("--data", onput.data, "fsck")


def test_a_backup_to_a_place_that_cannot_be_is_refused_with_the_reason(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "sealed").mkdir(mode=0)
    before = set(onput.pids())
    bad = {tmp_path / "file": "not a directory", tmp_path / "file/below": "not a directory",
           tmp_path / ("n" * 300): "name too long", f"/{'deep/' * 1000}": "too long",
           tmp_path / "loop/below": "symbolic links", "/proc/below": "no such file"}
    if os.geteuid() != 0:
        bad[tmp_path / "sealed/below"] = "permission denied"
    for target, reason in bad.items():
        told = onput.run("backup", target, expect=2).stderr
        assert str(target)[:200] in told and reason in told.lower(), told
        onput.run("status")
    assert set(onput.pids()) == before
    assert (tmp_path / "file").read_text() == "mine"
    onput.run("backup", tmp_path / "good")


def test_a_target_with_something_in_it_is_refused_and_kept(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    target = tmp_path / "taken"
    target.mkdir()
    (target / "storage").mkdir()
    (target / "storage" / "mine").write_text("mine")
    told = onput.run("backup", target, expect=5)
    assert "not empty" in told.stderr
    assert (target / "storage" / "mine").read_text() == "mine"
    assert not (target / "queue").exists()
    onput.run("backup", tmp_path / "next")


def test_a_restore_believes_nothing_that_it_has_not_read(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    onput.s3.create_bucket(Bucket="shelf")
    onput.s3.put_object(Bucket="shelf", Key="big", Body=random.Random(1).randbytes(3_000_000))
    backup = tmp_path / "backup"
    onput.run("backup", backup)
    other = tmp_path / "other"
    onput.run("backup", other)
    data = tmp_path / "data"
    data.mkdir()
    (data / "mine").write_text("mine")
    told = run_onput("--data", data, "restore", backup, expect=5)
    assert "is not empty" in told.stderr
    assert [path.name for path in data.iterdir()] == ["mine"]

    def refused(change, words, status):
        copy = tmp_path / "changed"
        shutil.copytree(backup, copy)
        change(copy)
        told = run_onput("--data", tmp_path / "none", "restore", copy, expect=status)
        assert words in told.stderr
        assert not (tmp_path / "none").exists()
        shutil.rmtree(copy)

    def flip(copy):
        blob, = (path for path in copy.glob("storage/blobs/*/*"))
        content = bytearray(blob.read_bytes())
        content[1_000_000] ^= 1
        blob.write_bytes(content)

    def cut(copy):
        manifest = copy / "queue/MANIFEST.backup"
        manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[:-2]))

    refused(flip, "SHA-256 differs", 1)
    refused(cut, "manifest of the backup is damaged", 1)
    refused(lambda copy: next(copy.glob("notifier/rows/*.sst")).unlink(), "it is missing", 1)
    refused(lambda copy: (copy / "queue/MANIFEST.backup").unlink(), "incomplete", 3)

    def mix(copy):
        shutil.rmtree(copy / "queue")
        shutil.copytree(other / "queue", copy / "queue")
    refused(mix, "of two backups", 5)
    run_onput("--data", data / "one", "restore", backup, "--service", "queue")
    assert [path.name for path in (data / "one").iterdir()] == ["queue"]


def test_a_tail_that_goes_on_notices_that_the_journal_was_restored(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    onput.s3.create_bucket(Bucket="shelf")
    onput.s3.put_object(Bucket="shelf", Key="before", Body=b"1")
    onput.run("backup", tmp_path / "backup")
    onput.s3.put_object(Bucket="shelf", Key="lost", Body=b"2")
    durable = ("tail", "--durable", "mine", "--no-follow")
    assert "lost" in onput.run(*durable, "--last", "9").stdout
    onput.stop()
    restored = Onput(tmp_path / "restored", tts=0, arguments=QUIET)
    run_onput("--data", restored.data, "restore", tmp_path / "backup")
    shutil.copytree(onput.data / "tails", restored.data / "tails")
    with restored:
        restored.s3.put_object(Bucket="shelf", Key="after", Body=b"3")
        told = restored.run(*durable)
        assert "-- new journal" in told.stdout + told.stderr
        assert "before" in told.stdout and "after" in told.stdout
        assert "new journal" not in restored.run(*durable).stderr
        wait_until(lambda: not (restored.data / "notifier/restored").exists(), 20, "the mark to go")
    with restored:
        assert "new journal" not in restored.run(*durable).stderr
