"""Programs that keep their own things in a bucket: libs3's s3, git-annex, docker-registry, s3fs; unmodified."""
import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import urllib.error
import urllib.request

import pytest

from harness.clients import pointed_at, run_client
from harness.tls import free_port
from harness.tree import expect_equal_trees, files_of, make_tree, program
from harness.waiting import wait_until

MIB = 1024 * 1024


@contextlib.contextmanager
def running(*words, log, **environment):
    """A program in the foreground, ended with the block."""
    with open(log, "wb") as output:
        child = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=output, env=environment)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@pytest.fixture
def libs3(onput, tap):
    def run(*words, **options):
        return run_client(onput, "env", "S3_ACCESS_KEY_ID=test", "S3_SECRET_ACCESS_KEY=test",
                          f"S3_HOSTNAME={tap.host}", program("s3"), "-u", "-r", "0", *words, **options)
    return run


def test_libs3_stores_copies_lists_and_deletes(libs3, tap, tmp_path):
    (tmp_path / "in").write_bytes(os.urandom(18 * MIB + 5))
    libs3("create", "libs3-house")
    libs3("put", "libs3-house/large", f"filename={tmp_path / 'in'}", "x-amz-meta-kind=thing")
    libs3("get", "libs3-house/large", f"filename={tmp_path / 'out'}")
    assert (tmp_path / "out").read_bytes() == (tmp_path / "in").read_bytes()
    assert "kind: thing" in libs3("head", "libs3-house/large").stdout
    libs3("copy", "libs3-house/large", "libs3-house/copy")
    assert "USA" in libs3("test", "libs3-house").stdout
    listed = libs3("list", "libs3-house").stdout
    assert "large" in listed and "copy" in listed
    for key in ("large", "copy"):
        libs3("delete", f"libs3-house/{key}")
    libs3("delete", "libs3-house")
    assert "libs3-house" not in libs3("list").stdout
    tap.expect_no_retries()


def test_a_space_that_libs3_sends_as_a_plus_is_a_space(onput, libs3, tap, tmp_path):
    (tmp_path / "in").write_bytes(b"spaced")
    libs3("create", "libs3-spaces")
    libs3("put", "libs3-spaces/a b+c", f"filename={tmp_path / 'in'}")
    assert "/libs3-spaces/a+b%2Bc" in [each.target for each in tap.exchanges]
    assert onput.keys("libs3-spaces") == ["a b+c"]
    tap.expect_no_retries()


def test_git_annex_copies_drops_gets_and_checks(onput, tap, tmp_path):
    house = tmp_path / "house"
    files = make_tree(tmp_path / "tree")

    def git(*words):
        return run_client(onput, "env", f"HOME={tmp_path}", "git", "-c", "user.name=a", "-c", "user.email=a@b",
                          "-C", house, *words).stdout
    program("git-annex")
    house.mkdir()
    git("init", "-q")
    git("annex", "init", "here")
    git("config", "annex.security.allowed-ip-addresses", "all")
    git("config", "annex.retry", "0")
    shutil.copytree(files, house / "tree")
    git("annex", "add", ".")
    git("commit", "-qm", "all of it")
    # It signs "host: localhost" by V4 and sends the port all the same, so by V2, which is its own default.
    git("annex", "initremote", "bucket", "type=S3", "encryption=none", "bucket=annex-house", "host=localhost",
        f"port={tap.port}", "protocol=http", "requeststyle=path", "partsize=6MiB")
    git("annex", "copy", "--to", "bucket")
    git("annex", "drop", ".")
    assert not os.path.exists(house / "tree" / "large.bin")
    git("annex", "fsck", "--from", "bucket")
    git("annex", "get", ".")
    for name in files_of(files):
        assert (house / "tree" / name).read_bytes() == (files / name).read_bytes(), name
    git("annex", "drop", "--force", "--from", "bucket", "tree/large.bin")
    assert any("uploadId=" in each.target for each in tap.expect_no_retries())


def make_image(folder):
    """An image of one layer in OCI's layout: {digest: bytes} and the manifest."""
    folder.mkdir()
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        archive.add(make_tree(folder / "tree"), "tree")
    packed = gzip.compress(layer.getvalue(), 1)
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {
        "type": "layers", "diff_ids": [digest_of(layer.getvalue())]}}).encode()
    blobs = {digest_of(blob): blob for blob in (packed, config)}
    kind = "application/vnd.docker."
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": f"{kind}distribution.manifest.v2+json",
        "config": {"mediaType": f"{kind}container.image.v1+json", "size": len(config), "digest": digest_of(config)},
        "layers": [{"mediaType": f"{kind}image.rootfs.diff.tar.gzip", "size": len(packed),
                    "digest": digest_of(packed)}]}).encode()
    return blobs, manifest


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry:
    """docker-registry's HTTP API, as `docker push` and `docker pull` use it."""
    MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"

    def __init__(self, port, name):
        self.base = f"http://127.0.0.1:{port}/v2/"
        self.name = name

    def ask(self, method, target, body=None, **headers):
        url = target if target.startswith("http") else f"{self.base}{self.name}/{target}"
        request = urllib.request.Request(url, data=body, method=method,
                                         headers={name.replace("_", "-"): value for name, value in headers.items()})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers, answer.read()

    def push_blob(self, digest, blob, piece_bytes):
        headers, _ = self.ask("POST", "blobs/uploads/", b"")
        for at in range(0, len(blob), piece_bytes):
            piece = blob[at:at + piece_bytes]
            headers, _ = self.ask("PATCH", headers["Location"], piece, Content_Type="application/octet-stream",
                                  Content_Range=f"{at}-{at + len(piece) - 1}")
        where = headers["Location"]
        self.ask("PUT", f"{where}{'&' if '?' in where else '?'}digest={digest}", b"")

    def is_open(self):
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", int(self.base.split(":")[2].split("/")[0])), 1):
                return True
        return False


