#!/usr/bin/env python3
"""What housekeeping costs the p99 of PUT and GET: an instance that rests beside one that does all of it at once.

    build/venv/bin/python bench/s3/background.py [--objects N] [--rounds N] [--seconds N]

Both hold the same objects. On the busy one a lifecycle pass over all of them begins each second, all bytes are
scrubbed, and the objects are replicated to a second bucket, each at the rate that is the default. The two are
measured in turns of one run, the other one stopped meanwhile, so that it takes no processor; printed are the
medians and their ratio. Exit code 1: a ratio is above 1.10, or the work ended before the measuring did. They mean
nothing while others use the processors.
"""
import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/process"))

from harness.watched import Watched  # noqa: E402

BUCKET, REPLICAS = "onput-bench-objects", "onput-bench-replicas"
ALLOWED = 1.10
RESTING = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "0", "ONPUT_STORAGE_SCRUB_BYTES_PER_SECOND": "0",
           "ONPUT_STORAGE_SCRUB_OBJECTS_PER_SECOND": "0"}
BUSY = {"ONPUT_STORAGE_LIFECYCLE_INTERVAL_S": "1"}
DONE = {"lifecycle passes": "onput_storage_lifecycle_passes_total",
        "objects scrubbed": "onput_storage_scrubbed_objects_total",
        "versions replicated": "onput_storage_replication_completed_total"}


def bench(onput, what, *arguments):
    return json.loads(onput.run("-o", "json", "bench", what, *arguments, deadline_s=3600).stdout)


def prepare(onput, objects):
    """Objects that housekeeping finds and no bench touches. Both keep versions, so that a PUT is the same work."""
    onput.s3.create_bucket(Bucket=BUCKET)
    onput.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    bench(onput, "list", "--objects", str(objects), "--seconds", "1")


def employ(onput, objects):
    s3 = onput.s3
    s3.create_bucket(Bucket=REPLICAS)
    s3.put_bucket_versioning(Bucket=REPLICAS, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [
        {"ID": "never", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 10_000}}]})
    s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration={
        "Role": "arn:aws:iam::000000000000:role/r", "Rules": [
            {"ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": f"{objects}x4096/"},
             "DeleteMarkerReplication": {"Status": "Disabled"},
             "Destination": {"Bucket": f"arn:aws:s3:::{REPLICAS}"}}]})
    onput.run("replicate", BUCKET)


@contextlib.contextmanager
def alone(instances, name):
    """The processes of all other instances stand still."""
    others = [pid for other, instance in instances.items() if other != name for pid in instance.pids()]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield instances[name]
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def measure(instances, rounds, seconds):
    """The p99 of each, in milliseconds, by what was done and where."""
    figures = {(what, name): [] for what in ("put", "get") for name in instances}
    for number in range(rounds):
        for what in ("put", "get"):
            # The order changes, so that what drifts does to both.
            for name in sorted(instances, reverse=number % 2 == 0):
                with alone(instances, name) as onput:
                    figures[what, name].append(bench(onput, what, "--seconds", str(seconds))["p99 ms"])
    return {key: statistics.median(values) for key, values in figures.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onput-bench-") as folder:
        rests, works = Watched(f"{folder}/rests", RESTING), Watched(f"{folder}/works", BUSY)
        with rests.onput, works.onput:
            for onput in (rests.onput, works.onput):
                prepare(onput, options.objects)
            # A scrub of the empty store is over, and the next would begin in ten minutes.
            works.onput.stop()
            works.onput.start()
            employ(works.onput, options.objects)
            before = works.metrics("storage")
            p99 = measure({"rests": rests.onput, "works": works.onput}, options.rounds, options.seconds)
            after = works.metrics("storage")
    done = {what: after[name] - before[name] for what, name in DONE.items()}
    print(", ".join(f"{count:.0f} {what}" for what, count in done.items()), "meanwhile")
    has_worked = min(done.values()) > 0 and after["onput_storage_replication_pending_versions"] > 0
    ratios = []
    for what in ("put", "get"):
        rest, work = p99[what, "rests"], p99[what, "works"]
        ratios.append(work / rest)
        print(f"{what.upper()} of 4 KiB, p99: {rest:.2f} ms at rest, {work:.2f} ms beside housekeeping: "
              f"{work / rest:.2f}")
    if not has_worked:
        print("some of the work did not begin, or ended before the measuring did: more --objects", file=sys.stderr)
    return 0 if has_worked and max(ratios) <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
