"""What a worker of speech makes, once and whole, when an answer of storage is lost after the work was done."""
import contextlib
import subprocess
import tomllib

import pytest

from harness.instance import BIN
from harness.lost_answers import LostAnswers
from harness.waiting import wait_until

# Small parts of both: a few sentences are a book, and a long task.
OPTIONS = ["--part-length", "300", "--characters-per-second", "1", "--voices-dir", "none"]
TEXT = "\n\n".join(f"Sentence {number} tells of the clocks of the town, and of their keeper." for number in range(24))
TASK = {"VoiceId": "Amy", "Engine": "standard", "OutputFormat": "mp3"}


@pytest.fixture
def bare(own_onput):
    """An instance without workers of speech, and with versions of what they make."""
    onput = own_onput(tts=0)
    onput.s3.put_bucket_versioning(Bucket="outbox", VersioningConfiguration={"Status": "Enabled"})
    return onput


@contextlib.contextmanager
def worker_behind(onput, folder, method):
    """A worker of speech whose first answer to `method` is lost. Yields what stands between."""
    told = tomllib.loads((onput.data / "instance.toml").read_text())
    with LostAnswers(told["storage_endpoint"], method) as between:
        process = subprocess.Popen(
            [BIN / "onput-tts", "--storage-endpoint", between.endpoint, "--queue-lane-endpoint", told["lane_endpoint"],
             "--lane-bind", f"ipc://{told['socket_directory']}/lane-{{id}}.sock", "--work-directory", folder, *OPTIONS],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield between
        finally:
            process.terminate()
            process.wait(30)


def versions_of(onput):
    return [found["Key"] for found in onput.s3.list_object_versions(Bucket="outbox").get("Versions", [])]


def unfinished_uploads(onput):
    return onput.s3.list_multipart_uploads(Bucket="outbox").get("Uploads", [])


@pytest.mark.parametrize("method", ["storage.create_upload", "storage.open_write", "storage.finish_write",
                                    "storage.complete_upload"])
def test_a_long_task_ends_well(bare, tmp_path, method):
    with worker_behind(bare, tmp_path, method) as between:
        polly = bare.client("polly")
        task = polly.start_speech_synthesis_task(Text=TEXT, OutputS3BucketName="outbox", **TASK)["SynthesisTask"]

        def ended():
            found = polly.get_speech_synthesis_task(TaskId=task["TaskId"])["SynthesisTask"]
            return found if found["TaskStatus"] in ("completed", "failed") else None
        found = wait_until(ended, 90, "the task to end")
        assert (found["TaskStatus"], found.get("TaskStatusReason")) == ("completed", None)
        assert between.lost == 1
    assert versions_of(bare) == [task["OutputUri"].rpartition("/")[2]]
    assert unfinished_uploads(bare) == []


@pytest.mark.parametrize("method", ["storage.create_upload", "storage.put_object", "storage.complete_upload"])
def test_a_book_ends_well(bare, tmp_path, method):
    with worker_behind(bare, tmp_path, method) as between:
        bare.s3.put_object(Bucket="inbox", Key="book.txt", Body=TEXT.encode())
        told = bare.run("trace", "--wait", "90", "s3://inbox/book.txt", deadline_s=120).stdout
        assert "succeeded" in told and "dead-lettered" not in told, told
        assert between.lost == 1
    assert versions_of(bare) == ["book.mp3"]
    assert unfinished_uploads(bare) == []
