"""Data folders that are no running instance of ours: stopped, copied, gone, another user's, or with keys that
cannot be read; each command says which, and what to do."""
import os
import pwd
import shutil
import subprocess

import pytest

from harness.instance import BIN, ROOT, clean_environment, run_onput


def test_dev_reads_its_pipelines_before_it_starts_anything(tmp_path):
    done = run_onput("--data", tmp_path / "data", "dev", "--port", "0", "--pipeline", "/absent.toml", expect=3)
    assert "/absent.toml" in done.stderr and not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [("tail", "--no-follow"), ("trace", "s3://inbox/a"), ("failures",), ("status",)],
                         ids=" ".join)
def test_a_stopped_instance_is_named_with_the_command_that_starts_it(own_onput, words):
    stopped = own_onput()
    stopped.stop()
    done = stopped.run(*words, expect=7)
    assert f"the instance in {stopped.data} is stopped; start it with 'onput dev --data {stopped.data}'" in done.stderr


def test_a_copy_of_an_instances_folder_is_named_as_that(onput, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(onput.data / "instance.toml", copy)
    for words in [("status",), ("env",), ("tail",), ("dev", "--port", "0"),
                  ("pipeline", "apply", ROOT / "deploy/pipelines/speech.toml")]:
        done = run_onput("--data", copy, *words, expect=5)
        assert f"{copy} is a copy of the instance in {onput.data}" in done.stderr
    run_onput("--data", copy, "healthcheck", expect=1)


def test_a_health_check_needs_no_keys(tmp_path):
    (tmp_path / "instance.toml").write_text(f'url = "http://gateway:4566"\nkeys_file = "{tmp_path / "none"}"\n')
    done = run_onput("--data", tmp_path, "healthcheck", expect=1)
    assert "127.0.0.1:9100" in done.stderr and "keys" not in done.stderr, done.stderr


def test_a_working_directory_that_is_gone_is_no_crash(tmp_path):
    script = f'mkdir gone && cd gone && rmdir ../gone && {BIN}/onput status'
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env=clean_environment(), check=False)
    assert done.returncode == 3 and "no Onput was ever started" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("words", [("failures",), ("status",), ("env",), ("fsck",), ("dev", "--port", "0")],
                         ids=lambda words: words[0])
def test_an_instance_of_another_user_is_named_with_the_user(own_onput, words):
    owned = own_onput()
    owner = pwd.getpwuid((owned.data / "instance.toml").stat().st_uid).pw_name
    nobody = pwd.getpwnam("nobody")
    owned.data.chmod(0o700)
    done = subprocess.run([str(BIN / "onput"), "--data", str(owned.data), *words], capture_output=True,
                          text=True, timeout=60, env=clean_environment(), check=False,
                          user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    assert done.returncode == 4
    assert "run the command as that user" in done.stderr
    assert f"user {owner}" in done.stderr or "another user" in done.stderr
