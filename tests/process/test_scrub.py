"""Damage that lies still: scrubbing finds it while the instance runs, `onput fsck` names each kind."""
import base64
import json
import random
import shutil

from harness.instance import run_onput
from harness.waiting import wait_until

QUIET = ["--no-pipeline", "--image", "0"]
BODIES = {"row": 500, "record": 100_000, "file": 3_000_000}


def body_of(key):
    return random.Random(key).randbytes(BODIES[key.split("-")[0]])


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def place_of(data, needle):
    """The file below `data` that has these bytes, and where."""
    for path in sorted([*data.glob("segments/*.segment"), *data.glob("blobs/*/*")]):
        at = path.read_bytes().find(needle)
        if at >= 0:
            return path, at
    raise AssertionError("the bytes are nowhere")


def fill(onput, keys):
    onput.s3.create_bucket(Bucket="shelf")
    for key in keys:
        onput.s3.put_object(Bucket="shelf", Key=key, Body=body_of(key))


def status_of(onput):
    return json.loads(onput.run("status", "-o", "json").stdout)


def test_scrubbing_finds_damage_names_it_and_touches_nothing(own_onput):
    onput = own_onput(tts=0, arguments=QUIET, environment={
        "ONPUT_SCRUB_BYTES_PER_SECOND": "100000000", "ONPUT_SCRUB_OBJECTS_PER_SECOND": "1000"})
    keys = [f"{kind}-{number}" for kind in BODIES for number in range(3)]
    fill(onput, keys)
    onput.stop()
    damaged = ("record-1", "file-2")
    for key in damaged:
        path, at = place_of(onput.data / "storage", body_of(key)[:64])
        flip(path, at + 70_000)
    before = {path: path.read_bytes() for path in (onput.data / "storage/blobs").glob("*/*")}
    onput.start()
    wait_until(lambda: status_of(onput)["damaged_objects"] == 2, 60, "both findings")
    log = (onput.data / "log/storage.log").read_text()
    for key in keys:
        assert (f"object=s3://shelf/{key} " in log) == (key in damaged), key
    assert "2 objects are damaged" in onput.run("status").stdout
    assert before == {path: path.read_bytes() for path in before}
    # A restart remembers what was found.
    onput.stop()
    onput.start()
    assert status_of(onput)["damaged_objects"] == 2


def test_scrubbing_looks_at_archived_bytes_too(own_onput):
    onput = own_onput(tts=0, arguments=QUIET, environment={
        "ONPUT_SCRUB_BYTES_PER_SECOND": "100000000", "ONPUT_SCRUB_OBJECTS_PER_SECOND": "1000",
        "ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1"})
    onput.s3.create_bucket(Bucket="shelf")
    onput.s3.put_object(Bucket="shelf", Key="file-old", Body=body_of("file-old"), StorageClass="GLACIER")
    cold = onput.data / "storage/cold"
    wait_until(lambda: list(cold.glob("blobs/*/*")) and not list(onput.data.glob("storage/blobs/*/*")), 60,
               "bytes in the cold directory and nowhere else")
    onput.stop()
    flip(next(cold.glob("blobs/*/*")), 1_000_000)
    onput.start()
    wait_until(lambda: status_of(onput)["damaged_objects"] == 1, 60, "the finding")
    assert "object=s3://shelf/file-old " in (onput.data / "log/storage.log").read_text()


def test_usage_is_shown_and_agrees_with_the_rows(own_onput):
    onput = own_onput(tts=0, arguments=QUIET)
    fill(onput, ["row-1", "record-1", "file-1"])
    onput.s3.put_bucket_versioning(Bucket="shelf", VersioningConfiguration={"Status": "Enabled"})
    onput.s3.put_object(Bucket="shelf", Key="row-1", Body=b"again")
    onput.s3.create_multipart_upload(Bucket="shelf", Key="parts")
    assert status_of(onput)["buckets"] == [
        {"bucket": "shelf", "objects": 3, "versions": 1, "bytes": 3_100_505, "uploads": 1}]
    assert "shelf" in onput.run("status").stdout
    onput.stop()
    run_onput("--data", onput.data, "fsck")


