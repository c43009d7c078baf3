"""Large files by programs that are no AWS SDK's: as many requests reach the gateway as the file has parts,
so none of them tries anything twice."""
import os
import re
import urllib.request

import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli, run_client

MIB = 1024 * 1024
PARTS = 4
SIZE = 18 * MIB + 7  # In parts of 5 MiB.
BUCKET = "outbox"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(SIZE))
    return path


class Counter:
    """How often S3's operations were answered since it was made: {(operation, status): count}."""

    def __init__(self, onput):
        self.onput = onput
        self.before = self._read()

    def _read(self):
        page = urllib.request.urlopen(f"{self.onput.url}/_onput/metrics", timeout=20).read().decode()
        found = re.findall(r'^onput_s3_requests_total\{op="([^"]+)",code="(\d+)"\} (\d+)', page, re.M)
        return {(name, int(code)): int(count) for name, code, count in found}

    def since(self):
        return {key: count - self.before.get(key, 0) for key, count in self._read().items()
                if count != self.before.get(key, 0)}


def program(name):
    """Where a program of a Debian package is."""
    path = f"/usr/bin/{name}"
    if not os.path.exists(path):
        pytest.skip(f"there is no {path}: install tests/packages.txt")
    return path


def by_rclone(onput, tmp_path):
    config = tmp_path / "rclone.conf"
    config.write_text("[onput]\ntype = s3\nprovider = Other\naccess_key_id = test\n"
                      f"secret_access_key = test\nregion = us-east-1\nendpoint = {onput.url}\n")
    words = [program("rclone"), "--config", config, "--s3-chunk-size", "5Mi", "--s3-upload-cutoff", "5Mi",
             "--low-level-retries", "1", "--retries", "1"]

    def up(path, key):
        run_client(onput, *words, "copyto", path, f"onput:{BUCKET}/{key}")

    def down(key, path):
        run_client(onput, *words, "copyto", f"onput:{BUCKET}/{key}", path)
    return up, down


def by_s3cmd(onput, tmp_path):
    host = f"127.0.0.1:{onput.port}"
    config = tmp_path / "s3cfg"
    config.write_text(f"[default]\naccess_key = test\nsecret_key = test\nhost_base = {host}\n"
                      f"host_bucket = {host}\nuse_https = False\nmultipart_chunk_size_mb = 5\n")
    words = [program("s3cmd"), "-c", config, "--no-progress"]

    def up(path, key):
        run_client(onput, *words, "put", path, f"s3://{BUCKET}/{key}")

    def down(key, path):
        run_client(onput, *words, "get", f"s3://{BUCKET}/{key}", path)
    return up, down


CLIENTS = {"rclone": by_rclone, "s3cmd": by_s3cmd}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_large_file_goes_up_and_down_without_a_request_too_many(onput, file, tmp_path, client):
    up, down = CLIENTS[client](onput, tmp_path)
    counter = Counter(onput)
    up(file, client)
    done = counter.since()
    assert done.pop(("CreateMultipartUpload", 200)) == 1
    assert done.pop(("UploadPart", 200)) == PARTS
    assert done.pop(("CompleteMultipartUpload", 200)) == 1
    # What is left only asks whether something is there.
    assert {name for name, _ in done} <= {"HeadObject", "HeadBucket", "GetBucketLocation", "ListObjects",
                                          "ListObjectsV2", "CreateBucket"}, done
    assert all(code in (200, 404) for _, code in done), done
    down(client, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("path", [CLI_V1, CLI_V2], ids=["aws_cli_v1", "aws_cli_v2"])
def test_the_cli_repeats_nothing_either(onput, file, tmp_path, path):
    aws = AwsCli(path, onput)
    counter = Counter(onput)
    aws("s3", "cp", file, f"s3://{BUCKET}/cli")
    assert counter.since() == {("CreateMultipartUpload", 200): 1, ("UploadPart", 200): 3,
                               ("CompleteMultipartUpload", 200): 1}
    aws("s3", "cp", f"s3://{BUCKET}/cli", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
