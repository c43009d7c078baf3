"""Speech tasks through unmodified clients: objects and messages; and long ones, which several workers share."""
import json

import botocore.exceptions
import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli, probe_audio, probe_rate
from harness.instance import Onput
from harness.killer import Killer
from harness.node import run_node
from harness.topics import sending_policy
from harness.topology import queue_arn
from harness.voices import only_hibari
from harness.waiting import wait_until

PROGRAMS = {"v1": CLI_V1, "v2": CLI_V2}
# So slow that a part is 450 characters of espeak-ng's voices, and 56 of hibari's.
SLOW = {"ONPUT_TTS_CHARACTERS_PER_SECOND": "1"}
CRASHES = "A." * 300  # espeak-ng 1.51 aborts on a long dotted abbreviation.


@pytest.fixture
def polly(onput):
    return onput.client("polly")


def test_a_task_becomes_an_object_and_a_message(onput, polly):
    onput.s3.create_bucket(Bucket="spoken")
    sns = onput.client("sns")
    topic = sns.create_topic(Name="spoken")["TopicArn"]
    url = onput.sqs.create_queue(QueueName="spoken", Attributes={"Policy": sending_policy("spoken", topic)})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("spoken"))
    text = "A sentence of a task. " * 500
    started = polly.start_speech_synthesis_task(
        Text=text, VoiceId="Joanna", OutputFormat="mp3", OutputS3BucketName="spoken", OutputS3KeyPrefix="books/one",
        SnsTopicArn=topic)["SynthesisTask"]
    assert started["TaskStatus"] in ("scheduled", "inProgress")
    assert started["RequestCharacters"] == len(text)
    key = f"books/one.{started['TaskId']}.mp3"
    assert started["OutputUri"] == f"{onput.url}/spoken/{key}"
    message = json.loads(json.loads(wait_until(lambda: onput.sqs.receive_message(
        QueueUrl=url, WaitTimeSeconds=5).get("Messages"), 60)[0]["Body"])["Message"])
    assert (message["taskId"], message["taskStatus"], message["outputUri"]) == (
        started["TaskId"], "completed", started["OutputUri"])
    assert polly.get_speech_synthesis_task(TaskId=started["TaskId"])["SynthesisTask"]["TaskStatus"] == "completed"
    sound = onput.s3.get_object(Bucket="spoken", Key=key)
    assert sound["ContentType"] == "audio/mpeg" and len(sound["Body"].read()) > 100_000
    listed = polly.list_speech_synthesis_tasks(Status="completed")["SynthesisTasks"]
    assert [task["TaskId"] for task in listed] == [started["TaskId"]]
    assert polly.list_speech_synthesis_tasks(Status="failed")["SynthesisTasks"] == []


def test_a_task_that_cannot_be_is_refused_at_once_or_fails_with_the_reason(onput, polly):
    onput.s3.create_bucket(Bucket="refused")

    def start(**more):
        return polly.start_speech_synthesis_task(**{
            "Text": "Hello", "VoiceId": "Joanna", "OutputFormat": "mp3", "OutputS3BucketName": "refused", **more})

    for code, more in (("InvalidS3BucketException", {"OutputS3BucketName": "no-such-bucket"}),
                       ("InvalidSnsTopicArnException", {"SnsTopicArn": "arn:aws:sns:us-east-1:000000000000:none"}),
                       ("TextLengthExceededException", {"Text": "a" * 100_001}),
                       ("LexiconNotFoundException", {"LexiconNames": ["none"]}),
                       ("InvalidSsmlException", {"Text": "<speak>a", "TextType": "ssml"}),
                       ("EngineNotSupportedException", {"Engine": "generative"}),
                       ("LanguageNotSupportedException", {"LanguageCode": "vi-VN"}),
                       ("ValidationException", {"VoiceId": "Joana"})):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            start(**more)
        assert caught.value.response["Error"]["Code"] == code
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        polly.get_speech_synthesis_task(TaskId="00000000-0000-0000-0000-000000000000")
    assert caught.value.response["Error"]["Code"] == "SynthesisTaskNotFoundException"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        polly.list_speech_synthesis_tasks(NextToken="no token")
    assert caught.value.response["Error"]["Code"] == "InvalidNextTokenException"


