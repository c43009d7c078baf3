"""The key that `onput dev` makes for objects that are to be encrypted: its file, its use, and what a backup needs."""
import os
import shutil
import stat

import botocore.exceptions
import pytest

from harness.instance import Onput, run_onput

ARGUMENTS = ["--no-pipeline", "--image", "0"]
SEALED = {"ServerSideEncryption": "AES256"}


def read(s3, key):
    return s3.get_object(Bucket="vault", Key=key)["Body"].read()


def test_what_is_to_be_encrypted_is_and_opens_after_a_restore_with_the_key(tmp_path):
    with Onput(tmp_path / "first", tts=0, arguments=ARGUMENTS) as first:
        keys = first.data / "master.keys"
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        first.s3.create_bucket(Bucket="vault")
        body = os.urandom(100_000)
        assert first.s3.put_object(Bucket="vault", Key="sealed", Body=body, **SEALED)["ServerSideEncryption"] == "AES256"
        assert "ServerSideEncryption" not in first.s3.put_object(Bucket="vault", Key="open", Body=b"open")
        # The bucket may want it of all.
        first.s3.create_bucket(Bucket="sealing")
        first.s3.put_bucket_encryption(Bucket="sealing", ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
        assert first.s3.put_object(Bucket="sealing", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
        first.stop()
        text = keys.read_text()
        first.start()
        assert keys.read_text() == text and read(first.s3, "sealed") == body
        told = first.run("backup", tmp_path / "backup").stderr
        assert str(keys) in told and "keep a copy" in told
        assert text.split(":")[1].strip() not in (first.data / "log/storage.log").read_text()
    assert not list((tmp_path / "backup").rglob("master.keys"))
    second = Onput(tmp_path / "second", tts=0, arguments=ARGUMENTS)
    run_onput("--data", second.data, "restore", tmp_path / "backup")
    # Without the key what it has sealed is refused by the key's name, and the rest is there.
    with second:
        assert read(second.s3, "open") == b"open"
        with pytest.raises(botocore.exceptions.ClientError):
            read(second.s3, "sealed")
    shutil.copy(keys, second.data / "master.keys")
    with second:
        assert read(second.s3, "sealed") == body
