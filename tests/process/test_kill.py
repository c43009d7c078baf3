"""kill -9 of every process in turn while texts are uploaded: what was acknowledged is all there.

ONPUT_SOAK_UPLOADS (300) texts at least, for ONPUT_SOAK_SECONDS (0) at least.
"""
import itertools
import json
import os
import subprocess
import time

import pytest

from harness.instance import BIN, SERVICES, Onput, clean_environment
from harness.killer import Killer
from harness.load import Uploader
from harness.waiting import wait_until

UPLOADS = int(os.environ.get("ONPUT_SOAK_UPLOADS", 300))
SECONDS = float(os.environ.get("ONPUT_SOAK_SECONDS", 0))
KILL_PERIOD_S = 0.7
ROUNDS = 2  # How often each service is killed, at least, while uploads go on.
CLIENTS = 8
# Uploads are spread over all the kills.
PACE_S = ROUNDS * len(SERVICES) * KILL_PERIOD_S * CLIENTS / UPLOADS
QUIET_DEADLINE_S = 60 + UPLOADS * 0.2 + SECONDS


class Follower:
    """`onput tail` running in the background; its lines afterwards."""

    def __init__(self, onput, path):
        self.path = path
        self.process = subprocess.Popen(
            [BIN / "onput", "--data", onput.data, "-o", "json", "tail", "--from-seq", "1"],
            stdout=open(path, "wb"), stderr=subprocess.PIPE, env=clean_environment())

    def sequences(self):
        lines = self.path.read_bytes().split(b"\n")[:-1]
        return [json.loads(line)["sequence"] for line in lines]

    def stop(self):
        self.process.terminate()
        told = self.process.communicate(timeout=20)[1]
        return self.process.returncode, told.decode()


class Story:
    """One run: what was uploaded, what was killed, and how everything stood once it was quiet."""

    def __init__(self, onput, folder):
        self.onput = onput
        counter = itertools.count()
        begun = time.monotonic()
        killer = Killer(onput, SERVICES, ROUNDS, lambda: KILL_PERIOD_S)

        def next_upload():
            number = next(counter)
            is_enough = number >= UPLOADS and time.monotonic() - begun > SECONDS
            if is_enough and killer.has_done_its_rounds:
                return None
            # Sizes on both sides of every storage tier; what is spoken stays tiny.
            tail = b"\n" * (20_000 if number % 10 == 0 else 0)
            return f"soak/{number:06}.txt", f"Number {number}.".encode() + tail
        self.follower = Follower(onput, folder / "tail.jsonl")
        self.uploader = Uploader(onput, CLIENTS, next_upload, PACE_S).start()
        try:
            self.uploader.join()
        finally:
            killer.stop()
        self.killed = killer.killed
        self.stems = sorted(key.removesuffix(".txt") for key in self.uploader.acknowledged)
        wait_until(self._is_quiet, QUIET_DEADLINE_S, "every text to be spoken")
        told = onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
        self.events = [json.loads(line) for line in told.splitlines()]
        # Beside them the journal has what topics were told.
        self.object_events = [e for e in self.events if e["type"].startswith("s3.")]
        self.follower_caught_up = wait_until(
            lambda: len(self.follower.sequences()) >= len(self.events), 30, "the tail to catch up")

    def _is_quiet(self):
        status = json.loads(self.onput.run("-o", "json", "status", expect=None).stdout or "{}")
        if not status.get("healthy"):
            return False
        idle = all(not f["waiting"] and not f["running"] for f in status["functions"])
        return idle and not any(d["owed"] for d in status["destinations"])


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    with Onput(folder, tts=2) as onput:
        story = Story(onput, folder)
        yield story
        if story.follower.process.poll() is None:
            story.follower.stop()


def test_every_service_was_killed_and_every_upload_was_acknowledged_in_the_end(story):
    assert min(story.killed.values()) >= ROUNDS, story.killed
    assert len(story.uploader.acknowledged) >= UPLOADS


def test_every_acknowledged_object_is_there_with_its_content(story):
    s3 = story.onput.s3
    for key, body in story.uploader.acknowledged.items():
        assert s3.get_object(Bucket="inbox", Key=key)["Body"].read() == body, key


def test_every_acknowledged_text_has_its_recording(story):
    recordings = {key.removesuffix(".mp3") for key in story.onput.keys("outbox", "soak/")}
    assert [stem for stem in story.stems if stem not in recordings] == []


def test_every_recording_is_whole(story):
    for stem in story.stems:
        body = story.onput.s3.get_object(Bucket="outbox", Key=f"{stem}.mp3")["Body"].read()
        assert body[:3] == b"ID3" and len(body) > 500, stem


def test_nothing_is_in_a_bucket_that_nobody_uploaded(story):
    assert story.onput.keys("inbox", "soak/") == sorted(story.uploader.acknowledged)


def test_every_acknowledged_object_has_its_event(story):
    told = {e["event"]["key"] for e in story.object_events if e["event"]["bucket"] == "inbox"}
    assert set(story.uploader.acknowledged) - told == set()


def test_no_event_is_of_an_object_that_was_never_there(story):
    told = {(e["event"]["bucket"], e["event"]["key"]) for e in story.object_events}
    there = {(bucket, key) for bucket in ("inbox", "outbox") for key in story.onput.keys(bucket)}
    assert told - there == set()


def test_the_journal_has_no_gap(story):
    assert [e["sequence"] for e in story.events] == list(range(1, len(story.events) + 1))


def test_no_event_is_in_the_journal_twice(story):
    ids = [e["event"]["event_id"] for e in story.events]
    assert len(ids) == len(set(ids))


def test_a_tail_that_followed_saw_every_event_once_and_in_order(story):
    code, told = story.follower.stop()
    assert code == 130, told
    assert story.follower.sequences() == [e["sequence"] for e in story.events]


def test_nothing_is_in_the_dead_letter_queue(story):
    counts = story.onput.sqs.get_queue_attributes(
        QueueUrl=story.onput.queue_url("speech-dead-letters"), AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "0"
