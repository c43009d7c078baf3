"""The command line: help, exit codes, JSON, and that each command does what it says."""
import contextlib
import json
import os
import pty
import subprocess
import termios
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients import CLI_V1, CLI_V2
from harness.instance import BIN, ROOT, clean_environment, run_onput
from harness.waiting import wait_until
from harness.wire import Wire

COMMANDS = [(), ("dev",), ("demo",), ("tail",), ("trace",), ("explain",), ("replay",), ("reconcile",), ("failures",), ("redrive",),
            ("status",), ("doctor",),
            ("env",), ("aws",), ("pipeline",), ("pipeline", "apply"), ("bench",)]
PIPELINE = """
[[bucket]]
name = "letters"
[[queue]]
name = "letter-dead-letters"
[[queue]]
name = "letter-events"
[[function]]
name = "letter-speech"
worker = "tts"
dead_letter_queue = "letter-dead-letters"
[function.environment]
OUTPUT_BUCKET = "outbox"
[[notification]]
bucket = "letters"
id = "speak"
events = ["s3:ObjectCreated:*"]
suffix = ".txt"
function = "letter-speech"
"""


@pytest.fixture
def spoken(onput):
    """The URL of a text that has become speech."""
    onput.s3.put_object(Bucket="inbox", Key="told.txt", Body=b"Told.")
    onput.wait_for_object("outbox", "told.mp3")
    return "s3://inbox/told.txt"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_tells_how_to_use(words):
    told = run_onput(*words, "--help").stdout
    assert "Usage:" in told or "USAGE" in told
    assert "Examples:" in told, told
    for line in told.splitlines():
        assert len(line) <= 120, line


def test_the_version_is_told():
    assert run_onput("--version").stdout.strip()


@pytest.mark.parametrize("words", [
    (), ("fly",), ("status", "--fast"), ("bench", "teapot"), ("dev", "--port", "many"),
    ("dev", "--tts", "65"), ("trace",), ("env", "--shell", "cmd"), ("status", "--", "x"), ("-o", "yaml", "status"),
    ("tail", "--since", "yesterday"), ("dev", "--log-level", "loud"), ("trace", "deadbeef"), ("unlock", "jobs")],
    ids=" ".join)
def test_a_command_line_that_makes_no_sense_ends_with_2(onput, words):
    done = onput.run(*words, expect=2)
    assert done.stderr and not done.stdout


@pytest.mark.parametrize("word, meant", [("trcae", "trace"), ("statu", "status"), ("pipelines", "pipeline")])
def test_a_misspelt_command_is_answered_with_the_nearest(word, meant):
    done = run_onput(word, "--wait", "3", expect=2)
    assert f"no command '{word}'; did you mean '{meant}'?" in done.stderr
    assert "did you mean" not in run_onput("fly", expect=2).stderr
    assert "onput pipeline: there is no command 'aply'; did you mean 'apply'?" in run_onput(
        "pipeline", "aply", expect=2).stderr


@pytest.mark.parametrize("words", [
    ("status",), ("tail",), ("trace", "s3://inbox/a"), ("explain", "s3://inbox/a"), ("env",),
    ("failures",), ("redrive", "dead"),
    ("aws", "--", "s3", "ls"), ("pipeline", "apply", ROOT / "deploy/pipelines/speech.toml")],
    ids=lambda words: words[0])
def test_where_no_instance_ever_was_ends_with_3_and_says_how_to_start_one(tmp_path, words):
    done = run_onput("--data", tmp_path, *words, expect=3)
    assert "onput dev" in done.stderr


@pytest.mark.parametrize("words", [
    ("trace", "s3://inbox/absent.txt"), ("explain", "s3://absent-bucket/a"),
    ("pipeline", "apply", "/absent.toml"), ("pipeline", "apply", "/tmp"), ("failures", "absent"),
    ("redrive", "absent"), ("redrive", "photos-dead-letters", "--to", "absent"), ("unlock", "sqs:absent"),
    ("unlock", "sns:absent")], ids=" ".join)
