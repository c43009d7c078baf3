"""rclone, s3cmd and the AWS CLIs over whole trees: sync, check, copy, move, delete, remove with versions; each
seen by a tap that knows a repeated request."""
import json
import os
import random

import pytest

from harness.clients import CLI_V1, CLI_V2, run_client
from harness.tree import expect_equal_trees, files_of, program

MIB = 1024 * 1024


@pytest.fixture
def rclone(onput, tap, tmp_path):
    (tmp_path / "rclone.conf").write_text(
        "[o]\ntype = s3\nprovider = Other\naccess_key_id = test\nsecret_access_key = test\nregion = us-east-1\n"
        f"endpoint = {tap.url}\nchunk_size = 5Mi\nupload_cutoff = 5Mi\ncopy_cutoff = 5Mi\n")

    def run(*words, **options):
        return run_client(onput, program("rclone"), "--config", tmp_path / "rclone.conf", "--retries", "1",
                          "--low-level-retries", "1", *words, **options)
    return run


@pytest.fixture
def s3cmd(onput, tap, tmp_path):
    (tmp_path / "s3cfg").write_text(
        f"[default]\naccess_key = test\nsecret_key = test\nhost_base = {tap.host}\nhost_bucket = {tap.host}\n"
        "use_https = False\nmultipart_chunk_size_mb = 5\nmax_retries = 0\n")

    def run(*words, **options):
        return run_client(onput, program("s3cmd"), "-c", tmp_path / "s3cfg", "--no-progress", *words, **options)
    return run


@pytest.fixture(params=[CLI_V1, CLI_V2], ids=["aws_cli_v1", "aws_cli_v2"])
def aws(request, onput, tap):
    if not request.param.exists():
        pytest.skip(f"there is no {request.param}: install tests/packages.txt")

    def run(*words, **options):
        return run_client(onput, request.param, "--endpoint-url", tap.url, *words, **options).stdout
    run.name = request.node.callspec.id.replace("_", "-")
    return run


def test_rclone_syncs_checks_moves_and_purges(rclone, tap, tree, tmp_path):
    rclone("mkdir", "o:rclone-house")
    rclone("sync", "--checksum", tree, "o:rclone-house/tree")
    assert "0 differences found" in rclone("check", tree, "o:rclone-house/tree").stderr
    assert "0 differences found" in rclone("check", "--download", tree, "o:rclone-house/tree").stderr
    (tree / files_of(tree)[0]).unlink()
    (tree / "large.bin").write_bytes(random.Random(9).randbytes(11 * MIB))
    rclone("sync", "--checksum", tree, "o:rclone-house/tree")
    assert "0 differences found" in rclone("check", tree, "o:rclone-house/tree").stderr
    before = tap.count("PUT")
    rclone("sync", "--checksum", tree, "o:rclone-house/tree")
    assert tap.count("PUT") == before, "nothing had changed"
    rclone("copyto", "o:rclone-house/tree/large.bin", "o:rclone-house/copy.bin")
    rclone("move", "o:rclone-house/tree/odd names", "o:rclone-house/moved")
    rclone("copy", "o:rclone-house/moved", tmp_path / "moved")
    expect_equal_trees(tree / "odd names", tmp_path / "moved")
    assert f"{11 * MIB}" in rclone("lsl", "o:rclone-house/copy.bin").stdout
    assert "X-Amz-Signature" in rclone("link", "o:rclone-house/copy.bin").stdout
    rclone("rcat", "o:rclone-house/stream", input="hello")
    assert rclone("cat", "o:rclone-house/stream").stdout == "hello"
    rclone("purge", "o:rclone-house")
    # It makes sure of the bucket before each upload that it starts.
    tap.expect_no_retries(repeated=["PUT /rclone-house"])


def test_s3cmd_syncs_copies_moves_and_deletes(onput, s3cmd, tap, tree, tmp_path):
    s3cmd("mb", "s3://s3cmd-house")
    s3cmd("sync", f"{tree}/", "s3://s3cmd-house/tree/")
    before = tap.count("PUT")
    s3cmd("sync", f"{tree}/", "s3://s3cmd-house/tree/")
    assert tap.count("PUT") == before, "nothing had changed"
    (tmp_path / "back").mkdir()
    s3cmd("sync", "s3://s3cmd-house/tree/", f"{tmp_path / 'back'}/")
    expect_equal_trees(tree, tmp_path / "back")
    s3cmd("cp", "s3://s3cmd-house/tree/large.bin", "s3://s3cmd-house/copy.bin")
    s3cmd("mv", "s3://s3cmd-house/copy.bin", "s3://s3cmd-house/moved.bin")
    s3cmd("put", "--mime-type", "text/x-odd", "--add-header", "x-amz-meta-kind:thing",
          tree / "odd names" / "a b+c&d=e.txt", "s3://s3cmd-house/a b+c&d=e.txt")
    told = onput.s3.head_object(Bucket="s3cmd-house", Key="a b+c&d=e.txt")
    assert told["ContentType"] == "text/x-odd" and told["Metadata"]["kind"] == "thing"
    assert "12582912" in s3cmd("info", "s3://s3cmd-house/moved.bin", expect=None).stdout
    assert "moved.bin" in s3cmd("ls", "s3://s3cmd-house/").stdout
    assert "s3://s3cmd-house" in s3cmd("du", "s3://s3cmd-house/").stdout
    s3cmd("del", "-r", "--force", "s3://s3cmd-house/")
    assert onput.keys("s3cmd-house") == []
    s3cmd("rb", "s3://s3cmd-house")
    # It asks for access lists and policies of what it copies, moves or tells about, and goes on without them.
    tap.expect_no_retries(absent=["?acl", "?policy", "?cors"])


