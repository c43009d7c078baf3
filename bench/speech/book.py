#!/usr/bin/env python3
"""How long a book takes to be spoken, beside `espeak-ng --stdout | lame`, all in turns in one run.

    build/venv/bin/python bench/speech/book.py [BYTES [ROUNDS]]      1,000,000 and 1 when nothing is said

Wants espeak-ng and lame on the PATH. The pipe runs twice: as people write it, and with lame told to encode as our
worker does, in the same quality and without its search for the volume. Prints the wall time, the processor time of
who speaks and encodes, and the speed beside both pipes.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/process"))
from harness.instance import Onput  # noqa: E402

SENTENCES = ("It was a bright morning and the clocks of the town had not been wound.",
             "Nobody knew why; the keeper of the tower had gone to the sea with his brother.",
             "So the people asked each other what time it was, and every answer was right.")
TICKS = os.sysconf("SC_CLK_TCK")
SPEAK = "espeak-ng -v en-us --stdout -f {text} | "
PIPES = {"espeak-ng | lame": SPEAK + "lame --quiet - {mp3}",
         "... as the worker": SPEAK + "lame --quiet -m m -V 4 -q 7 --noreplaygain - {mp3}"}


def book(size):
    text = ""
    for number in range(1, size // 200 + 2):
        text += f"Paragraph {number}. {' '.join(SENTENCES)}\n\n"
    return text[:size]


def spent(pids):
    """Seconds of processor of these processes and of their children that have ended."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def descendants(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in descendants(int(child)))]


def by_pipe(pipe, folder, text):
    path = folder / "book.txt"
    path.write_text(text)
    before = os.times()
    begun = time.monotonic()
    subprocess.run(pipe.format(text=path, mp3=folder / "book.mp3"), shell=True, check=True)
    wall = time.monotonic() - begun
    after = os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def by_workers(folder, text, workers):
    with Onput(folder, tts=workers) as onput:
        def processor():
            return spent(pid for worker in onput.pids("tts") for pid in descendants(worker))
        before = processor()
        begun = time.monotonic()
        onput.s3.put_object(Bucket="inbox", Key="book.txt", Body=text.encode(), Metadata={"onput-voice": "en-us"})
        while not onput.keys("outbox", "book.mp3"):
            time.sleep(0.05)
        return time.monotonic() - begun, processor() - before


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    text = book(size)
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            pipes = []
            for name, pipe in PIPES.items():
                wall, processor = by_pipe(pipe, folder, text)
                print(f"{name:18} {wall:7.1f} s   {processor:7.1f} s of processor", flush=True)
                pipes.append(wall)
            for workers in (1, 2):
                wall, processor = by_workers(folder / f"{number}-{workers}", text, workers)
                beside = ", ".join(f"{pipe / wall:.2f}" for pipe in pipes)
                print(f"{workers} worker{'s' if workers > 1 else ' '}           {wall:7.1f} s   "
                      f"{processor:7.1f} s of processor   {beside} times the pipes", flush=True)


if __name__ == "__main__":
    main()
