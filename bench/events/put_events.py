#!/usr/bin/env python3
"""PutEvents over HTTP: entries a second that are durable, ten a call, from processes of boto3.

    build/venv/bin/python bench/events/put_events.py [PROCESSES [SECONDS]]      4 and 6 when nothing is said
"""
import multiprocessing
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/process"))
from harness.instance import Onput  # noqa: E402

ENTRIES = [{"Source": "shop.orders", "DetailType": "Order Placed", "Detail": f'{{"order":"{number}","total":250}}'}
           for number in range(10)]


def put(onput, seconds, rates):
    client, count, began = onput.client("events"), 0, time.monotonic()
    while time.monotonic() - began < seconds:
        count += len(ENTRIES) - client.put_events(Entries=ENTRIES)["FailedEntryCount"]
    rates.put(count / (time.monotonic() - began))


def main():
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    with tempfile.TemporaryDirectory() as folder, Onput(pathlib.Path(folder), tts=0) as onput:
        rates = multiprocessing.Queue()
        workers = [multiprocessing.Process(target=put, args=(onput, seconds, rates)) for _ in range(processes)]
        for worker in workers:
            worker.start()
        print(f"{sum(rates.get() for _ in workers):,.0f} entries/s")
        for worker in workers:
            worker.join()


if __name__ == "__main__":
    main()