def test_what_is_not_there_ends_with_3(onput, words):
    assert onput.run(*words, expect=3).stderr


def test_an_instance_that_does_not_answer_ends_every_command_with_7(own_onput):
    onput = own_onput(tts=0)
    onput.stop()
    commands = [("status",), ("tail",), ("trace", "s3://inbox/a"), ("explain", "s3://inbox/a"),
                ("pipeline", "apply", ROOT / "deploy/pipelines/speech.toml")]
    # Each waits for some seconds: all at once.
    with ThreadPoolExecutor() as pool:
        codes = pool.map(lambda words: onput.run(*words, expect=None).returncode, commands)
    assert list(codes) == [7] * len(commands)


def test_waiting_in_vain_ends_with_6(own_onput):
    onput = own_onput(tts=0)
    onput.s3.put_object(Bucket="inbox", Key="never.txt", Body=b"Nobody speaks it.")
    onput.run("trace", "--wait", "1", "s3://inbox/never.txt", expect=6)


def test_status_is_json_and_healthy(onput):
    status = json.loads(onput.run("-o", "json", "status").stdout)
    assert status["healthy"] is True
    assert {s["name"]: s["state"] for s in status["services"]} == dict.fromkeys(
        ["gateway", "storage", "notifier", "queue"], "ready")
    assert [f["workers"] for f in status["functions"] if f["function"]["name"] == "speech"] == [1]


def test_trace_is_json_and_tells_the_story_to_its_end(onput, spoken):
    story = json.loads(onput.run("-o", "json", "trace", "--wait", "30", spoken).stdout)
    assert story["outcome"] == "done"
    told = [step["what"] for step in story["steps"]]
    assert told[0] == "ObjectCreated:Put" and "delivered" in told and "succeeded" in told
    assert [s["subject"] for s in story["steps"] if s["what"] == "ObjectCreated:Put"] == [
        spoken, "s3://outbox/told.mp3"]


def test_every_command_has_json_with_null_for_what_there_is_not(onput, spoken):
    onput.s3.put_object(Bucket="inbox", Key='a "quote"\x1b[2J\u202e\n.txt', Body=b"Told.")
    for words in [("status",), ("doctor",), ("failures",), ("trace", spoken), ("explain", spoken), ("env",),
                  ("healthcheck",), ("redrive", "photos-dead-letters"), ("unlock", "sqs:photos-dead-letters"),
                  ("pipeline", "apply", ROOT / "deploy/pipelines/photos.toml"),
                  ("tail", "--from-seq", "1", "--no-follow")]:
        told = onput.run("-o", "json", *words, expect=None).stdout
        for text in told.splitlines() if words[0] == "tail" else [told]:
            json.loads(text)
        assert "1970-01-01" not in told, words


def test_explain_is_json_and_says_why_not(onput):
    def explained(key, *more):
        told = onput.run("-o", "json", "explain", f"s3://inbox/{key}", *more).stdout
        return json.loads(told)["rules"][0]
    assert explained("a.txt")["matches"] is True
    no = explained("a.jpg")
    assert no["matches"] is False and ".txt" in no["why"]
    assert explained("a.txt", "--event", "s3:ObjectRemoved:Delete")["matches"] is False
    told = onput.run("explain", "s3://inbox/a.txt", "--event", "s3:Foo", expect=None)
    assert told.returncode != 0 and told.stdout == ""
    assert '"s3:Foo"; there are s3:ObjectCreated:Put, ' in told.stderr


def test_tail_filters_counts_and_ends(onput, spoken):
    told = onput.run("-o", "json", "tail", "--from-seq", "1", "--bucket", "inbox", "--suffix",
                     "told.txt", "--type", "s3.ObjectCreated.*", "--count", "1").stdout
    event = json.loads(told)
    assert event["type"] == "s3.ObjectCreated.Put" and event["event"]["key"] == "told.txt"