def test_an_image_is_pushed_to_a_registry_and_pulled_from_it(onput, tap, tmp_path):
    onput.s3.create_bucket(Bucket="registry")
    port = free_port()
    (tmp_path / "config.yml").write_text(f"""
version: 0.1
storage:
  s3: {{accesskey: test, secretkey: test, region: us-east-1, regionendpoint: "{tap.url}", bucket: registry,
       secure: false, v4auth: true, chunksize: 5242880, multipartcopythresholdsize: 6291456,
       multipartcopychunksize: 5242880}}
  delete: {{enabled: true}}
  redirect: {{disable: true}}
http: {{addr: "127.0.0.1:{port}"}}
""")
    blobs, manifest = make_image(tmp_path / "image")
    registry = Registry(port, "house/image")
    environment = {name: value for name, value in pointed_at(onput).items() if name != "AWS_CA_BUNDLE"}
    with running(program("docker-registry"), "serve", tmp_path / "config.yml", log=tmp_path / "registry.log",
                 **environment):
        wait_until(registry.is_open, 20, f"docker-registry; see {tmp_path}/registry.log")
        for digest, blob in blobs.items():
            registry.push_blob(digest, blob, piece_bytes=7 * MIB)
        registry.ask("PUT", "manifests/1", manifest, Content_Type=registry.MANIFEST)
        assert registry.ask("GET", "manifests/1", Accept=registry.MANIFEST)[1] == manifest
        for digest, blob in blobs.items():
            assert registry.ask("GET", f"blobs/{digest}")[1] == blob
        assert json.loads(registry.ask("GET", "tags/list")[1])["tags"] == ["1"]
        registry.ask("DELETE", f"manifests/{digest_of(manifest)}")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            registry.ask("GET", "manifests/1", Accept=registry.MANIFEST)
    # It saves the state of a digest at the end of a piece and, the same, at the beginning of the next.
    tap.expect_no_retries(repeated=["PUT /registry/docker/registry/v2/repositories/house/image/_uploads/"])


def test_a_tree_lives_in_a_bucket_that_s3fs_mounts(onput, tap, tmp_path):
    if not os.path.exists("/dev/fuse") or os.getuid() != 0:
        pytest.skip("s3fs needs /dev/fuse and root")
    onput.s3.create_bucket(Bucket="mounted")
    tree, mount = make_tree(tmp_path / "tree"), tmp_path / "mount"
    mount.mkdir()
    (tmp_path / "keys").write_text("test:test")
    (tmp_path / "keys").chmod(0o600)
    options = f"passwd_file={tmp_path / 'keys'},url={tap.url},use_path_request_style,multipart_size=5,retries=1"
    with running(program("s3fs"), "mounted", mount, "-f", "-o", options, log=tmp_path / "s3fs.log",
                 PATH=os.environ["PATH"]):
        wait_until(lambda: os.path.ismount(mount), 20, f"the mount; see {tmp_path}/s3fs.log")
        try:
            shutil.copytree(tree, mount / "tree")
            expect_equal_trees(tree, mount / "tree")
            os.rename(mount / "tree" / "large.bin", mount / "larger.bin")
            assert (mount / "larger.bin").read_bytes() == (tree / "large.bin").read_bytes()
            with open(mount / "larger.bin", "ab") as file:
                file.write(b"and more")
            os.rename(mount / "tree" / "odd names", mount / "renamed")
            shutil.rmtree(mount / "tree")
            assert sorted(os.listdir(mount)) == ["larger.bin", "renamed"]
        finally:
            subprocess.run([program("fusermount3"), "-u", mount], check=True, timeout=20)
    body = onput.s3.get_object(Bucket="mounted", Key="larger.bin")["Body"].read()
    assert body == (tree / "large.bin").read_bytes() + b"and more"
    assert sorted(onput.keys("mounted", "renamed/"))[1:] == sorted(
        f"renamed/{name}" for name in files_of(tree / "odd names"))
    tap.expect_no_retries()
