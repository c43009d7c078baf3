"""Containers die and lose their network under load: nothing that was acknowledged is lost.

ONPUT_SOAK_SECONDS (60): for how long faults go on, at least one round of them.
"""
import itertools
import json
import os
import random
import threading
import time

import pytest

from harness.load import Uploader
from harness.waiting import wait_until
from rig.stack import Stack
from test_stack import png

SECONDS = float(os.environ.get("ONPUT_SOAK_SECONDS", 60))
FAULT_PERIOD_S = 2.5
CUT_S = 3.0
CLIENTS = 4
PACE_S = 0.4
QUIET_DEADLINE_S = 180 + SECONDS / 2
CRASHED = ("queue", "notifier", "storage", "gateway", "tts", "image")
CUT = ("storage", "queue", "tts", "notifier", "image")


class Faults:
    """One fault after the other until told to stop; each kind at least once, then at random."""

    def __init__(self, stack):
        self.stack = stack
        self.happened = []
        self.failure = None
        self.end = threading.Event()
        round_one = [(self.cut, s) for s in CUT] + [(self.crash, s) for s in CRASHED]
        round_one += [(self.kill, s) for s in CRASHED]
        self.round_length = len(round_one)
        chance = random.Random(1)
        self.plan = itertools.chain(round_one, (chance.choice(round_one) for _ in itertools.count()))
        self.chance = chance
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        try:
            while not (self.end.is_set() and len(self.happened) >= self.round_length):
                fault, service = next(self.plan)
                fault(self.chance.choice(self.stack.containers(service)))
                self.happened.append((fault.__name__, service))
                time.sleep(FAULT_PERIOD_S)
        except Exception as error:  # Told by stop(), in the test's own thread.
            self.failure = error

    def crash(self, container):
        self.stack.crash(container)

    def kill(self, container):
        self.stack.kill(container)

    def cut(self, container):
        self.stack.disconnect(container)
        time.sleep(CUT_S)
        self.stack.reconnect(container)

    def stop(self):
        self.end.set()
        self.thread.join()
        if self.failure:
            raise self.failure


class Follower:
    """`onput tail` in a container of its own, from the first event on."""

    def __init__(self, stack):
        self.stack = stack
        self.name = f"{stack.project}-follower"
        stack.compose("run", "-d", "--name", self.name, "onput", "-o", "json", "tail", "--from-seq",
                      "1")

    def events(self):
        told = self.stack.engine.run("logs", self.name).stdout.splitlines()
        return [json.loads(line) for line in told if line.startswith("{")]

    def stop(self):
        self.stack.engine.run("rm", "-f", self.name, expect=None)


class Story:
    """One run: what was uploaded, what was done to it, how all stood once it was quiet."""

    def __init__(self, stack):
        self.stack = stack
        self.follower = Follower(stack)
        self.photo = png(320, 200)
        numbers = itertools.count()
        is_over = threading.Event()

        def next_upload():
            if is_over.is_set():
                return None
            number = next(numbers)
            if number % 5 == 0:
                return f"faults/{number:06}.png", self.photo
            return f"faults/{number:06}.txt", f"Number {number}.".encode()
        faults = Faults(stack)
        uploader = Uploader(stack, CLIENTS, next_upload, PACE_S).start()
        time.sleep(SECONDS)
        faults.stop()
        is_over.set()
        uploader.join()
        self.happened = faults.happened
        self.acknowledged = uploader.acknowledged
        self.retries = uploader.retries
        stack.wait_healthy()
        wait_until(stack.is_quiet, QUIET_DEADLINE_S, "every job to end")
        told = stack.onput("-o", "json", "tail", "--from-seq", "1", "--no-follow")
        self.events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        self.results = set(stack.keys("outbox", "faults/"))

    def stems(self, suffix):
        return {key.removesuffix(suffix) for key in self.acknowledged if key.endswith(suffix)}


@pytest.fixture(scope="module")
def story(engine, images, tmp_path_factory):
    with Stack(engine, images, tmp_path_factory.mktemp("faults"), tts=2, image=2) as stack:
        story = Story(stack)
        yield story
        story.follower.stop()


def test_every_container_was_killed_and_cut_off_while_uploads_went_on(story):
    done = set(story.happened)
    assert {("crash", s) for s in CRASHED} | {("kill", s) for s in CRASHED} <= done
    assert {("cut", s) for s in CUT} <= done
    print(f"{len(story.happened)} faults, {len(story.acknowledged)} uploads acknowledged, "
          f"{story.retries} tried again, {len(story.events)} events")
    assert len(story.acknowledged) > len(story.happened)


def test_every_acknowledged_object_is_there_with_its_content(story):
    for key, body in story.acknowledged.items():
        assert story.stack.s3.get_object(Bucket="inbox", Key=key)["Body"].read() == body, key


def test_every_acknowledged_text_has_its_recording(story):
    missing = [stem for stem in story.stems(".txt") if f"{stem}.mp3" not in story.results]
    assert missing == []


def test_every_acknowledged_photo_has_its_pictures(story):
    missing = [stem for stem in story.stems(".png")
               if f"{stem}.thumbnail.jpg" not in story.results]
    assert missing == []


def test_every_acknowledged_object_has_its_event(story):
    told = {e["event"].get("key") for e in story.events}
    assert set(story.acknowledged) - told == set()


def test_the_journal_has_no_gap(story):
    assert [e["sequence"] for e in story.events] == list(range(1, len(story.events) + 1))


def test_a_tail_that_followed_all_the_time_saw_every_event_once_and_in_order(story):
    wait_until(lambda: len(story.follower.events()) >= len(story.events), 60, "the tail")
    assert [e["sequence"] for e in story.follower.events()] == [e["sequence"] for e in story.events]


def test_nothing_is_in_a_dead_letter_queue(story):
    left = {name: story.stack.count_in(name)
            for name in ("speech-dead-letters", "photos-dead-letters")}
    assert left == {"speech-dead-letters": 0, "photos-dead-letters": 0}
