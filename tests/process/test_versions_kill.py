"""kill -9 of storage, gateway and notifier while versions are put with and without locks, copied, tagged, and
deleted: what was acknowledged is there with its bytes and its lock, what was deleted stays away, and each version
has its event.

ONPUT_SOAK_VERSIONS (120) turns.
"""
import datetime
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

TURNS = int(os.environ.get("ONPUT_SOAK_VERSIONS", 120))
CLIENTS = 4
KILL_PERIOD_S = 1.5
ROUNDS = max(2, TURNS // 60)
KILLED = ("storage", "gateway", "notifier")
BUCKET = "vault"
UNTIL = datetime.datetime(2036, 1, 1, tzinfo=datetime.timezone.utc)
# In a row, in a segment, in a file of its own.
SIZES = (100, 100_000, 1_500_000)


class Versions:
    """Each client has keys of its own, so that it knows what must be there."""

    def __init__(self, onput):
        self.onput = onput
        self.killer = Killer(onput, KILLED, ROUNDS, lambda: random.uniform(0.5, 1) * KILL_PERIOD_S, ends_itself=True)
        self.turns = 0
        self.lock = threading.Lock()
        self.bytes = {}    # (key, version) -> content
        self.locked = set()
        self.tagged = {}
        self.gone = set()  # Versions that were deleted.
        self.failures = []
        self.threads = [threading.Thread(target=self._work, args=(at,), daemon=True) for at in range(CLIENTS)]

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _work(self, client):
        s3 = self.onput.client("s3", read_timeout=20, retries={"total_max_attempts": 1})
        try:
            while self._goes_on():
                self._turn(s3, f"{client}/{random.randrange(5)}")
        except Exception as error:
            self.failures.append(error)

    def _goes_on(self):
        with self.lock:
            self.turns += 1
            return self.turns <= TURNS or not self.killer.has_done_its_rounds

    def _turn(self, s3, key):
        name = {"Bucket": BUCKET, "Key": key}
        mine = [at for at in list(self.bytes) if at[0] == key and at not in self.gone]
        action = random.choice(("put", "put", "lock", "copy", "tag", "marker", "delete"))
        if action in ("put", "lock") or not mine:
            body = random.randbytes(random.choice(SIZES))
            lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL} if action == "lock" else {}
            made = key, insist(s3.put_object, **name, Body=body, ChecksumAlgorithm="CRC32", **lock)["VersionId"]
            self.bytes[made] = body
            self.locked |= {made} if lock else set()
        elif action == "copy":
            source = random.choice(mine)
            copied = insist(s3.copy_object, **name, CopySource=name | {"VersionId": source[1]},
                            MetadataDirective="REPLACE")
            self.bytes[key, copied["VersionId"]] = self.bytes[source]
        elif action == "tag":
            at, value = random.choice(mine), str(random.random())
            insist(s3.put_object_tagging, **name, VersionId=at[1],
                   Tagging={"TagSet": [{"Key": "last", "Value": value}]})
            self.tagged[at] = value
        elif action == "marker":
            insist(s3.delete_object, **name)
        else:
            at = random.choice(mine)
            try:
                insist(s3.delete_object, **name, VersionId=at[1])
            except botocore.exceptions.ClientError as error:
                assert at in self.locked and error.response["Error"]["Code"] == "AccessDenied", error
            else:
                assert at not in self.locked, "a locked version was deleted"
                self.gone.add(at)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("versions-kill"), tts=0, arguments=["--no-pipeline", "--image", "0"]) as onput:
        onput.s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        versions = Versions(onput)
        try:
            versions.run()
        finally:
            versions.killer.stop()

        def is_whole():
            return json.loads(onput.run("-o", "json", "status", expect=None).stdout or "{}").get("healthy")
        wait_until(is_whole, 60, "all services to be there again")
        yield versions


def test_every_service_was_killed_while_versions_were_made(story):
    assert min(story.killer.killed.values()) >= ROUNDS
    assert len(story.bytes) > TURNS // 4 and story.locked and story.tagged


def test_what_was_acknowledged_is_there_with_its_bytes_tags_and_lock(story):
    s3 = story.onput.s3
    for at, body in story.bytes.items():
        if at in story.gone:
            continue
        got = s3.get_object(Bucket=BUCKET, Key=at[0], VersionId=at[1])
        assert got["Body"].read() == body, at
        assert got.get("ObjectLockMode") == ("GOVERNANCE" if at in story.locked else None), at
        if at in story.tagged:
            tags = s3.get_object_tagging(Bucket=BUCKET, Key=at[0], VersionId=at[1])["TagSet"]
            assert tags == [{"Key": "last", "Value": story.tagged[at]}], at


def test_what_was_deleted_stays_away(story):
    pages = story.onput.s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)
    there = {(version["Key"], version["VersionId"]) for page in pages for version in page.get("Versions", [])}
    assert not there & story.gone
    # A put or copy whose answer was lost may have made one more, whose version nobody was told.
    assert set(story.bytes) - story.gone <= there


def test_each_version_has_its_event(story):
    def are_told():
        journal = story.onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
        events = [json.loads(line) for line in journal.splitlines()]
        told = {(one["event"]["key"], one["event"]["version_id"]) for one in events
                if one["type"].startswith("s3.ObjectCreated.")}
        return set(story.bytes) <= told
    wait_until(are_told, 30, "the event of every version")
