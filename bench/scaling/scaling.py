"""How throughput grows with the number of workers.

    build/venv/bin/python bench/scaling/scaling.py sleep [--workers 32]   lanes alone: jobs that only sleep
    build/venv/bin/python bench/scaling/scaling.py image                  two image workers against one

Starts a throwaway `onput dev` of build/release/bin (or ONPUT_BIN). Prints the load of the machine beside the figures:
they mean nothing while others use the processors.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/process"))

from harness.instance import BIN, Onput  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from harness.wire import Wire  # noqa: E402

SLEEPING = """
[[bucket]]
name = "jobs"

[[function]]
name = "sleeping"
worker = "sleep"
timeout_s = 60

[[notification]]
bucket = "jobs"
id = "sleeping"
events = ["s3:ObjectCreated:*"]
function = "sleeping"
"""
UPLOAD_THREADS = 8
LOOK_PERIOD_S = 0.5


def function(onput, name):
    status = json.loads(onput.run("-o", "json", "status", expect=None).stdout or "{}")
    return next((f for f in status.get("functions", []) if f["function"]["name"] == name), None)


def upload(onput, bucket, suffix, bodies):
    wire = Wire(onput)
    with concurrent.futures.ThreadPoolExecutor(UPLOAD_THREADS) as pool:
        answers = pool.map(lambda item: wire.send("PUT", f"/{bucket}/{item[0]:05}{suffix}", item[1]),
                           enumerate(bodies))
        assert all(answer.status == 200 for answer in answers)


def await_end(onput, name):
    """Looks seldom: each look is a process that takes time from the workers."""
    def is_over():
        time.sleep(LOOK_PERIOD_S)
        state = function(onput, name)
        return state and not state["waiting"] and not state["running"]
    wait_until(is_over, 600, "the last job")


def measure_sleep(folder, workers, rounds, job_ms):
    pipeline = folder / "sleep.toml"
    pipeline.write_text(SLEEPING)
    arguments = ("--no-pipeline", "--image", "0", "--pipeline", str(pipeline))
    with Onput(folder / "onput", tts=0, arguments=arguments) as onput:
        lanes = tomllib.loads((onput.data / "instance.toml").read_text())["lane_endpoint"]
        running = [subprocess.Popen(
            [BIN / "sleep_worker", f"--queue-lane-endpoint={lanes}", f"--job-ms={job_ms}",
             "--log-level=error"]) for _ in range(workers)]
        try:
            wait_until(lambda: (function(onput, "sleeping") or {}).get("workers") == workers, 60,
                       "all workers")
            jobs = workers * rounds
            begun = time.monotonic()
            upload(onput, "jobs", ".job", [b"x"] * jobs)
            uploaded = time.monotonic() - begun
            ideal = rounds * job_ms / 1000
            time.sleep(max(0.0, ideal - uploaded - 0.2))
            await_end(onput, "sleeping")
            took = time.monotonic() - begun
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()
    return {"workers": workers, "jobs": jobs, "ideal_s": ideal, "took_s": round(took, 2),
            "uploads_took_s": round(uploaded, 2), "efficiency": round(ideal / took, 3)}


def last_end(onput):
    """When the last job ended, by the journal's own clock."""
    told = onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout.splitlines()
    events = [json.loads(line) for line in told]
    last = [event["time"] for event in events if event["type"] == "sns.Publish"][-1]
    return datetime.datetime.fromisoformat(last).timestamp()


def make_photo(folder):
    photo = folder / "photo.jpg"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=4000x3000", "-frames:v",
                    "1", "-pix_fmt", "yuvj420p", "-q:v", "3", photo], check=True)
    return photo.read_bytes()


def measure_image(folder, photo, workers, photos):
    with Onput(folder / f"onput-{workers}", tts=0, arguments=("--image", str(workers))) as onput:
        upload(onput, "inbox", ".warm.jpg", [photo] * workers)
        await_end(onput, "photos")
        begun = time.time()
        upload(onput, "inbox", ".jpg", [photo] * photos)
        await_end(onput, "photos")
        took = last_end(onput) - begun
    return {"workers": workers, "photos": photos, "took_s": round(took, 2),
            "per_second": round(photos / took, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("sleep", "image"))
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--job-ms", type=int, default=500)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="onput-scaling-") as name:
        folder = pathlib.Path(name)
        if chosen.what == "sleep":
            print(measure_sleep(folder, chosen.workers, chosen.rounds, chosen.job_ms))
            return
        photo = make_photo(folder)
        ratios = []
        for turn in range(chosen.turns):
            one, two = (measure_image(folder / str(turn), photo, workers, chosen.photos)
                        for workers in (1, 2))
            ratios.append(two["per_second"] / one["per_second"])
            print(one, two, f"ratio: {ratios[-1]:.2f}", flush=True)
        print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
