#!/usr/bin/env python3
"""How many small objects a second are replicated to a bucket of this instance, and to one of another.

    build/venv/bin/python bench/s3/endpoints.py [--objects N] [--size BYTES]

Two throwaway instances on this machine; the objects are there before replication is asked for, so its own rate is
measured, from the command to the last one COMPLETED. Exit code 1: it is below 500/s. The figures mean nothing while
others use the processors.
"""
import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/process"))

from harness.instance import Onput  # noqa: E402
from harness.watched import Watched  # noqa: E402

BUCKET = "onput-bench-objects"
HERE, THERE = "onput-bench-near", "onput-bench-far"
FLOOR = 500
LOOK_PERIOD_S = 0.1
DEADLINE_S = 600


def make_versioned(onput, *buckets):
    for bucket in buckets:
        onput.s3.create_bucket(Bucket=bucket)
        onput.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def replicate_to(watched, bucket, objects):
    """Objects a second, all of them COMPLETED."""
    watched.onput.s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration={
        "Role": "arn:aws:iam::000000000000:role/r", "Rules": [
            {"ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
             "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": f"arn:aws:s3:::{bucket}"}}]})
    name = "onput_storage_replication_completed_total"
    before = watched.metrics("storage")[name]
    began = time.monotonic()
    watched.onput.run("replicate", BUCKET, deadline_s=DEADLINE_S)
    while watched.metrics("storage")[name] - before < objects:
        assert time.monotonic() - began < DEADLINE_S, "it does not come to an end"
        time.sleep(LOOK_PERIOD_S)
    return objects / (time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=4096)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onput-bench-") as folder, \
            Onput(f"{folder}/there", tts=0, arguments=["--no-pipeline", "--image", "0"]) as there:
        make_versioned(there, THERE)
        watched = Watched(f"{folder}/here", {
            "ONPUT_STORAGE_REPLICATION_ENDPOINTS": f"{THERE}={there.url}",
            "ONPUT_REPLICATION_KEYS_SECRET": f"{THERE}=test:test",
            # The rate that is the default would be measured otherwise.
            "ONPUT_STORAGE_REPLICATION_VERSIONS_PER_SECOND": "1000000"})
        with watched.onput as here:
            make_versioned(here, BUCKET, HERE)
            here.run("bench", "list", "--objects", str(options.objects), "--size", str(options.size), "--seconds", "1",
                     deadline_s=DEADLINE_S)
            rates = {f"to a bucket {where}": replicate_to(watched, bucket, options.objects)
                     for where, bucket in (("of this instance", HERE), ("of another instance", THERE))}
    for where, rate in rates.items():
        print(f"{options.objects} objects of {options.size} bytes replicated {where}: {rate:.0f}/s")
    return 0 if min(rates.values()) >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
