"""kill -9 of every service while multipart uploads are made, completed and aborted: each that was completed is
whole and has its event, and nothing is left of the others after their abort.

ONPUT_SOAK_MULTIPART (24) uploads.
"""
import itertools
import json
import os
import random
import threading

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.killer import Killer
from harness.stubborn import insist
from harness.waiting import wait_until

UPLOADS = int(os.environ.get("ONPUT_SOAK_MULTIPART", 24))
CLIENTS = 4
KILL_PERIOD_S = 1.5
# How often each is killed: `onput dev` waits longer before every new start.
ROUNDS = max(3, UPLOADS // 20)
KILLED = ("storage", "gateway", "notifier", "queue")
PART = 5 * 1024 * 1024
BUCKET = "outbox"
COMPLETED = "s3.ObjectCreated.CompleteMultipartUpload"


class Uploads:
    """Some of them are completed, some aborted, and some left as they are."""

    def __init__(self, onput):
        self.onput = onput
        self.killer = Killer(onput, KILLED, ROUNDS, lambda: random.uniform(0.5, 1) * KILL_PERIOD_S,
                             ends_itself=True)
        self.numbers = itertools.count()
        self.made = 0
        self.lock = threading.Lock()
        self.completed = {}  # key -> its parts' bytes
        self.failures = []
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(CLIENTS)]

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _work(self):
        s3 = self.onput.client("s3", read_timeout=20, retries={"total_max_attempts": 1})
        try:
            while (number := self._next()) is not None:
                self._make(s3, number)
        except Exception as error:
            self.failures.append(error)

    def _next(self):
        with self.lock:
            if self.made >= UPLOADS and self.killer.has_done_its_rounds:
                return None
            self.made += 1
            return next(self.numbers)

    def _make(self, s3, number):
        names = {"Bucket": BUCKET, "Key": f"kill/{number:04}"}
        upload = names | {"UploadId": insist(s3.create_multipart_upload, **names)["UploadId"]}
        bodies = [random.randbytes(PART), random.randbytes(PART), b"tail" * 100]
        parts = [{"PartNumber": at, "ETag": insist(s3.upload_part, **upload, PartNumber=at,
                                                   Body=body)["ETag"]}
                 for at, body in enumerate(bodies, 1)]
        if number % 3 == 0:
            insist(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
            self.completed[names["Key"]] = bodies
        elif number % 3 == 1:
            abort(s3, upload)


def abort(s3, upload):
    """An abort whose answer was lost finds nothing to abort any more."""
    try:
        insist(s3.abort_multipart_upload, **upload)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchUpload"


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("multipart-kill")) as onput:
        uploads = Uploads(onput)
        try:
            uploads.run()
        finally:
            uploads.killer.stop()

        def is_whole():
            return json.loads(onput.run("-o", "json", "status", expect=None).stdout or "{}").get("healthy")
        wait_until(is_whole, 60, "all services to be there again")
        yield uploads


def test_every_service_was_killed_while_uploads_went_on(story):
    assert story.killer.has_done_its_rounds, story.killer.killed
    print(f"{story.made} uploads, {len(story.completed)} completed; kills: {story.killer.killed}")
    assert len(story.completed) == (story.made + 2) // 3


def test_each_completed_upload_is_whole(story):
    assert story.onput.keys(BUCKET, "kill/") == sorted(story.completed)
    for key, bodies in story.completed.items():
        assert story.onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"".join(bodies), key


def test_each_completed_upload_has_its_event_once(story):
    def completions():
        told = story.onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
        events = [json.loads(line) for line in told.splitlines()]
        keys = [one["event"]["key"] for one in events if one["type"] == COMPLETED]
        return keys if len(keys) >= len(story.completed) else None
    assert sorted(wait_until(completions, 30, "the events of all uploads")) == sorted(story.completed)


def test_nothing_is_left_of_the_others_after_their_abort(story):
    s3 = story.onput.s3
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET)
    left = [one for page in pages for one in page.get("Uploads", [])]
    # Two of three were left or begun twice, because the first answer was lost.
    assert len(left) >= story.made // 3
    for one in left:
        abort(s3, {"Bucket": BUCKET, "Key": one["Key"], "UploadId": one["UploadId"]})
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    blobs = story.onput.data / "storage" / "blobs"
    wanted = sum(len(body) == PART for bodies in story.completed.values() for body in bodies)

    def is_clean():
        return sum(path.is_file() for path in blobs.rglob("*")) == wanted
    wait_until(is_clean, 60, f"{wanted} blobs, those of the completed uploads")
