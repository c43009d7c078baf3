"""`onput tail` as its flags promise it: what is shown, in which form, where it ends and goes on."""
import json
import signal
import subprocess

import pytest

from harness.instance import BIN, clean_environment
from harness.topology import make_queue, queue_arn
from harness.waiting import wait_until

UPLOADS = 5


@pytest.fixture(scope="module")
def uploads(onput):
    """Keys in a bucket that nobody makes anything of."""
    onput.s3.create_bucket(Bucket="quiet")
    keys = [f"2026/{i}.txt" for i in range(UPLOADS)]
    for key in keys:
        onput.s3.put_object(Bucket="quiet", Key=key, Body=b"12345")
    return keys


def tail(onput, *words, expect=0):
    return onput.run("tail", "-b", "quiet", "--from-seq", "1", "--no-follow", *words, expect=expect)


def keys_of(done):
    return [json.loads(line)["event"]["key"] for line in done.stdout.splitlines()]


def test_types_may_be_spelt_as_aws_spells_them(onput, uploads):
    for spelling in ("s3.ObjectCreated.*", "s3:ObjectCreated:*", "ObjectCreated:Put",
                     "Object Created"):
        assert keys_of(tail(onput, "--type", spelling, "-o", "jsonl")) == uploads, spelling


def test_a_pattern_chooses_as_a_rule_does(onput, uploads):
    pattern = json.dumps({"source": ["aws.s3"], "detail": {"object": {
        "key": [{"suffix": "3.txt"}], "size": [{"numeric": ["=", 5]}]}}})
    assert keys_of(tail(onput, "--pattern", pattern, "-o", "json")) == ["2026/3.txt"]
    done = tail(onput, "--pattern", '{"source": "aws.s3"}', expect=2)
    assert "Event pattern is not valid" in done.stderr and not done.stdout


def test_keys_are_chosen_by_a_glob(onput, uploads):
    assert keys_of(tail(onput, "--key", "*/[1].txt", "-o", "json")) == []
    assert keys_of(tail(onput, "--key", "2026/?.txt", "-o", "json")) == uploads


def test_the_last_ones_and_so_many(onput, uploads):
    done = onput.run("tail", "-b", "quiet", "--no-follow", "-n", "2", "-o", "json")
    assert keys_of(done) == uploads[-2:]
    assert keys_of(tail(onput, "--count", "2", "-o", "json")) == uploads[:2]


def test_until_ends_it(onput, uploads):
    lines = [json.loads(line) for line in tail(onput, "-o", "json").stdout.splitlines()]
    until = lines[2]["time"]
    found = keys_of(onput.run("tail", "-b", "quiet", "--from-seq", "1", "--until", until, "-o", "json"))
    # The time is shown in milliseconds, and kept in microseconds; uploads of one millisecond may be on either side.
    before = [line["time"] < until for line in lines].count(True)
    through = [line["time"] <= until for line in lines].count(True)
    assert found == uploads[:len(found)] and before <= len(found) <= through


def test_a_cloud_event_has_what_the_specification_asks_for(onput, uploads):
    event = json.loads(tail(onput, "-o", "cloudevent", "--count", "1").stdout)
    assert event["specversion"] == "1.0" and event["type"] == "onput.s3.ObjectCreated.Put"
    assert event["source"] == "arn:aws:s3:::quiet" and event["subject"] == uploads[0]
    assert event["id"] and event["time"].endswith("Z")
    assert event["data"]["object"]["size"] == 5


def test_a_template_makes_the_line(onput, uploads):
    done = tail(onput, "--template", "{type} {bucket}/{key} {{{size}}}", "--count", "1")
    assert done.stdout == f"s3.ObjectCreated.Put quiet/{uploads[0]} {{5}}\n"
    assert "no field 'keys'" in tail(onput, "--template", "{keys}", expect=2).stderr


def test_a_status_is_one_that_there_is(onput, uploads):
    assert tail(onput, "--status", "failed").stdout == ""
    assert "status 'broken'" in tail(onput, "--status", "broken", expect=2).stderr


def test_exec_runs_a_command_for_each_and_ends_when_one_fails(onput, uploads, tmp_path):
    made = tmp_path / "made"
    tail(onput, "--exec", f"cat >> {made}")
    assert [json.loads(line)["event"]["key"] for line in made.read_text().splitlines()] == uploads
    done = tail(onput, "--exec", "exit 3", expect=None)
    assert done.returncode == 7 and "--exec ended with status 3" in done.stderr


def test_a_durable_tail_goes_on_where_it_ended(onput, uploads):
    words = ("tail", "-b", "quiet", "--from-seq", "1", "--durable", "later", "-o", "json")
    assert keys_of(onput.run(*words, "--count", "2")) == uploads[:2]
    assert keys_of(onput.run(*words, "--count", "1")) == uploads[2:3]
    assert keys_of(onput.run(*words, "--no-follow")) == uploads[3:]
    assert keys_of(onput.run(*words, "--no-follow")) == []


def test_a_durable_tail_shows_again_what_a_command_refused(onput, uploads, tmp_path):
    words = ("tail", "-b", "quiet", "--from-seq", "1", "--durable", "careful", "--no-follow")
    made = tmp_path / "made"
    script = f"read line; echo $line >> {made}; test $(wc -l < {made}) -ne 2"
    onput.run(*words, "--exec", script, expect=7)
    onput.run(*words, "--exec", f"cat >> {made}")
    keys = [json.loads(line)["event"]["key"] for line in made.read_text().splitlines()]
    assert keys == [uploads[0], uploads[1], *uploads[1:]]


def test_two_durable_tails_of_one_name_do_not_run_at_once(onput, uploads):
    command = [BIN / "onput", "--data", onput.data, "tail", "--durable", "alone"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env=clean_environment())
    try:
        assert b"waiting for everything" in first.stderr.readline()
        done = onput.run("tail", "--durable", "alone", expect=5)
        assert "another tail" in done.stderr
    finally:
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 130


def test_a_header_says_what_is_waited_for(onput, uploads):
    done = onput.run("tail", "-b", "quiet", "--type", "s3:ObjectCreated:*", "--wait-ms", "50")
    assert "-- waiting for type s3:ObjectCreated:*, bucket quiet, from " in done.stderr
    assert not onput.run("-q", "tail", "--wait-ms", "50").stderr


def test_a_delivery_that_is_refused_is_an_event_of_its_own(onput):
    make_queue(onput, "small")
    onput.s3.create_bucket(Bucket="closing")
    onput.s3.put_bucket_notification_configuration(
        Bucket="closing", NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": queue_arn("small"), "Events": ["s3:ObjectCreated:*"]}]})
    # A record is longer than that.
    onput.sqs.set_queue_attributes(QueueUrl=onput.queue_url("small"),
                                   Attributes={"MaximumMessageSize": "1024"})
    onput.s3.put_object(Bucket="closing", Key="k" * 1000, Body=b"x")

    def failed():
        return onput.run("tail", "--from-seq", "1", "--no-follow", "--status", "failed", "--type",
                         "delivery.failed", "-o", "json").stdout
    event = json.loads(wait_until(failed, 60, "the failure").splitlines()[0])
    assert event["type"] == "delivery.failed"
    assert event["event"]["endpoint"] == queue_arn("small")
