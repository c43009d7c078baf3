"""A full disk, slow clients, large bodies: what is refused says so, and nobody else notices.

ONPUT_LARGE_MB (300) is the size of the large body.
"""
import concurrent.futures
import hashlib
import http.client
import os
import pathlib
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.waiting import wait_until
from harness.wire import Wire, read_answer

MIB = 1024 * 1024
# Each store preallocates its log, some 75 MiB; storage leaves 256 MiB alone.
DISK_MIB = 560
LARGE_BYTES = int(os.environ.get("ONPUT_LARGE_MB", 300)) * MIB
RESIDENT_GROWTH_MAX = 96 * MIB


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, with some 70 MiB for uploads."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "onput", place],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"A FULL DISK IS NOT TESTED: cannot mount a tmpfs: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def put_code(onput, key, size):
    """0 when an upload is taken, else the status it is refused with."""
    s3 = onput.client("s3", retries={"total_max_attempts": 1})
    try:
        s3.put_object(Bucket="outbox", Key=key, Body=b"x" * size)
        return 0, ""
    except botocore.exceptions.ClientError as error:
        return (error.response["ResponseMetadata"]["HTTPStatusCode"],
                error.response["Error"]["Code"])


def test_a_full_disk_refuses_uploads_and_serves_reads_until_there_is_room_again(small_disk):
    # Segments as small as the disk.
    with Onput(small_disk, environment={"ONPUT_STORAGE_SEGMENT_BYTES": str(4 * MIB)}) as onput:
        onput.s3.put_object(Bucket="outbox", Key="first", Body=b"first")
        filled = []

        def is_full():
            # What a refused upload had written is removed a moment later, and makes room for another.
            while put_code(onput, f"fill-{len(filled)}", 8 * MIB) == (0, ""):
                filled.append(f"fill-{len(filled)}")
                assert len(filled) < DISK_MIB / 8
            return put_code(onput, "small", 10) == (507, "InsufficientStorage")

        wait_until(lambda: is_full() and put_code(onput, "refused", 8 * MIB) == (507, "InsufficientStorage"), 30,
                   "small and large uploads to be refused")
        assert len(filled) >= 5
        assert onput.s3.get_object(Bucket="outbox", Key="first")["Body"].read() == b"first"
        assert set(onput.keys("outbox")) - {"small", "refused"} == {"first", *filled}
        assert len(onput.s3.get_object(Bucket="outbox", Key=filled[0])["Body"].read()) == 8 * MIB
        for key in [*filled, "refused"]:
            onput.s3.delete_object(Bucket="outbox", Key=key)
        wait_until(lambda: put_code(onput, "again", 8 * MIB) == (0, ""), 30,
                   "uploads to be taken again")
        onput.s3.put_object(Bucket="inbox", Key="room.txt", Body=b"There is room again.")
        assert onput.wait_for_object("outbox", "room.mp3")
        assert len(onput.pids()) == 7 and "restarts=1" not in (small_disk / "dev.log").read_text()


class SlowReader:
    """Fetches an object at about one kilobyte a second, until closed."""

    def __init__(self, onput, target):
        wire = Wire(onput)
        self.connection = wire.connect()
        self.connection.setsockopt(1, 8, 4096)  # SO_RCVBUF: the kernel must not do the reading.
        self.connection.sendall(wire.head_bytes("GET", target, 0))
        self.end = threading.Event()
        self.bytes = 0
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        while not self.end.wait(0.1):
            self.bytes += len(self.connection.recv(100))

    def close(self):
        self.end.set()
        self.thread.join()
        self.connection.close()


class SlowWriter(SlowReader):
    """Uploads as slowly."""

    def __init__(self, onput, target):
        wire = Wire(onput)
        self.connection = wire.connect()
        self.connection.sendall(wire.head_bytes("PUT", target, 50 * MIB))
        self.end = threading.Event()
        self.bytes = 0
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        while not self.end.wait(0.1):
            self.connection.sendall(b"x" * 100)
            self.bytes += 100


def test_slow_clients_do_not_disturb_others(onput):
    onput.s3.put_object(Bucket="outbox", Key="large", Body=b"x" * 50 * MIB)
    before = {s: onput.resident_bytes(s) for s in ("gateway", "storage")}
    slow = [kind(onput, f"/outbox/{name}") for kind, name in
            [(SlowReader, "large"), (SlowWriter, "slow")] * 10]
    try:
        wait_until(lambda: all(client.bytes > 1000 for client in slow), 30, "slow clients to be served")
        begun = time.monotonic()
        for i in range(100):
            onput.s3.put_object(Bucket="outbox", Key=f"quick-{i}", Body=b"x" * 20_000)
            assert onput.s3.get_object(Bucket="outbox", Key=f"quick-{i}")["Body"].read()
        assert time.monotonic() - begun < 20
        for service, bytes_before in before.items():
            assert onput.resident_bytes(service) - bytes_before < RESIDENT_GROWTH_MAX, service
    finally:
        for client in slow:
            client.close()
    assert "slow" not in onput.keys("outbox", "slow")