def test_env_points_a_shell_here(onput):
    script = f'eval "$({BIN}/onput --data {onput.data} env)"; env'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True,
                          env=clean_environment())
    assert f"AWS_ENDPOINT_URL={onput.url}" in done.stdout.splitlines()
    told = json.loads(onput.run("env", "--shell", "json").stdout)
    assert told["AWS_ENDPOINT_URL"] == onput.url and told["AWS_SECRET_ACCESS_KEY"] == "test"


@pytest.mark.parametrize("cli", [CLI_V1, CLI_V2], ids=["v1", "v2"])
def test_env_points_both_aws_clis_here_for_every_service(onput, cli):
    # Version 1 has an address of its own for SQS, Debian's version 2 reads no AWS_ENDPOINT_URL.
    script = (f'eval "$({BIN}/onput --data {onput.data} env)"; PATH={cli.parent}:$PATH; '
              'aws sqs list-queues --output text && aws s3 ls')
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60,
                          env=clean_environment())
    assert done.returncode == 0, done.stderr
    assert "/speech-dead-letters" in done.stdout and "inbox" in done.stdout


def test_apply_looks_for_everything_that_is_named_before_it_begins(onput, tmp_path):
    file = tmp_path / "p.toml"
    file.write_text("""
[[bucket]]
name = "never-made"
[[function]]
name = "never-put"
worker = "tts"
dead_letter_queue = "nowhere-1"
[[notification]]
bucket = "never-made"
id = "all"
events = ["s3:ObjectCreated:*"]
topic = "nowhere-2"
""")
    told = onput.run("pipeline", "apply", file, expect=3)
    assert "nothing was done" in told.stderr and not told.stdout
    assert "function 'never-put' names queue 'nowhere-1'" in told.stderr
    assert "notification 'all' names topic 'nowhere-2'" in told.stderr
    assert "never-made" not in [b["Name"] for b in onput.s3.list_buckets()["Buckets"]]


def test_apply_says_what_was_done_before_it_failed(onput, tmp_path):
    file = tmp_path / "p.toml"
    file.write_text("""
[[bucket]]
name = "made-before"
[[notification]]
bucket = "made-before"
id = "all"
events = ["s3:NoSuchEvent"]
function = "speech"
""")
    told = onput.run("pipeline", "apply", file, expect=None)
    assert told.returncode != 0 and "p.toml" in told.stderr
    assert "made-before" in told.stdout and "created" in told.stdout


@pytest.mark.parametrize("key", ["shout.TXT", "title.Txt", "whole.text"])
def test_a_text_is_spoken_whatever_the_case_of_its_ending(onput, key):
    onput.s3.put_object(Bucket="inbox", Key=key, Body=b"Told.")
    onput.wait_for_object("outbox", key.rpartition(".")[0] + ".mp3")


def test_doctor_makes_nothing(tmp_path):
    folder = tmp_path / "not" / "there"
    run_onput("--data", folder, "doctor", expect=None)
    assert list(tmp_path.iterdir()) == []


def test_doctor_and_trace_say_that_nobody_runs_a_function(own_onput):
    onput = own_onput(tts=0)
    onput.s3.put_object(Bucket="inbox", Key="a.txt", Body=b"Nobody speaks it.")
    assert "speech (onput-tts)" in onput.run("doctor").stdout
    told = onput.run("trace", "s3://inbox/a.txt").stdout
    assert "no worker is here for function speech" in told and "onput dev --tts 1" in told


def test_trace_says_why_a_message_waits(own_onput):
    onput = own_onput(arguments=["--no-pipeline", "--image", "0"], tts=0)
    alerts = onput.folder / "alerts.toml"
    alerts.write_text("""
[[bucket]]
name = "dropoff"
[[topic]]
name = "uploads"
[[subscription]]
topic = "uploads"
protocol = "sms"
endpoint = "+15550100"
[[notification]]
bucket = "dropoff"
id = "alert"
events = ["s3:ObjectCreated:*"]
topic = "uploads"
""")
    onput.run("pipeline", "apply", alerts)
    onput.s3.put_object(Bucket="dropoff", Key="a.txt", Body=b"a")
    told = wait_until(lambda: (text := onput.run("trace", "s3://dropoff/a.txt").stdout) and
                      "waiting:" in text and text, 20, "the reason in the trace")
    assert "sms:+15550100: waiting: no SMS gateway is configured (ONPUT_SMS_URL)" in told


