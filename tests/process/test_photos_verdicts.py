"""Verdicts of the worker held against those of libvips and of Pillow, over the odd pictures that Debian packages bring."""
import hashlib
import os
import pathlib
import subprocess

import pytest
from PIL import Image, ImageSequence

from harness.photos import Studio, function_toml, names_toml
from harness.pictures import encode, shorter_than_told

# Of other readers' tests: cut, damaged, of rare kinds, fuzzed, and whole ones.
PACKAGES = ["gdk-pixbuf-tests", "libsdl2-image-tests", "golang-golang-x-image-dev",
            "golang-github-disintegration-imaging-dev", "golang-github-rwcarlsen-goexif-dev"]
EXTENSIONS = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".heic"}
PICTURES_MIN = 250
BYTES_MAX = 8 * 1024 * 1024
READING_S_MAX = 20
PIPELINE = names_toml("bucket", "darkroom", "judged") + function_toml(
    "judge", {"output": {"bucket": "judged"}, "derivatives": [], "sidecar": False}, timeout_s=60)


def pictures(folder):
    """Every picture of the packages once, and some of which decoders only warn: key -> path."""
    listed = subprocess.run(["dpkg", "-L", *PACKAGES], capture_output=True, text=True, check=True).stdout
    found = {}
    for path in map(pathlib.Path, listed.splitlines()):
        if path.suffix.lower() not in EXTENSIONS or not path.is_file():
            continue
        if path.stat().st_size <= BYTES_MAX:
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    whole = encode(Image.new("RGB", (64, 48), (200, 30, 30)), "JPEG")
    for name, body in {"shorter.jpg": shorter_than_told(),
                       "zeros-before-the-end.jpg": whole[:-2] + bytes(4) + whole[-2:]}.items():
        (folder / name).write_bytes(body)
        found[name] = folder / name
    return {f"judge/{digest[:16]}{path.suffix}": path for digest, path in found.items()}


def verdict_of_vips(path, scratch):
    """What libvips has against it at its error level; empty: nothing."""
    plain = scratch / f"picture{path.suffix}"
    plain.write_bytes(path.read_bytes())
    said = ""
    # With several threads `vips` 8.14 now and then ends well after an error in a picture's only tile.
    environment = os.environ | {"VIPS_CONCURRENCY": "1"}
    for options in "[n=-1,fail-on=error]", "[fail-on=error]":  # Not every reader knows of pages.
        try:
            done = subprocess.run(["vips", "avg", f"{plain}{options}"], capture_output=True,
                                  text=True, timeout=READING_S_MAX, env=environment)
        except subprocess.TimeoutExpired:
            return f"not read within {READING_S_MAX} s"
        if done.returncode == 0:
            return ""
        said = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
        if "no property named" not in done.stderr:
            break
    return said


def verdict_of_pillow(path):
    """What Pillow has against it; empty: nothing."""
    try:
        with Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                frame.load()
    except Exception as error:  # Its readers raise whatever they meet.
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """key -> (path, what the worker says: empty, or (reason, message))."""
    folder = tmp_path_factory.mktemp("verdicts")
    found = pictures(folder)
    with Studio(folder) as studio:
        (folder / "judge.toml").write_text(PIPELINE)
        studio.run("pipeline", "apply", folder / "judge.toml")
        for key, path in found.items():
            studio.upload(key, path.read_bytes(), bucket="darkroom")
        told = {}
        for key, path in found.items():
            end = studio.end_of(key, bucket="darkroom", deadline_s=120)
            failed = end["status"] == "failed"
            told[key] = (path, (end["error"]["code"], end["error"]["message"]) if failed else ())
        yield told


def test_there_are_pictures_of_all_kinds(verdicts):
    assert len(verdicts) >= PICTURES_MIN
    reasons = {said[0] for _, said in verdicts.values() if said}
    assert "damaged" in reasons
    assert reasons <= {"damaged", "not_an_image", "unsupported_format", "too_many_pixels"}
    assert sum(not said for _, said in verdicts.values()) > len(verdicts) / 2


def test_what_is_called_damaged_others_cannot_read_either(verdicts, tmp_path):
    differing = []
    for path, said in verdicts.values():
        if not said or said[0] not in ("damaged", "not_an_image"):
            continue
        others = verdict_of_vips(path, tmp_path), verdict_of_pillow(path)
        if not all(others):
            differing.append(f"{path}\n    worker: {said[0]}: {said[1]}\n    libvips: {others[0] or 'fine'}"
                             f"\n    Pillow: {others[1] or 'fine'}")
    assert not differing, "\n" + "\n".join(differing)
