"""kill -9 of workers, notifier and queue at random while photos are uploaded: nothing is lost.

Every valid photo has all its derivatives, its sidecar and one or more notifications of success;
every invalid one lies in quarantine and has one or more of failure. ONPUT_SOAK_PHOTOS (80) photos
at least; ONPUT_SEED repeats a run's choices of victims.
"""
import itertools
import json
import os
import random

import pytest

from harness.killer import Killer
from harness.load import Uploader
from harness.photos import Studio, made_of
from harness.pictures import decode, encode, flipped, photo, sharp_photo
from harness.waiting import wait_until

PHOTOS = int(os.environ.get("ONPUT_SOAK_PHOTOS", 80))
SEED = int(os.environ.get("ONPUT_SEED", random.randrange(1 << 32)))
VICTIMS = ("image", "image", "notifier", "notifier", "queue")
KILL_PERIOD_S = (0.3, 1.2)
ROUNDS = 2
CLIENTS = 4
PACE_S = 12 * CLIENTS / PHOTOS if PHOTOS < 400 else 0
QUIET_DEADLINE_S = 90 + PHOTOS * 0.5


def valid_bodies():
    return [("jpg", photo("branches.jpg")), ("png", photo("cut-out-rose.png")),
            ("webp", photo("rose.webp")), ("jpeg", photo("iphone.jpg")),
            ("jpg", encode(sharp_photo(1500, 1000), "JPEG", quality=85))]


def invalid_bodies():
    return [("jpg", b"no photo"), ("jpg", photo("branches.jpg")[:90_000]),
            ("png", flipped(photo("flowers.png"))), ("gif", b"")]


class Story:
    def __init__(self, studio):
        self.studio = studio
        valid, invalid = valid_bodies(), invalid_bodies()
        counter = itertools.count()
        chance = random.Random(SEED)
        killer = Killer(studio, VICTIMS, ROUNDS, lambda: chance.uniform(*KILL_PERIOD_S),
                        choose=lambda: chance.choice(VICTIMS))

        def next_upload():
            number = next(counter)
            if number >= PHOTOS and killer.has_done_its_rounds:
                return None
            is_valid = number % 4 != 3
            bodies = valid if is_valid else invalid
            extension, body = bodies[number // 4 % len(bodies)]
            name = "good" if is_valid else "bad"
            return f"soak/{number:05}-{name}.{extension}", body
        self.uploader = Uploader(studio, CLIENTS, next_upload, PACE_S).start()
        try:
            self.uploader.join()
        finally:
            killer.stop()
        self.killed = killer.killed
        self.uploads = self.uploader.acknowledged
        self.valid = sorted(key for key in self.uploads if "-good." in key)
        self.invalid = sorted(key for key in self.uploads if "-bad." in key)
        wait_until(self._is_quiet, QUIET_DEADLINE_S, "every photo to be at its end")
        while studio.hear():
            pass
        self.made = set(studio.keys("outbox", "soak/"))

    def _is_quiet(self):
        status = json.loads(self.studio.run("-o", "json", "status", expect=None).stdout or "{}")
        if not status.get("healthy"):
            return False
        idle = all(not f["waiting"] and not f["running"] for f in status["functions"])
        return idle and not any(d["owed"] for d in status["destinations"])

    def ends(self, key, status):
        return [end for end in self.studio.ends.get(("inbox", key), []) if end["status"] == status]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    print(f"ONPUT_SEED={SEED}")
    with Studio(tmp_path_factory.mktemp("kill"), image=2) as studio:
        yield Story(studio)


def test_everyone_was_killed_and_every_upload_acknowledged(story):
    assert min(story.killed.values()) >= ROUNDS, story.killed
    assert len(story.uploads) >= PHOTOS and story.valid and story.invalid


def test_every_valid_photo_has_all_its_derivatives_and_its_sidecar(story):
    missing = {key: left for key in story.valid if (left := set(made_of(key)) - story.made)}
    assert not missing, f"seed {SEED}"


def test_every_derivative_is_whole(story):
    for key in story.valid:
        *pictures, sidecar = made_of(key)
        listed = json.loads(story.studio.fetch(sidecar))["derivatives"]
        for made_key, one in zip(pictures, listed, strict=True):
            body = story.studio.fetch(made_key)
            assert len(body) == one["size_bytes"], made_key
            assert decode(body).size == (one["width"], one["height"]), made_key


def test_every_valid_photo_was_told_as_a_success(story):
    assert [key for key in story.valid if not story.ends(key, "succeeded")] == [], f"seed {SEED}"


def test_no_valid_photo_was_told_as_a_failure(story):
    told = {key: ends[0]["error"] for key in story.valid if (ends := story.ends(key, "failed"))}
    assert not told, f"seed {SEED}"


def test_every_invalid_photo_was_told_as_a_failure_of_its_own(story):
    for key in story.invalid:
        codes = {end["error"]["code"] for end in story.ends(key, "failed")}
        assert codes and codes <= {"not_an_image", "damaged"}, (key, codes, f"seed {SEED}")


def test_every_invalid_photo_lies_in_quarantine_only(story):
    caught = set(story.studio.keys("outbox", "quarantine/soak/"))
    assert caught == {f"quarantine/{key}" for key in story.invalid}
    for key in story.invalid:
        assert story.studio.fetch(f"quarantine/{key}") == story.uploads[key], key
    assert story.studio.keys("inbox", "soak/") == story.valid


def test_nothing_else_was_made(story):
    assert story.made == {made for key in story.valid for made in made_of(key)}


def test_no_photo_is_a_dead_letter(story):
    assert story.studio.count("photos-dead-letters") == 0
