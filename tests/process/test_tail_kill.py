"""kill -9 of the notifier while tails follow: neither misses an upload, whatever it follows over.

ONPUT_TAIL_ROUNDS (5) kills.
"""
import json
import os
import subprocess

from harness.instance import BIN, clean_environment
from harness.waiting import wait_until

ROUNDS = int(os.environ.get("ONPUT_TAIL_ROUNDS", 5))
UPLOADS = 4  # In each round, two before the kill and two after it.
DEADLINE_S = 60


class Follower:
    def __init__(self, onput, path, *words):
        self.path = path
        self.command = [BIN / "onput", "--data", onput.data, "tail", "-b", "quiet", "-o", "jsonl",
                        *words]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=open(self.path, "ab"),
                                        stderr=subprocess.DEVNULL, env=clean_environment())

    def lines(self):
        return [json.loads(line) for line in self.path.read_bytes().split(b"\n")[:-1]]

    def keys(self):
        return [line["event"]["key"] for line in self.lines()]

    def kill(self):
        self.process.kill()
        self.process.wait()


def test_the_tail_misses_nothing_when_the_notifier_is_killed(own_onput, tmp_path):
    onput = own_onput()
    onput.s3.create_bucket(Bucket="quiet")
    steady = Follower(onput, tmp_path / "steady", "--from-seq", "1", "--fail-on-gap")
    durable = Follower(onput, tmp_path / "durable", "--from-seq", "1", "--durable", "d")
    expected = []
    try:
        for number in range(ROUNDS):
            for i in range(UPLOADS):
                key = f"{number}-{i}"
                onput.s3.put_object(Bucket="quiet", Key=key, Body=b"x")
                expected.append(key)
                if i + 1 == UPLOADS // 2:
                    assert onput.kill("notifier")
                    durable.kill()
                    durable.start()
            wait_until(lambda: len(steady.keys()) >= len(expected), DEADLINE_S,
                       f"round {number} in the tail")
        wait_until(lambda: set(expected) <= set(durable.keys()), DEADLINE_S, "the durable tail")
    finally:
        for follower in (steady, durable):
            follower.kill()
    assert steady.keys() == expected
    # What was shown and not yet kept when it was killed comes again; order stays.
    shown = durable.keys()
    first = sorted(set(shown), key=shown.index)
    assert first == expected
