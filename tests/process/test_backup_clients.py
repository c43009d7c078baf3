"""Backup programs, unmodified: a repository is made, filled twice, checked, pruned, and restored to the byte."""
import os

from harness.clients import run_client
from harness.tree import expect_equal_trees, files_of, program


def change(tree):
    """What happens to files between two backups."""
    (tree / "large.bin").write_bytes(os.urandom(9 * 1024 * 1024))
    (tree / "new").write_text("new")
    (tree / files_of(tree)[0]).unlink()


def test_restic_backs_up_checks_prunes_and_restores(onput, tap, tree, tmp_path):
    def restic(*words):
        return run_client(onput, "env", "RESTIC_PASSWORD=secret", program("restic"), "--repo",
                          f"s3:{tap.url}/restic/house", "--cache-dir", tmp_path / "cache", *words).stdout
    restic("init")
    restic("backup", tree)
    change(tree)
    restic("backup", tree)
    assert "no errors were found" in restic("check", "--read-data")
    restic("forget", "--keep-last", "1", "--prune")
    assert "no errors were found" in restic("check")
    restic("restore", "latest", "--target", tmp_path / "back")
    expect_equal_trees(tree, tmp_path / "back" / tree.relative_to("/"))
    assert restic("list", "locks") == ""
    tap.expect_no_retries()


def test_duplicity_backs_up_verifies_and_restores(onput, tap, tree, tmp_path):
    onput.s3.create_bucket(Bucket="duplicity")
    words = ["env", "PASSPHRASE=secret", f"HOME={tmp_path}", program("duplicity"), "--archive-dir",
             tmp_path / "archive", "--s3-endpoint-url", tap.url, "--volsize", "10", "--no-encryption",
             "--s3-multipart-chunk-size", "5"]
    place = "boto3+s3://duplicity/house"
    run_client(onput, *words, tree, place)
    change(tree)
    run_client(onput, *words, tree, place)
    run_client(onput, *words[:4], "verify", *words[4:], "--compare-data", place, tree)
    run_client(onput, *words[:4], "restore", *words[4:], place, tmp_path / "back")
    expect_equal_trees(tree, tmp_path / "back")
    run_client(onput, *words[:4], "remove-all-but-n-full", "1", *words[4:], "--force", place)
    assert any("uploadId=" in each.target for each in tap.expect_no_retries())