def test_s3cmd_is_told_that_access_lists_cannot_change(onput, s3cmd, tap):
    onput.s3.create_bucket(Bucket="s3cmd-lists")
    onput.s3.put_object(Bucket="s3cmd-lists", Key="a", Body=b"a")
    refused = s3cmd("setacl", "--acl-public", "s3://s3cmd-lists/a", expect=None)
    assert refused.returncode != 0
    assert "400 (AccessControlListNotSupported)" in refused.stderr, refused.stderr
    assert onput.keys("s3cmd-lists") == ["a"]


def test_the_cli_carries_a_large_file_and_moves_it(onput, aws, tap, tmp_path):
    bucket = f"large-{aws.name}"
    (tmp_path / "large").write_bytes(random.Random(3).randbytes(64 * MIB))
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "cp", tmp_path / "large", f"s3://{bucket}/large")
    aws("s3", "mv", f"s3://{bucket}/large", f"s3://{bucket}/moved")
    aws("s3", "mv", f"s3://{bucket}/moved", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    assert onput.keys(bucket) == []
    tap.expect_no_retries()


def test_the_cli_streams_what_it_cannot_measure(aws, tap, tmp_path, onput):
    bucket, text = f"stream-{aws.name}", "x" * (9 * MIB)
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "cp", "-", f"s3://{bucket}/stream", input=text)
    assert aws("s3", "cp", f"s3://{bucket}/stream", "-") == text
    tap.expect_no_retries()


def test_the_cli_syncs_a_tree_with_deletions(aws, tap, tree, tmp_path):
    bucket = f"tree-{aws.name}"
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "sync", tree, f"s3://{bucket}/tree")
    (tree / files_of(tree)[0]).unlink()
    aws("s3", "sync", "--delete", tree, f"s3://{bucket}/tree")
    aws("s3", "sync", f"s3://{bucket}/tree", f"s3://{bucket}/copy")
    aws("s3", "sync", f"s3://{bucket}/copy", tmp_path / "back")
    expect_equal_trees(tree, tmp_path / "back")
    aws("s3", "rm", "--recursive", "--exclude", "*.bin", f"s3://{bucket}/copy")
    assert aws("s3", "ls", "--recursive", f"s3://{bucket}/copy").count("\n") == 2  # large.bin, and one with odd letters.
    aws("s3", "rb", "--force", f"s3://{bucket}")
    tap.expect_no_retries()


def test_the_cli_removes_all_versions_of_a_bucket(onput, aws, tap, tmp_path):
    bucket = f"versions-{aws.name}"
    (tmp_path / "a").write_text("one")
    aws("s3api", "create-bucket", "--bucket", bucket)
    aws("s3api", "put-bucket-versioning", "--bucket", bucket, "--versioning-configuration", "Status=Enabled")
    for text in ("one", "two"):
        (tmp_path / "a").write_text(text)
        aws("s3", "cp", tmp_path / "a", f"s3://{bucket}/a")
    aws("s3", "rm", f"s3://{bucket}/a")
    listed = json.loads(aws("s3api", "list-object-versions", "--bucket", bucket, "--output", "json"))
    assert len(listed["Versions"]) == 2 and len(listed["DeleteMarkers"]) == 1
    refused = run_refused(aws, "s3", "rb", "--force", f"s3://{bucket}")
    assert "BucketNotEmpty" in refused
    objects = [{"Key": each["Key"], "VersionId": each["VersionId"]}
               for each in [*listed["Versions"], *listed["DeleteMarkers"]]]
    aws("s3api", "delete-objects", "--bucket", bucket, "--delete", json.dumps({"Objects": objects}))
    aws("s3", "rb", f"s3://{bucket}")
    tap.expect_no_retries(repeated=[f"DELETE /{bucket}"])


def run_refused(aws, *words):
    """What a client says whose command must fail."""
    with pytest.raises(AssertionError) as caught:
        aws(*words)
    return str(caught.value)


def test_s3api_makes_an_upload_in_parts_by_hand(aws, tap, tmp_path):
    bucket = f"parts-{aws.name}"
    sizes = (5 * MIB, 3)
    aws("s3api", "create-bucket", "--bucket", bucket)
    words = ["--bucket", bucket, "--key", "k"]
    upload = json.loads(aws("s3api", "create-multipart-upload", *words, "--output", "json"))["UploadId"]
    parts = []
    for number, size in enumerate(sizes, 1):
        (tmp_path / "part").write_bytes(os.urandom(size))
        done = json.loads(aws("s3api", "upload-part", *words, "--upload-id", upload, "--part-number", str(number),
                              "--body", tmp_path / "part", "--output", "json"))
        parts.append({"ETag": done["ETag"], "PartNumber": number})
    aws("s3api", "list-parts", *words, "--upload-id", upload)
    aws("s3api", "complete-multipart-upload", *words, "--upload-id", upload, "--multipart-upload",
        json.dumps({"Parts": parts}))
    head = json.loads(aws("s3api", "head-object", *words, "--output", "json"))
    assert head["ContentLength"] == sum(sizes)
    aws("s3api", "wait", "object-exists", *words)
    aws("s3api", "get-object", *words, "--range", "bytes=0-9", tmp_path / "range")
    assert (tmp_path / "range").stat().st_size == 10
    tap.expect_no_retries()
