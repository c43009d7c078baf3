"""Damage on the disk: never served, named, and repaired by `onput fsck --repair`."""
import random

import botocore.exceptions
import pytest

from harness.instance import run_onput

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
    run_onput("--data", onput.data, "fsck", "--repair")
    run_onput("--data", onput.data, "fsck")
    onput.start()
    s3 = onput.client("s3")
    assert 140 <= readable(s3) < 150
    assert s3.get_object(Bucket="shelf", Key="new")["Body"].read() == b"new"