def test_an_upload_that_no_rule_matched_is_traced_with_the_command_that_says_why(onput):
    onput.s3.put_object(Bucket="inbox", Key="unmatched.xyz", Body=b"x")
    told = onput.run("trace", "--wait", "30", "s3://inbox/unmatched.xyz").stdout
    assert "nothing owed" in told and "onput explain s3://inbox/unmatched.xyz" in told


def test_the_journal_knows_a_key_that_is_gone(onput):
    onput.s3.put_object(Bucket="inbox", Key="gone.xyz", Body=b"x")
    onput.s3.delete_object(Bucket="inbox", Key="gone.xyz")
    told = onput.run("trace", "--wait", "30", "s3://inbox/gone.xyz").stdout
    assert "ObjectRemoved:Delete" in told
    assert "none of the last" in onput.run("trace", "s3://inbox/never.xyz", expect=3).stderr


def test_tail_says_what_cannot_match(onput):
    told = onput.run("tail", "--type", "s3:ObjectCreated:*", "-b", "no-such-bucket", "--from-seq",
                     "1000000", "--count", "1", "--wait-ms", "50").stderr
    assert "no type" not in told
    assert "no bucket no-such-bucket" in told and "the newest event is" in told
    told = onput.run("tail", "--type", "jobs", "--trace", "beef", "--no-follow").stderr
    assert "no type is like 'jobs'" in told and "'beef' is no trace id" in told
    for pattern in ("*", "*.failed", "s3.Object*", "j*", "sns.Delivery?ailed"):
        assert "no type" not in onput.run("tail", "--type", pattern, "--no-follow").stderr


def test_a_key_cannot_move_the_cursor_of_who_looks_at_it(onput):
    key = "a\x1b[2J\u202egpj.xyz"
    onput.s3.put_object(Bucket="inbox", Key=key, Body=b"x")
    for words in (("trace", f"s3://inbox/{key}"), ("explain", f"s3://inbox/{key}"),
                  ("tail", "--from-seq", "1", "--no-follow"),
                  ("-o", "json", "tail", "--from-seq", "1", "--no-follow")):
        done = onput.run(*words)
        assert "gpj.xyz" in done.stdout + done.stderr
        assert not set("\x1b\u202e") & set(done.stdout + done.stderr), words


