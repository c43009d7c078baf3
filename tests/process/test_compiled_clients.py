"""AWS's SDKs for Go and Java, version 2, with their transfer managers: tests/clients/go and tests/clients/java."""
import pytest

from harness.compiled import run_go, run_java
from harness.recorder import Recorder

SDKS = {"go": run_go, "java": run_java}


@pytest.mark.parametrize("sdk", SDKS)
def test_the_sdk_asks_for_nothing_twice(onput, sdk):
    with Recorder(onput) as wire:
        SDKS[sdk](onput, wire.url, f"from-{sdk}")
        assert any("partNumber=" in each.target for each in wire.expect_no_retries())
    assert not onput.s3.list_buckets(Prefix=f"from-{sdk}")["Buckets"]
