"""Damage on the disk: never served, named, and repaired by `onput fsck --repair`."""
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