def test_env_takes_the_first_key_of_a_keys_file_as_the_gateway_does(tmp_path):
    keys = tmp_path / "keys"
    (tmp_path / "instance.toml").write_text(f'url = "http://gateway:4566"\nkeys_file = "{keys}"\n')
    keys.write_text("AKID:se:cret:000000000000,OTHER:x:000000000000\n")
    told = json.loads(run_onput("--data", tmp_path, "env", "--shell", "json").stdout)
    assert (told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"]) == ("AKID", "se:cret")
    for wrong in ("AKID:secret:000000000000\nOTHER:x:000000000000\n", "AKID\n", ""):
        keys.write_text(wrong)
        refused = run_onput("--data", tmp_path, "env", expect=None)
        assert refused.returncode != 0 and "with commas between them" in refused.stderr, wrong


def test_aws_runs_the_cli_here(onput):
    path = {"PATH": f"{CLI_V1.parent}:/usr/bin:/bin"}
    assert "inbox" in onput.run("aws", "--", "s3", "ls", environment=path).stdout
    # Without the dashes as well, its own options in whatever place.
    assert "inbox" in onput.run("aws", "s3", "ls", environment=path).stdout
    assert "inbox" in onput.run("-o", "json", "aws", "s3api", "list-buckets", "--output", "text", environment=path).stdout
    assert "Usage:" in onput.run("aws", "--help").stdout
    told = onput.run("aws", "--", "sqs", "list-queues", "--output", "json", environment=path).stdout
    assert any(url.endswith("/speech-dead-letters") for url in json.loads(told)["QueueUrls"])


def test_doctor_finds_nothing_wrong(onput):
    findings = json.loads(onput.run("-o", "json", "doctor").stdout)
    assert {f["check"] for f in findings} >= {"binaries", "disk", "voices", "instance"}
    assert not [f for f in findings if f["result"] == "FAULT"]


@pytest.mark.parametrize("service, variable", [
    ("storage", "ONPUT_STORAGE_FREE_BYTES_MIN"), ("notifier", "ONPUT_NOTIFIER_FREE_BYTES_MIN"),
    ("queue", "ONPUT_QUEUE_FREE_BYTES_MIN"), ("queue", "ONPUT_FREE_BYTES_MIN")])
def test_doctor_judges_the_room_that_each_service_will_need(tmp_path, service, variable):
    told = run_onput("--data", tmp_path / "absent", "-o", "json", "doctor", expect=None,
                     environment={variable: str(2 ** 60)}).stdout
    disk = next(finding for finding in json.loads(told) if finding["check"] == "disk")
    assert disk["result"] == "FAULT" and service in disk["detail"]


def test_demo_speaks_in_an_instance_of_its_own_and_leaves_nothing(tmp_path):
    done = run_onput("demo", environment={"TMPDIR": str(tmp_path)}, deadline_s=120)
    assert "It works" in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_demo_without_a_place_for_its_instance_says_so(tmp_path):
    told = run_onput("demo", environment={"TMPDIR": str(tmp_path / "absent")}, expect=7).stderr
    assert "TMPDIR" in told


def test_demo_speaks_a_given_text_in_a_given_instance(onput, tmp_path):
    (tmp_path / "my text.txt").write_text("My own words.")
    onput.run("demo", "--text", tmp_path / "my text.txt")
    assert onput.wait_for_object("outbox", "my text.mp3")


def test_a_pipeline_is_applied_once_and_then_unchanged(onput, tmp_path):
    (tmp_path / "letters.toml").write_text(PIPELINE)
    first, second = (json.loads(onput.run("-o", "json", "pipeline", "apply",
                                          tmp_path / "letters.toml").stdout) for _ in range(2))
    assert {change["change"] for change in first} == {"created"}
    assert {change["change"] for change in second} == {"unchanged"}
    assert [c["name"] for c in first] == [c["name"] for c in second]
    onput.s3.put_object(Bucket="letters", Key="dear.txt", Body=b"Dear Sir.")
    assert onput.wait_for_object("outbox", "dear.mp3")


def test_a_pipeline_that_changed_is_updated(onput, tmp_path):
    path = tmp_path / "changing.toml"
    path.write_text(PIPELINE.replace("letters", "memos"))
    onput.run("pipeline", "apply", path)
    path.write_text(PIPELINE.replace("letters", "memos").replace('".txt"', '".memo"'))
    changes = json.loads(onput.run("-o", "json", "pipeline", "apply", path).stdout)
    assert [c["kind"] for c in changes if c["change"] == "updated"] == ["notification"]


@pytest.mark.parametrize("text, told", [
    ('[[bucket]]\nname = "ok"\nvoice = "x"\n', ":3:9: unknown key 'voice'"),
    ("[[bucket]]\nname = 5\n", ":2:8: 'name' must be a text"),
    ("[[bucket]\n", ":1:"),
    ('[[pail]]\nname = "x"\n', "unknown table 'pail'"),
    ('[[notification]]\nbucket = "inbox"\nid = "x"\nevents = ["s3:ObjectCreated:*"]\n',
     "one of 'function', 'queue' and 'topic'"),
], ids=["unknown_key", "wrong_type", "no_toml", "unknown_table", "no_destination"])
def test_a_broken_pipeline_file_is_named_with_line_and_key(onput, tmp_path, text, told):
    (tmp_path / "broken.toml").write_text(text)
    done = onput.run("pipeline", "apply", tmp_path / "broken.toml", expect=2)
    assert told in done.stderr and "broken.toml" in done.stderr
    assert "ok" not in [b["Name"] for b in onput.s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("what", ["put", "get", "head", "delete", "list", "upload", "multipart", "download", "notify",
                                  "queue", "bus"])
def test_bench_measures(onput, what):
    told = onput.run("-o", "json", "bench", what, "--clients", "4", "--seconds", "1", "--objects", "2000",
                     "--size", "65536").stdout
    assert json.loads(told)


def test_health_is_told_over_http_without_a_signature(onput):
    wire = Wire(onput)
    assert wire.send_unsigned("GET", "/_onput/livez").status == 200
    assert wire.send_unsigned("GET", "/_onput/readyz").status == 200


def test_a_policy_that_locks_everybody_out_is_taken_off(onput):
    denial = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}})
    url = onput.sqs.create_queue(QueueName="locked", Attributes={"Policy": denial})["QueueUrl"]
    with pytest.raises(onput.sqs.exceptions.ClientError, match="AccessDenied"):
        onput.sqs.send_message(QueueUrl=url, MessageBody="m")
    assert denial in onput.run("unlock", "sqs:locked").stdout
    onput.sqs.send_message(QueueUrl=url, MessageBody="m")
    sns = onput.client("sns")
    topic = sns.create_topic(Name="locked")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=denial.replace("sqs:", "SNS:"))
    with pytest.raises(sns.exceptions.ClientError, match="AuthorizationError"):
        sns.publish(TopicArn=topic, Message="m")
    assert json.loads(onput.run("-o", "json", "unlock", topic).stdout) == {
        "arn": topic, "removed_policy": denial.replace("sqs:", "SNS:")}
    sns.publish(TopicArn=topic, Message="m")
    assert json.loads(onput.run("-o", "json", "unlock", topic).stdout)["removed_policy"] is None