def test_a_task_that_fails_in_the_end_says_why_and_tells_its_topic(onput, polly):
    """What no check sees: espeak-ng 1.51 crashes on a long dotted abbreviation."""
    sns = onput.client("sns")
    topic = sns.create_topic(Name="failing")["TopicArn"]
    url = onput.sqs.create_queue(QueueName="failing", Attributes={"Policy": sending_policy("failing", topic)})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("failing"))
    onput.s3.create_bucket(Bucket="failing")
    task = polly.start_speech_synthesis_task(
        Text="One two " + "A." * 300, VoiceId="Amy", OutputFormat="ogg_vorbis", OutputS3BucketName="failing",
        SnsTopicArn=topic)["SynthesisTask"]["TaskId"]
    message = json.loads(json.loads(wait_until(lambda: onput.sqs.receive_message(
        QueueUrl=url, WaitTimeSeconds=5).get("Messages"), 60)[0]["Body"])["Message"])
    assert (message["taskId"], message["taskStatus"]) == (task, "failed")
    seen = polly.get_speech_synthesis_task(TaskId=task)["SynthesisTask"]
    assert seen["TaskStatus"] == "failed" and seen["TaskStatusReason"]


def test_tasks_of_every_format_are_listed_by_pages(onput, polly, tmp_path):
    onput.s3.create_bucket(Bucket="formats")
    wanted = {"ogg_opus": ("opus", 48000), "ogg_vorbis": ("vorbis", 22050), "mp3": ("mp3", 22050), "pcm": None, "json": None}
    started = {}
    for output in wanted:
        more = {"SpeechMarkTypes": ["word"]} if output == "json" else {}
        task = polly.start_speech_synthesis_task(Text="One two three.", VoiceId="Amy", OutputFormat=output,
                                                 OutputS3BucketName="formats", **more)["SynthesisTask"]
        started[task["TaskId"]] = (output, task["OutputUri"].rpartition("/")[2])

    def pages():
        ids, token = [], {}
        while True:
            page = polly.list_speech_synthesis_tasks(MaxResults=2, **token)
            ids += [task["TaskId"] for task in page["SynthesisTasks"] if task["TaskStatus"] == "completed"]
            assert len(page["SynthesisTasks"]) <= 2
            if "NextToken" not in page:
                return ids
            token = {"NextToken": page["NextToken"]}
    wait_until(lambda: set(started) <= set(pages()), 60, "the tasks to be completed")
    ids = pages()
    assert len(ids) == len(set(ids))
    for output, key in started.values():
        path = tmp_path / key
        path.write_bytes(onput.s3.get_object(Bucket="formats", Key=key)["Body"].read())
        if output == "json":
            assert [json.loads(line)["value"] for line in path.read_text().splitlines()] == ["One", "two", "three"]
        elif output == "pcm":
            assert 0.5 < path.stat().st_size / 32000 < 5
        else:
            assert (probe_audio(path)[0], probe_rate(path)) == wanted[output]


# --- Tasks in parts -----------------------------------------------------------------------------------------------

def story_of(sentences):
    return " ".join(f"Sentence {number} tells of the clocks of the town, and of their keeper."
                    for number in range(sentences))


def start(onput, bucket, text, **more):
    if bucket not in [found["Name"] for found in onput.s3.list_buckets()["Buckets"]]:
        onput.s3.create_bucket(Bucket=bucket)
    task = onput.client("polly").start_speech_synthesis_task(**{
        "Text": text, "VoiceId": "Amy", "Engine": "standard", "OutputFormat": "mp3", "OutputS3BucketName": bucket,
        **more})["SynthesisTask"]
    return task["TaskId"], task["OutputUri"].rpartition("/")[2]


