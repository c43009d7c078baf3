"""AWS's SDK for JavaScript, version 3: streams through lib-storage, the presigner, waiters (tests/clients/s3_v3.js)."""
from harness.node import run_node
from harness.recorder import Recorder


def test_the_javascript_sdk_asks_for_nothing_twice(onput):
    with Recorder(onput) as wire:
        run_node("s3_v3.js", wire.url, "from-javascript")
        wire.expect_no_retries()
    assert not onput.s3.list_buckets(Prefix="from-javascript")["Buckets"]
