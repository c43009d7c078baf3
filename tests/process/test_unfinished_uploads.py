"""What uploads cost that nobody finishes: memory and disk, of single objects and of multipart uploads."""
import concurrent.futures
import pathlib
import socket
import urllib.parse

import pytest

from harness.instance import Onput
from harness.waiting import wait_until

MIB = 1024 * 1024
STATED = 5 * 1024 ** 3  # What each says that it has; the most that S3 takes in one request.
SENT = 8 * MIB          # What it sends before it falls silent.
UPLOADS = 30
MEMORY_MAX = 256 * MIB  # Of each service, with all of them in hand.
ABANDONED = 2000
MEMORY_OF_ONE_MAX = 2048


def disk_of(onput):
    """Bytes on the disk, as the file system counts them."""
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(onput.data, "storage").rglob("*") if path.is_file())


def begin_upload(onput, key, body):
    """Sends the head and the beginning of an object of STATED bytes; the socket is left open."""
    url = urllib.parse.urlsplit(onput.s3.generate_presigned_url(
        "put_object", Params={"Bucket": "unfinished", "Key": key}, ExpiresIn=600))
    connection = socket.create_connection((url.hostname, url.port))
    connection.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
                       f"Content-Length: {STATED}\r\n\r\n".encode())
    connection.sendall(body)
    return connection


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """Without pipelines: nothing else changes what is measured."""
    with Onput(tmp_path_factory.mktemp("unfinished"), tts=0, arguments=["--no-pipeline"]) as instance:
        instance.s3.create_bucket(Bucket="unfinished")
        yield instance


def test_thirty_uploads_of_five_gigabytes_cost_what_they_have_sent(quiet):
    before = disk_of(quiet)
    body = bytes(SENT)
    connections = [begin_upload(quiet, f"large-{number}", body) for number in range(UPLOADS)]
    wait_until(lambda: disk_of(quiet) - before >= UPLOADS * (SENT - 2 * MIB), 60)
    assert quiet.resident_bytes("gateway") < MEMORY_MAX
    assert quiet.resident_bytes("storage") < MEMORY_MAX
    assert disk_of(quiet) - before < UPLOADS * SENT * 1.5
    # Somebody else's upload goes on meanwhile.
    quiet.s3.put_object(Bucket="unfinished", Key="whole", Body=b"1")
    for connection in connections:
        connection.close()
    wait_until(lambda: disk_of(quiet) - before < 16 * MIB, 60)
    assert quiet.keys("unfinished") == ["whole"]


def test_abandoned_multipart_uploads_cost_little_and_leave_nothing(quiet):
    def abandon(number):
        upload = quiet.s3.create_multipart_upload(Bucket="unfinished", Key=f"abandoned-{number:05}")["UploadId"]
        quiet.s3.upload_part(Bucket="unfinished", Key=f"abandoned-{number:05}", UploadId=upload, PartNumber=1,
                             Body=b"part")
        return upload

    def abort(number_and_upload):
        number, upload = number_and_upload
        quiet.s3.abort_multipart_upload(Bucket="unfinished", Key=f"abandoned-{number:05}", UploadId=upload)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(abandon, range(ABANDONED, ABANDONED + 100)))  # Caches and pools are as large as they get.
        before = quiet.resident_bytes("storage")
        uploads = list(pool.map(abandon, range(ABANDONED)))
        assert quiet.resident_bytes("storage") - before < ABANDONED * MEMORY_OF_ONE_MAX + 16 * MIB
        first = quiet.s3.list_multipart_uploads(Bucket="unfinished", MaxUploads=1000)
        assert (len(first["Uploads"]), first["IsTruncated"]) == (1000, True)
        list(pool.map(abort, enumerate(uploads)))
    assert len(quiet.s3.list_multipart_uploads(Bucket="unfinished")["Uploads"]) == 100
