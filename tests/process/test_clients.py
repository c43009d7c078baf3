"""The way of every upload, with clients as users have them: a text in, a recording out, a message read."""
import json
import urllib.request

import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli, curl, probe_audio, system_boto3

PROGRAMS = {"aws_cli_v1": CLI_V1, "aws_cli_v2": CLI_V2}
ENGLISH = "It was the best of times, it was the worst of times. That is how the story begins.\n"
TEXTS = {
    "english": ENGLISH.encode(),
    "vietnamese": "Trăm năm trong cõi người ta, chữ tài chữ mệnh khéo là ghét nhau.\n".encode(),
    "german": "Es war einmal ein König, der hatte eine wunderschöne Tochter und keinen Sohn.\n".encode(),
    "chinese": "从前有座山，山里有座庙，庙里有个老和尚在讲故事。\n".encode(),
    "utf8_with_byte_order_mark": b"\xef\xbb\xbf" + ENGLISH.encode(),
    "latin1": "Où est la bibliothèque, s'il vous plaît ? Elle est à côté du café.\n".encode("latin-1"),
    "utf16": ENGLISH.encode("utf-16"),
    "windows_line_ends": b"First line.\r\nSecond line.\r\n",
    "one_letter": b"a",
}


@pytest.fixture(params=PROGRAMS)
def aws(request, onput):
    return AwsCli(PROGRAMS[request.param], onput)


@pytest.fixture
def prefix(request):
    """A key prefix of this test's own."""
    return request.node.name.replace("[", "-").replace("]", "") + "/"


def test_a_text_copied_in_by_the_cli_is_copied_out_as_speech(onput, aws, prefix, tmp_path):
    (tmp_path / "book.txt").write_text(ENGLISH)
    aws("s3", "cp", tmp_path / "book.txt", f"s3://inbox/{prefix}")
    onput.wait_for_object("outbox", f"{prefix}book.mp3")
    aws("s3", "cp", f"s3://outbox/{prefix}book.mp3", tmp_path / "book.mp3")
    codec, seconds = probe_audio(tmp_path / "book.mp3")
    assert codec == "mp3" and 3 < seconds < 20


@pytest.mark.parametrize("name", TEXTS)
def test_speech_is_made_of_a_text_in(onput, name, tmp_path):
    onput.s3.put_object(Bucket="inbox", Key=f"texts/{name}.txt", Body=TEXTS[name])
    recording = onput.wait_for_object("outbox", f"texts/{name}.mp3")
    (tmp_path / "speech.mp3").write_bytes(recording)
    codec, seconds = probe_audio(tmp_path / "speech.mp3")
    assert codec == "mp3" and seconds > (0.1 if len(TEXTS[name]) < 5 else 1)


def test_the_voice_is_the_one_that_the_objects_metadata_names(onput, aws, prefix, tmp_path):
    (tmp_path / "a.txt").write_text(ENGLISH)
    for voice in ("en-us", "de"):
        aws("s3", "cp", tmp_path / "a.txt", f"s3://inbox/{prefix}{voice}.txt",
            "--metadata", f"onput-voice={voice}")
    spoken = [onput.wait_for_object("outbox", f"{prefix}{voice}.mp3") for voice in ("en-us", "de")]
    assert spoken[0] != spoken[1]


def test_the_same_text_is_the_same_recording(onput, prefix):
    spoken = []
    for _ in range(2):
        onput.s3.put_object(Bucket="inbox", Key=f"{prefix}book.txt", Body=ENGLISH.encode())
        spoken.append(onput.wait_for_object("outbox", f"{prefix}book.mp3"))
        onput.s3.delete_object(Bucket="outbox", Key=f"{prefix}book.mp3")
    assert spoken[0] == spoken[1]


def test_the_cli_syncs_lists_and_removes_a_folder(onput, aws, prefix, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a b+c.bin").write_bytes(b"1")
    (tmp_path / "in" / "deep" / "ü.bin").write_bytes(b"22")
    bucket = f"sync-{aws.program.parent.name[:3]}".lower().strip("-")
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "sync", tmp_path / "in", f"s3://{bucket}/x/")
    assert sorted(onput.keys(bucket)) == ["x/a b+c.bin", "x/deep/ü.bin"]
    listed = aws("s3", "ls", "--recursive", f"s3://{bucket}/")
    assert "x/a b+c.bin" in listed and "x/deep/ü.bin" in listed
    aws("s3", "sync", f"s3://{bucket}/x/", tmp_path / "out")
    assert (tmp_path / "out" / "deep" / "ü.bin").read_bytes() == b"22"
    aws("s3", "rm", "--recursive", f"s3://{bucket}/")
    aws("s3", "rb", f"s3://{bucket}")
    assert bucket not in [b["Name"] for b in onput.s3.list_buckets()["Buckets"]]


