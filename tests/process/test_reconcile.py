"""`onput reconcile`: every upload has its result, or its failure, or is named."""
import json

import pytest

from harness.waiting import wait_until


@pytest.fixture(scope="module")
def spoken(onput):
    for i in range(3):
        onput.s3.put_object(Bucket="inbox", Key=f"r/{i}.txt", Body=f"Number {i}.".encode())
    for i in range(3):
        onput.wait_for_object("outbox", f"r/{i}.mp3")


def reconcile(onput, *words, expect=0, prefix="r/"):
    done = onput.run("reconcile", "-b", "inbox", "--against", "outbox", "--prefix", prefix, "-o",
                     "json", *words, expect=expect)
    return json.loads(done.stdout)


def test_what_has_its_result_is_accounted_for(onput, spoken):
    told = reconcile(onput)
    assert told["uploads"] == told["have_results"] == 3 and told["missing"] == 0
    text = onput.run("reconcile", "-b", "inbox", "--against", "outbox", "--prefix", "r/").stdout
    assert "inbox: 3 uploads: 3 have results in outbox" in text


def test_a_result_that_is_missing_is_named_and_made_again(onput, spoken):
    onput.s3.delete_object(Bucket="outbox", Key="r/1.mp3")
    told = reconcile(onput, expect=1)
    assert told["missing"] == 1
    assert [upload["key"] for upload in told["without_result"]] == ["r/1.txt"]
    assert reconcile(onput, "--resend", expect=6)["sent_again"] == 1
    onput.wait_for_object("outbox", "r/1.mp3")
    assert wait_until(lambda: reconcile(onput, expect=None)["have_results"] == 3, 30)


def test_what_failed_is_a_failure_and_what_no_rule_matches_owes_nothing(onput):
    onput.s3.put_object(Bucket="inbox", Key="f/broken.jpg", Body=b"no picture")
    onput.s3.put_object(Bucket="inbox", Key="f/odd.xyz", Body=b"x")

    def settled():
        told = reconcile(onput, prefix="f/", expect=None)
        return told["running"] == 0 and told
    told = wait_until(settled, 60, "the end of both")
    states = {upload["key"]: upload["state"] for upload in told["without_result"]}
    assert states.get("f/odd.xyz") == "no rule"
    assert states.get("f/broken.jpg", "has result") in ("failed", "has result")


def test_a_bucket_that_is_not_there_is_said(onput):
    done = onput.run("reconcile", "-b", "absent-bucket", "--against", "outbox", expect=3)
    assert "bucket" in done.stderr