def end_of(onput, task, wait=120):
    def ended():
        found = onput.client("polly").get_speech_synthesis_task(TaskId=task)["SynthesisTask"]
        return found if found["TaskStatus"] in ("completed", "failed") else None
    return wait_until(ended, wait, "the task to end")


def body_of(onput, bucket, key):
    return onput.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def unfinished_uploads(onput, bucket):
    return onput.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])


def parts_of(onput, task):
    """Into how many parts the task was split; 0: it was not."""
    told = onput.run("-o", "json", "tail", "--from-seq", "1", "--type", "job.progress", "--no-follow").stdout
    events = [json.loads(line)["event"] for line in told.splitlines()]
    return max([event["parts"] for event in events if event["message_id"] == task], default=0)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two workers that take themselves for slow."""
    with Onput(tmp_path_factory.mktemp("pair"), tts=2, environment=SLOW) as instance:
        yield instance


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    packs = only_hibari(tmp_path_factory.mktemp("packs"))
    with Onput(tmp_path_factory.mktemp("natural"), tts=2, environment={**SLOW, "ONPUT_VOICES_DIR": packs}) as instance:
        yield instance


def test_a_long_task_is_shared_and_is_one_object(pair, tmp_path):
    text = story_of(60)
    task, key = start(pair, "shared", text)
    assert end_of(pair, task)["TaskStatus"] == "completed"
    assert parts_of(pair, task) > 5
    assert unfinished_uploads(pair, "shared") == []
    path = tmp_path / "shared.mp3"
    path.write_bytes(body_of(pair, "shared", key))
    codec, seconds = probe_audio(path)
    whole = tmp_path / "whole.mp3"
    spoken = [pair.client("polly").synthesize_speech(Text=half, VoiceId="Amy", OutputFormat="mp3")["AudioStream"].read()
              for half in (story_of(30), text[len(story_of(30)) + 1:])]
    whole.write_bytes(b"".join(spoken))
    assert (codec, seconds) == ("mp3", pytest.approx(probe_audio(whole)[1], rel=0.01))
    head = pair.s3.head_object(Bucket="shared", Key=key)
    assert head["ContentType"] == "audio/mpeg"
    short, _ = start(pair, "shared", "One sentence.")
    assert end_of(pair, short)["TaskStatus"] == "completed" and parts_of(pair, short) == 0


def test_marks_of_a_long_task_point_at_their_words(pair):
    text = story_of(40)
    task, key = start(pair, "marks", text, OutputFormat="json", SpeechMarkTypes=["sentence", "word"])
    assert end_of(pair, task)["TaskStatus"] == "completed"
    assert parts_of(pair, task) > 3
    marks = [json.loads(line) for line in body_of(pair, "marks", key).splitlines()]
    words = [mark for mark in marks if mark["type"] == "word"]
    assert [mark["value"] for mark in words] == text.replace(",", "").replace(".", "").split()
    assert all(text.encode()[mark["start"]:mark["end"]].decode() == mark["value"] for mark in marks)
    times = [mark["time"] for mark in marks]
    assert times == sorted(times) and times[-1] > 60_000


@pytest.mark.parametrize("output", ["mp3", "ogg_vorbis", "pcm"])
def test_a_natural_voices_parts_are_the_whole_byte_for_byte(natural, output):
    text = story_of(8)
    options = {"VoiceId": "Joanna", "Engine": "neural", "OutputFormat": output}
    task, key = start(natural, "natural", text, **options)
    assert end_of(natural, task)["TaskStatus"] == "completed"
    assert parts_of(natural, task) == 8
    whole = natural.client("polly").synthesize_speech(Text=text, **options)["AudioStream"].read()
    assert body_of(natural, "natural", key) == whole


def test_a_part_that_fails_ends_its_task_and_leaves_nothing(pair):
    task, key = start(pair, "failed", f"{story_of(20)} {CRASHES} {story_of(20)}")
    ended = end_of(pair, task)
    assert ended["TaskStatus"] == "failed" and ended["TaskStatusReason"]
    assert parts_of(pair, task) > 3
    assert unfinished_uploads(pair, "failed") == []
    assert pair.s3.list_objects_v2(Bucket="failed")["KeyCount"] == 0


def test_a_task_whose_upload_somebody_ends_fails(pair):
    pair.s3.create_bucket(Bucket="ended")
    task, _ = start(pair, "ended", story_of(400))
    upload = wait_until(lambda: unfinished_uploads(pair, "ended"), 60)[0]
    pair.s3.abort_multipart_upload(Bucket="ended", Key=upload["Key"], UploadId=upload["UploadId"])
    assert end_of(pair, task)["TaskStatus"] == "failed"
    assert unfinished_uploads(pair, "ended") == []


def test_tasks_are_one_object_each_whatever_is_killed(own_onput):
    """Many small ones, so that many moments of a task are ones that something is killed in."""
    onput = own_onput(tts=2, environment=SLOW)
    onput.s3.create_bucket(Bucket="survivors")
    onput.s3.put_bucket_versioning(Bucket="survivors", VersioningConfiguration={"Status": "Enabled"})
    tasks = dict(start(onput, "survivors", story_of(sentences)) for sentences in [200] + [14] * 30)
    killer = Killer(onput, ("storage", "tts", "queue", "tts"), 4, lambda: 0.35, ends_itself=True)
    try:
        ended = {task: end_of(onput, task, 180) for task in tasks}
    finally:
        killer.stop()
    assert {found["TaskStatus"]: found.get("TaskStatusReason") for found in ended.values()} == {"completed": None}
    assert all(parts_of(onput, task) > 1 for task in tasks)
    wait_until(lambda: unfinished_uploads(onput, "survivors") == [], 60, "nothing to be left")
    made = [found["Key"] for found in onput.s3.list_object_versions(Bucket="survivors")["Versions"]]
    assert sorted(made) == sorted(tasks.values())


# --- Clients ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", PROGRAMS)
def test_the_aws_cli_starts_a_task(onput, version, tmp_path):
    aws = AwsCli(PROGRAMS[version], onput)
    bucket = f"cli-{version}"
    onput.s3.create_bucket(Bucket=bucket)
    started = json.loads(aws("polly", "start-speech-synthesis-task", "--text", "Hello from the command line",
                             "--voice-id", "Joanna", "--output-format", "ogg_vorbis", "--output-s3-bucket-name", bucket,
                             "--output-s3-key-prefix", "spoken", "--output", "json"))["SynthesisTask"]
    task = started["TaskId"]
    assert end_of(onput, task)["TaskStatus"] == "completed"
    told = json.loads(aws("polly", "get-speech-synthesis-task", "--task-id", task, "--output", "json"))["SynthesisTask"]
    assert told["TaskStatus"] == "completed"
    listed = json.loads(aws("polly", "list-speech-synthesis-tasks", "--status", "completed", "--output", "json"))
    assert task in [found["TaskId"] for found in listed["SynthesisTasks"]]
    path = tmp_path / "spoken.ogg"
    aws("s3", "cp", f"s3://{bucket}/spoken.{task}.ogg", path)
    assert probe_audio(path)[0] == "vorbis"


def test_the_javascript_sdk_starts_a_task(onput, tmp_path):
    onput.s3.create_bucket(Bucket="js-tasks")
    run_node("polly_tasks_v3.js", onput.url, "js-tasks")
    keys = [found["Key"] for found in onput.s3.list_objects_v2(Bucket="js-tasks")["Contents"]]
    assert len(keys) == 1
    path = tmp_path / "spoken.mp3"
    path.write_bytes(body_of(onput, "js-tasks", keys[0]))
    assert probe_audio(path)[0] == "mp3"