# What is damaged: of which object, where in its file, and what fsck says of it. Numbers count from
# the object's bytes, or from the file's end when it has a file of its own.
PLANTED = {
    "data of a record": ("record-1", 50_000, "bytes are damaged"),
    "owner of a record": ("record-1", 100_003, "has bytes of shelf/record-1"),
    "header of a record": ("record-1", -40, "the bytes of shelf/record-1 are missing"),
    "data of a file": ("file-1", -2_000_000, "bytes from 983040 on are damaged"),
    "owner of a file": ("file-1", -67, "has bytes of shelf/file-1"),
    "footer of a file": ("file-1", -40, "has bytes of shelf/file-1"),
    "a file that is gone": ("file-1", None, "the bytes of shelf/file-1 are missing"),
}


def test_fsck_names_each_kind_of_planted_damage(own_onput, tmp_path):
    onput = own_onput(tts=0, arguments=QUIET)
    fill(onput, ["row-1", "record-0", "record-1", "file-1"])
    onput.stop()
    run_onput("--data", onput.data, "fsck")
    for kind, (key, offset, words) in PLANTED.items():
        data = tmp_path / kind.replace(" ", "-")
        shutil.copytree(onput.data / "storage", data / "storage")
        path, at = place_of(data / "storage", body_of(key)[:64])
        if offset is None:
            path.unlink()
        else:
            flip(path, offset + (path.stat().st_size if key.startswith("file") else at))
        told = run_onput("--data", data, "fsck", expect=1).stdout
        assert words in told and f"shelf/{key}" in told, f"{kind}: {told}"
        assert "no damage is left" not in told

    data = tmp_path / "segment"
    shutil.copytree(onput.data / "storage", data / "storage")
    segment, = (path for path in data.glob("storage/segments/*.segment")
                if body_of("record-1")[:64] in path.read_bytes())
    flip(segment, 16)
    assert "its header is damaged" in run_onput("--data", data, "fsck", expect=1).stdout


def test_fsck_reads_the_contents_of_a_running_instance(own_onput):
    key = "k1:" + base64.b64encode(bytes(range(32))).decode()
    onput = own_onput(tts=0, arguments=QUIET, environment={
        "ONPUT_MASTER_KEYS_SECRET": key, "ONPUT_SCRUB_BYTES_PER_SECOND": "0", "ONPUT_SCRUB_OBJECTS_PER_SECOND": "0"})
    s3 = onput.s3
    fill(onput, [f"{kind}-0" for kind in BODIES])
    s3.put_bucket_versioning(Bucket="shelf", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="shelf", Key="record-0", Body=body_of("record-1"),
                        ChecksumAlgorithm="SHA256")["VersionId"]
    s3.delete_object(Bucket="shelf", Key="record-0")
    s3.put_object(Bucket="shelf", Key="sealed", Body=b"x", SSECustomerAlgorithm="AES256", SSECustomerKey="c" * 32)
    for kind in ("COMPOSITE", "FULL_OBJECT"):
        name = {"Bucket": "shelf", "Key": "parts/" + kind}
        upload = s3.create_multipart_upload(**name, ChecksumAlgorithm="CRC32", ChecksumType=kind)["UploadId"]
        parts = [random.Random(number).randbytes(size) for number, size in enumerate((5 * 1024 * 1024, 100_001))]
        made = [s3.upload_part(**name, UploadId=upload, PartNumber=number, Body=part, ChecksumAlgorithm="CRC32")
                for number, part in enumerate(parts, 1)]
        s3.complete_multipart_upload(**name, UploadId=upload, MultipartUpload={"Parts": [
            {"PartNumber": number, "ETag": one["ETag"], "ChecksumCRC32": one["ChecksumCRC32"]}
            for number, one in enumerate(made, 1)]})
    found = json.loads(onput.run("fsck", "--contents", "-o", "json").stdout)
    assert (found["sound"], found["versions"], found["sealed_by_clients"], found["faults"]) == (True, 6, 1, [])
    assert found["bytes"] == sum(BODIES.values()) + BODIES["record"] + 2 * (5 * 1024 * 1024 + 100_001)
    onput.run("fsck", "--contents", "--bucket", "absent", expect=3)
    # The biggest file is the first part of an upload.
    path = max(onput.data.glob("storage/blobs/*/*"), key=lambda file: file.stat().st_size)
    flip(path, 70_000)
    damaged = onput.run("fsck", "--contents", expect=1).stdout
    named = [line for line in damaged.splitlines() if line.startswith("s3://")]
    assert len(named) == 1 and named[0].startswith("s3://shelf/parts/")
    assert "1 are sealed" in damaged and old not in damaged