def test_a_presigned_url_of_the_cli_can_be_fetched(onput, aws, prefix, tmp_path):
    onput.s3.put_object(Bucket="outbox", Key=f"{prefix}a.bin", Body=b"presigned")
    url = aws("s3", "presign", f"s3://outbox/{prefix}a.bin").strip()
    assert urllib.request.urlopen(url, timeout=20).read() == b"presigned"


def test_the_cli_sends_and_receives_messages(aws):
    name = f"cli-{aws.program.parent.name[:3]}".lower().strip("-")
    url = json.loads(aws("sqs", "create-queue", "--queue-name", name, "--output", "json"))["QueueUrl"]
    aws("sqs", "send-message", "--queue-url", url, "--message-body", "grüß & <b>")
    got = json.loads(aws("sqs", "receive-message", "--queue-url", url, "--output", "json"))
    assert [message["Body"] for message in got["Messages"]] == ["grüß & <b>"]
    aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle",
        got["Messages"][0]["ReceiptHandle"])
    counts = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All",
                 "--output", "json")
    attributes = json.loads(counts)["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_boto3_sends_a_batch_and_receives_it_with_attributes(onput):
    url = onput.sqs.create_queue(QueueName="batch")["QueueUrl"]
    attributes = {"kind": {"DataType": "String", "StringValue": "tall"},
                  "bytes": {"DataType": "Binary", "BinaryValue": b"\0\1"}}
    sent = onput.sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(i), "MessageBody": f"body {i}", "MessageAttributes": attributes} for i in range(10)])
    assert len(sent["Successful"]) == 10 and "Failed" not in sent
    got = onput.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                    MessageAttributeNames=["All"])["Messages"]
    assert sorted(m["Body"] for m in got) == [f"body {i}" for i in range(10)]
    assert got[0]["MessageAttributes"]["bytes"]["BinaryValue"] == b"\0\1"


def test_an_older_boto3_speaks_the_query_protocol(onput):
    said = system_boto3(onput, (
        "url = sqs.create_queue(QueueName='query')['QueueUrl']\n"
        "sqs.send_message(QueueUrl=url, MessageBody='old words',\n"
        "    MessageAttributes={'n': {'DataType': 'Number', 'StringValue': '7'}})\n"
        "m = sqs.receive_message(QueueUrl=url, MessageAttributeNames=['All'])['Messages'][0]\n"
        "sqs.delete_message(QueueUrl=url, ReceiptHandle=m['ReceiptHandle'])\n"
        "try: sqs.get_queue_url(QueueName='absent')\n"
        "except sqs.exceptions.QueueDoesNotExist as e: print(e.response['Error']['Code'])\n"
        "print(m['Body'], m['MessageAttributes']['n']['StringValue'])\n"))
    assert said.splitlines() == ["AWS.SimpleQueueService.NonExistentQueue", "old words 7"]


def test_an_older_boto3_makes_speech(onput, prefix):
    system_boto3(onput, f"s3.put_object(Bucket='inbox', Key='{prefix}a.txt', Body=b'Hello again.')\n")
    assert onput.wait_for_object("outbox", f"{prefix}a.mp3")


def test_a_newer_boto3_names_an_absent_queue_in_both_ways(onput):
    with pytest.raises(onput.sqs.exceptions.QueueDoesNotExist) as caught:
        onput.sqs.get_queue_url(QueueName="absent")
    assert caught.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_curl_with_its_own_signature_makes_speech(onput, prefix, tmp_path):
    (tmp_path / "a.txt").write_text(ENGLISH)
    put = curl(onput, "-T", tmp_path / "a.txt", f"{onput.url}/inbox/{prefix}a.txt")
    assert put == (200, "")
    onput.wait_for_object("outbox", f"{prefix}a.mp3")
    status, _ = curl(onput, "-o", tmp_path / "a.mp3", f"{onput.url}/outbox/{prefix}a.mp3")
    assert status == 200 and probe_audio(tmp_path / "a.mp3")[0] == "mp3"
