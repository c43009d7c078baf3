"""What a worker makes, once and whole, when an answer of storage is lost after what it asked for was done."""
import contextlib
import subprocess
import tomllib

import pytest

from harness.instance import BIN, clean_environment
from harness.lost_answers import LostAnswers
from harness.photos import Studio, made_of
from harness.pictures import photo
from harness.waiting import wait_until

# Small parts of both: a few sentences are a book, and a long task.
SPEECH = ["--part-length", "300", "--characters-per-second", "1", "--voices-dir", "none"]
TEXT = "\n\n".join(f"Sentence {number} tells of the clocks of the town, and of their keeper." for number in range(24))
TASK = {"VoiceId": "Amy", "Engine": "standard", "OutputFormat": "mp3"}


@pytest.fixture
def bare(tmp_path):
    """An instance without workers of speech and of photos, and with versions of what they make."""
    with Studio(tmp_path / "studio", image=0) as onput:
        onput.s3.put_bucket_versioning(Bucket="outbox", VersioningConfiguration={"Status": "Enabled"})
        yield onput


@contextlib.contextmanager
def worker_behind(onput, folder, method, program="onput-tts", options=SPEECH):
    """A worker whose first answer to `method` is lost. Yields what stands between."""
    told = tomllib.loads((onput.data / "instance.toml").read_text())
    with LostAnswers(told["storage_endpoint"], method) as between:
        process = subprocess.Popen(
            [BIN / program, "--storage-endpoint", between.endpoint, "--queue-lane-endpoint", told["lane_endpoint"],
             "--lane-bind", f"ipc://{told['socket_directory']}/lane-{{id}}.sock", "--work-directory", folder, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        try:
            yield between
        finally:
            process.kill()
            process.wait()


def versions_of(onput):
    return sorted(found["Key"] for found in onput.s3.list_object_versions(Bucket="outbox").get("Versions", []))


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


@pytest.mark.parametrize("method", ["storage.get_object", "storage.put_object"])
def test_a_photo_ends_well(bare, tmp_path, method):
    with worker_behind(bare, tmp_path, method, "onput-image", []) as between:
        bare.upload("cat.jpg", photo("branches.jpg"))
        bare.success_of("cat.jpg")
        assert between.lost == 1
    assert versions_of(bare) == sorted(made_of("cat.jpg"))


@pytest.mark.parametrize("method", ["storage.put_object", "storage.delete_object"])
def test_what_is_no_photo_ends_in_quarantine(bare, tmp_path, method):
    with worker_behind(bare, tmp_path, method, "onput-image", []) as between:
        bare.upload("cat.jpg", b"no photo")
        assert "no image does" in bare.failure_of("cat.jpg")["message"]
        assert between.lost == 1
    assert "Contents" not in bare.s3.list_objects_v2(Bucket="inbox")
    assert versions_of(bare) == ["quarantine/cat.jpg"]
