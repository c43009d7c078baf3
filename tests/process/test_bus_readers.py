"""What readers of the bus can make the notifier hold; and that the others miss nothing meanwhile."""

import tomllib

import pytest
import zmq

from harness.waiting import wait_until
from harness.watched import Watched

MIB = 1024 * 1024
GREEDY = 200_000
SUBSCRIPTIONS_MAX = 10_000  # Of all readers.
# libzmq's tree at the limits is below 64 MiB; the allocator keeps some of what was freed.
MARGIN = 96 * MIB
UPLOADS = 300


@pytest.fixture
def watched(tmp_path):
    instance = Watched(tmp_path / "watched")
    with instance.onput:
        yield instance


class Reader:
    """Every message of the bus, as a SUB of its own sees it."""

    def __init__(self, context, endpoint):
        self.socket = context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, 10_000)
        self.socket.subscribe(b"")
        self.socket.connect(endpoint)
        self.socket.recv_multipart()  # A heartbeat: it is there.

    def keys(self, count):
        """The keys of the next `count` uploads."""
        found = []
        while len(found) < count:
            topic = self.socket.recv_multipart()[0].decode()
            if topic.startswith("s3.ObjectCreated.Put/outbox/"):
                found.append(topic.rsplit("/", 1)[1])
        return found


def bus_of(onput):
    return tomllib.loads((onput.data / "instance.toml").read_text())["bus_endpoint"]


def subscribe_greedily(context, endpoint, count=GREEDY):
    greedy = context.socket(zmq.SUB)
    greedy.setsockopt(zmq.SNDHWM, 0)
    greedy.connect(endpoint)
    for i in range(count):
        greedy.subscribe(f"{i:06}/{'x' * 200}".encode())
    return greedy


def peak_while(watched, sockets, condition, what):
    """The most resident memory of the notifier until `condition` is true."""
    peak = 0

    def look():
        nonlocal peak
        for socket in sockets:
            socket.poll(0)  # libzmq repeats subscriptions to a new connection in such calls.
        peak = max(peak, watched.onput.resident_bytes("notifier"))
        return condition()
    wait_until(look, 60, what)
    return peak


def test_a_reader_with_many_subscriptions_is_cut_and_the_others_get_every_event(watched):
    onput = watched.onput
    endpoint = bus_of(onput)
    before = onput.resident_bytes("notifier")
    readers = watched.metrics("notifier")["onput_bus_subscriptions"]  # Of the instance itself.
    with zmq.Context() as context:
        reader = Reader(context, endpoint)
        greedy = subscribe_greedily(context, endpoint)
        for i in range(UPLOADS):
            onput.s3.put_object(Bucket="outbox", Key=f"{i:03}", Body=b"x")
        # It connects again and again, each time with all of them.
        peak = peak_while(watched, [greedy],
                          lambda: watched.metrics("notifier")["onput_bus_readers_cut_total"] >= 10,
                          "the greedy reader cut ten times")
        assert reader.keys(UPLOADS) == [f"{i:03}" for i in range(UPLOADS)]
        assert peak - before < MARGIN
        greedy.close(0)
        watched.wait_for_metric("notifier", "onput_bus_subscriptions", readers + 1)
        reader.socket.close(0)


def test_many_readers_together_stay_below_the_limit_and_who_has_one_keeps_it(watched):
    onput = watched.onput
    endpoint = bus_of(onput)
    before = onput.resident_bytes("notifier")
    with zmq.Context() as context:
        reader = Reader(context, endpoint)
        many = [subscribe_greedily(context, endpoint, 300) for _ in range(60)]
        peak = peak_while(watched, many,
                          lambda: watched.metrics("notifier")["onput_bus_readers_cut_total"] >= 20,
                          "readers cut for what all have")
        assert watched.metrics("notifier")["onput_bus_subscriptions"] <= SUBSCRIPTIONS_MAX
        for i in range(20):
            onput.s3.put_object(Bucket="outbox", Key=f"{i:03}", Body=b"x")
        assert reader.keys(20) == [f"{i:03}" for i in range(20)]
        assert peak - before < MARGIN
        for socket in [*many, reader.socket]:
            socket.close(0)
