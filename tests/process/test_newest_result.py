"""Long texts and short ones: the newest upload's result stays, whoever ends last; short ones do not wait for long."""
import pathlib

from harness.instance import Onput
from harness.waiting import wait_until

LONG = b"The house stood at the end of a long road and nobody had lived in it for years. " * 1500
SHORT = b"good morning"


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_speaking(onput):
    """Some worker's zygote has a child, which is its job."""
    return any(children(zygote) for worker in onput.pids("tts") for zygote in children(worker))


def trace_of(onput):
    shown = onput.run("trace", "s3://inbox/a.txt").stdout.split()
    return shown[shown.index("trace") + 1]


def test_the_result_of_the_newest_upload_stays(tmp_path):
    with Onput(tmp_path, tts=2) as onput:
        onput.s3.put_object(Bucket="inbox", Key="a.txt", Body=LONG)
        long_one = trace_of(onput)
        wait_until(lambda: is_speaking(onput), 20, "the long text is spoken")
        onput.s3.put_object(Bucket="inbox", Key="a.txt", Body=SHORT)
        newest = onput.wait_for_object("outbox", "a.mp3")
        assert is_speaking(onput), "the long text was done too soon to prove anything"
        story = onput.run("trace", "--wait", "120", long_one).stdout
        assert "replaced by a newer upload" in story
        assert onput.wait_for_object("outbox", "a.mp3") == newest


def test_short_texts_behind_a_long_one_are_spoken_before_it(tmp_path):
    names = [f"short-{number}" for number in range(40)]
    with Onput(tmp_path, tts=1) as onput:
        onput.s3.put_object(Bucket="inbox", Key="long.txt", Body=LONG * 4)
        wait_until(lambda: is_speaking(onput), 20, "the long text is spoken")
        for name in names:
            onput.s3.put_object(Bucket="inbox", Key=f"{name}.txt", Body=SHORT)
        for name in names:
            onput.wait_for_object("outbox", f"{name}.mp3", 120)
        assert sorted(onput.keys("outbox")) == sorted(f"{name}.mp3" for name in names)
        assert is_speaking(onput), "the long text was done too soon to prove anything"
