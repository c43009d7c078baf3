"""Damage on the disk: never served, named, and repaired by `onput fsck --repair`."""
import json
import random
import re
import urllib.request

import botocore.exceptions
import urllib3.exceptions
import pytest

from harness.instance import run_onput
from harness.tls import free_port

BIG = bytes(range(256)) * 12_000


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def test_a_flipped_bit_is_never_served_and_a_damaged_list_of_tables_is_repaired(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"])
    s3 = onput.client("s3")
    s3.create_bucket(Bucket="shelf")
    s3.put_object(Bucket="shelf", Key="small", Body=b"hello")
    s3.put_object(Bucket="shelf", Key="big", Body=BIG)
    storage = onput.data / "storage"
    file, = (path for path in storage.glob("blobs/*/*") if path.is_file())
    flip(file, 70_000)
    for range_ in ("bytes=0-2999999", "bytes=70000-70001"):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            s3.get_object(Bucket="shelf", Key="big", Range=range_)
        assert caught.value.response["Error"]["Code"] == "InternalError"
    tail = s3.get_object(Bucket="shelf", Key="big", Range="bytes=1000000-1000009")
    assert tail["Body"].read() == BIG[1_000_000:1_000_010]
    onput.stop()
    found = json.loads(run_onput("--data", onput.data, "fsck", "-o", "json", expect=1).stdout)
    blobs = found["services"][0]["blobs"]
    assert not found["sound"] and found["services"][0]["name"] == "storage"
    assert blobs["fault_count"] == 1 and blobs["missing"] == []
    away = file.rename(onput.data / "away")
    found = json.loads(run_onput("--data", onput.data, "fsck", "-o", "json", expect=1).stdout)
    blobs = found["services"][0]["blobs"]
    assert blobs["fault_count"] == 0
    assert [missing["object"] for missing in blobs["missing"]] == ["shelf/big"]
    assert "bytes of shelf/big are missing" in run_onput("--data", onput.data, "fsck", expect=1).stdout
    away.rename(file)

    for manifest in storage.glob("rows/MANIFEST-*"):
        manifest.write_bytes(manifest.read_bytes()[:3])
    checked = run_onput("--data", onput.data, "fsck", expect=1)
    assert "cannot be opened" in checked.stdout and "o/shelf/big" in checked.stdout
    repaired = run_onput("--data", onput.data, "fsck", "--repair", expect=1)
    assert "repaired; the old files are kept in" in repaired.stdout

    onput.start()
    s3 = onput.client("s3")
    assert s3.get_object(Bucket="shelf", Key="small")["Body"].read() == b"hello"


def test_every_service_starts_with_a_bad_block_in_its_rows_and_serves_the_rest(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"])
    s3, sqs = onput.client("s3"), onput.client("sqs")
    s3.create_bucket(Bucket="shelf")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    keys = [f"{number:03}" for number in range(150)]
    for key in keys:
        s3.put_object(Bucket="shelf", Key=key, Body=random.Random(key).randbytes(4000))
        sqs.send_message(QueueUrl=url, MessageBody=random.Random(key).randbytes(500).hex())
    onput.stop()
    onput.start()  # Makes tables of the logs.
    onput.stop()
    for service in ("storage", "notifier", "queue"):
        table = max(onput.data.glob(f"{service}/rows/*.sst"), key=lambda path: path.stat().st_size)
        flip(table, table.stat().st_size // 3)

    def readable(s3):
        count = 0
        for key in keys:
            try:
                body = s3.get_object(Bucket="shelf", Key=key)["Body"].read()
                assert body == random.Random(key).randbytes(4000)
                count += 1
            except botocore.exceptions.ClientError as error:
                assert error.response["Error"]["Code"] in ("InternalError", "NoSuchKey")
        return count

    onput.start()
    s3, sqs = onput.client("s3"), onput.client("sqs")
    assert 140 <= readable(s3) < 150
    s3.put_object(Bucket="shelf", Key="new", Body=b"new")
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages")
    onput.stop()

    assert "cannot be read" in run_onput("--data", onput.data, "fsck", expect=1).stdout
    repaired = run_onput("--data", onput.data, "fsck", "--repair", expect=None)
    # Objects whose bytes lay in the block, and whose rows did not, are named until they are put again.
    lost = re.findall("the bytes of shelf/([0-9]{3}) are missing", repaired.stdout)
    assert repaired.returncode == (1 if lost else 0), repaired.stdout

    def is_sound():
        return json.loads(run_onput("--data", onput.data, "fsck", "-o", "json", expect=None).stdout)["sound"]
    assert is_sound() == (not lost)
    onput.start()
    s3 = onput.client("s3")
    assert 140 <= readable(s3) < 150
    assert s3.get_object(Bucket="shelf", Key="new")["Body"].read() == b"new"
    for key in lost:
        s3.put_object(Bucket="shelf", Key=key, Body=b"again")
    onput.stop()
    assert is_sound()


def test_damage_in_a_later_block_of_a_large_object_is_never_data(own_onput):
    health = f"127.0.0.1:{free_port()}"
    onput = own_onput(tts=0, arguments=["--image", "0"],
                      environment={"ONPUT_STORAGE_HEALTH_LISTEN": health})
    s3 = onput.client("s3")
    text = b"All work and no play makes Jack a dull boy.\n" * 70_000
    bad = 2_500_000
    s3.put_object(Bucket="inbox", Key="book.txt", Body=text)
    file, = (path for path in (onput.data / "storage").glob("blobs/*/*") if path.is_file())
    flip(file, bad)

    for begin in (0, 1_000_001):
        got = s3.get_object(Bucket="inbox", Key="book.txt", Range=f"bytes={begin}-")
        received = b""
        with pytest.raises((botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError)):
            for piece in got["Body"].iter_chunks(4096):
                received += piece
        assert begin + len(received) <= bad
        assert received == text[begin:begin + len(received)]
    log = (onput.data / "log" / "storage.log").read_text()
    assert log.count("an object is damaged object=s3://inbox/book.txt") == 2
    metrics = urllib.request.urlopen(f"http://{health}/_onput/metrics").read().decode()
    assert "onput_storage_damaged_reads_total 2\n" in metrics

    onput.stop()
    onput.tts = 1
    onput.start()
    story = run_onput("--data", onput.data, "trace", "--wait", "60", "s3://inbox/book.txt",
                      expect=None).stdout
    assert "damaged" in story or "checksum" in story
    assert onput.client("s3").list_objects_v2(Bucket="outbox")["KeyCount"] == 0