# A sixteenth of the real time-out, and sixteen times the rates of clients that were cut once: 12 and
# 25 kB/s. An upload's pieces wait 10 s: a session must live longer, and at this rate a full piece of
# a MiB would take longer than it lives.
STALL_S, DOWN = 30 / 16, (12_000 * 16, 25_000 * 16)
WRITE_IDLE_S, UP, UP_S = 14, 40_000, 18


def take_slowly(onput, target, bytes_per_second, seconds):
    """How much of the object came when it was read at this rate for so long, then at once."""
    wire = Wire(onput)
    with wire.connect() as connection:
        connection.sendall(wire.head_bytes("GET", target, 0))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
        received, begun = 0, time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            if received < bytes_per_second * passed:
                received += len(answer.read(4096))
            else:
                time.sleep(0.01)
        return received + len(answer.read())


def give_slowly(onput, target, size, bytes_per_second, seconds):
    """The status of an upload that was sent at this rate for so long, then at once."""
    wire = Wire(onput)
    with wire.connect() as connection:
        connection.sendall(wire.head_bytes("PUT", target, size))
        sent, begun = 0, time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            if sent < bytes_per_second * passed:
                connection.sendall(b"x" * 1024)
                sent += 1024
            else:
                time.sleep(0.01)
        connection.sendall(b"x" * (size - sent))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status


def test_clients_that_are_slow_but_go_on_are_served_to_the_end(own_onput):
    onput = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"], environment={
        "ONPUT_GATEWAY_CLIENT_STALL_TIMEOUT_MS": str(int(STALL_S * 1000)),
        "ONPUT_STORAGE_WRITE_IDLE_TIMEOUT_MS": str(int(WRITE_IDLE_S * 1000))})
    onput.s3.create_bucket(Bucket="outbox")
    size = 24 * MIB
    onput.s3.put_object(Bucket="outbox", Key="large", Body=b"x" * size)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        down = [pool.submit(take_slowly, onput, "/outbox/large", rate, 4 * STALL_S)
                for rate in DOWN]
        up = pool.submit(give_slowly, onput, "/outbox/slow", 3 * MIB, UP, UP_S)
        assert [one.result() for one in down] == [size, size]
        assert up.result() == 200
    assert onput.s3.head_object(Bucket="outbox", Key="slow")["ContentLength"] == 3 * MIB


class Watch:
    """The most memory that a service took while watched."""

    def __init__(self, onput, *services):
        self.onput = onput
        self.before = {s: onput.resident_bytes(s) for s in services}
        self.most = dict(self.before)
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        while not self.end.wait(0.05):
            for service in self.most:
                self.most[service] = max(self.most[service], self.onput.resident_bytes(service))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.end.set()
        self.thread.join()

    @property
    def growth(self):
        return {s: self.most[s] - self.before[s] for s in self.most}


def test_memory_stays_flat_while_a_large_body_comes_and_goes(onput):
    wire = Wire(onput)
    piece = os.urandom(MIB)
    digest = hashlib.md5()
    with Watch(onput, "gateway", "storage") as watch:
        with wire.connect() as connection:
            connection.sendall(wire.head_bytes("PUT", "/outbox/huge", LARGE_BYTES))
            for _ in range(LARGE_BYTES // MIB):
                connection.sendall(piece)
                digest.update(piece)
            answer = read_answer(connection)
        assert answer.status == 200 and answer.headers["etag"] == f'"{digest.hexdigest()}"'
        got = hashlib.md5()
        for chunk in onput.s3.get_object(Bucket="outbox", Key="huge")["Body"].iter_chunks(MIB):
            got.update(chunk)
        assert got.digest() == digest.digest()
    assert max(watch.growth.values()) < RESIDENT_GROWTH_MAX, watch.growth
    onput.s3.delete_object(Bucket="outbox", Key="huge")


def test_an_upload_that_stands_still_is_ended_and_leaves_nothing(onput):
    wire = Wire(onput)
    with wire.connect(deadline_s=90) as connection:
        connection.sendall(wire.head_bytes("PUT", "/outbox/still", 5 * MIB) + b"x" * MIB)
        answer = read_answer(connection)
    assert answer is None or (answer.status, answer.error_code) == (400, "RequestTimeout")
    assert "still" not in onput.keys("outbox", "still")


def test_two_hundred_idle_connections_leave_room_for_others(onput):
    wire = Wire(onput)
    idle = [wire.connect() for _ in range(200)]
    try:
        assert wire.send("GET", "/").status == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_removed_large_object_gives_its_room_back(onput):
    blobs = pathlib.Path(onput.data) / "storage" / "blobs"

    def taken():
        return sum(p.stat().st_blocks * 512 for p in blobs.rglob("*") if p.is_file())
    before = taken()
    onput.s3.put_object(Bucket="outbox", Key="room", Body=b"x" * 8 * MIB)
    assert taken() >= before + 8 * MIB
    onput.s3.delete_object(Bucket="outbox", Key="room")
    wait_until(lambda: taken() <= before, 20, "the room to come back")