# -- terminals

def on_terminal(onput, *words, columns=200, **added):
    """What `onput` prints to a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    subprocess.run([str(BIN / "onput"), "--data", str(onput.data), *words], stdout=theirs, timeout=60,
                   env=clean_environment(TERM="xterm", **added), check=True)
    os.close(theirs)
    told = b""
    with contextlib.suppress(OSError):  # The other end is closed.
        while read := os.read(ours, 65536):
            told += read
    os.close(ours)
    return told.decode()


def test_colours_are_for_terminals_that_want_them(onput):
    assert "\x1b[3" in on_terminal(onput, "status")
    assert "\x1b[" not in on_terminal(onput, "status", NO_COLOR="1")
    # A photo that is none: its job fails for good, and a failure is red.
    onput.s3.put_object(Bucket="inbox", Key="none.jpg", Body=b"no photo")
    onput.run("trace", "--wait", "60", "s3://inbox/none.jpg")
    failures = ("tail", "--since", "10m", "--no-follow", "--type", "job.failed")
    assert "\x1b[31m" in on_terminal(onput, *failures)
    assert "\x1b[" not in on_terminal(onput, *failures, NO_COLOR="1")
    assert "\x1b[" not in onput.run("status", environment={"TERM": "xterm"}).stdout


def test_a_table_fits_the_terminal(onput, spoken):
    for words in [("doctor",), ("status",), ("trace", spoken), ("explain", spoken)]:
        narrow = on_terminal(onput, *words, columns=80, NO_COLOR="1").replace("\r", "").splitlines()
        wide = onput.run(*words).stdout.splitlines()
        # Times differ; nothing is left out.
        assert len(" ".join(narrow).split()) == len(" ".join(wide).split()), (words, narrow)
        # A word is never broken: where the instance is, may be longer than the terminal is wide.
        assert all(len(line) <= 80 or str(onput.data) in line for line in narrow), (words, narrow)
