"""What is no photo, and what a recipe cannot be done with: each ends clearly, and no worker with it."""
import functools
import json
import os
import zlib

import pytest
from PIL import Image

from harness.photos import MemoryWatch, Studio, function_toml, made_of, names_toml
from harness.pictures import (COLOR_ALPHA, bad_photos, black_png, chunk, decode, encode, flipped,
                              jpeg_claiming, photo, shorter_than_told)

MIB = 1024 * 1024
WORKER_BYTES_MAX = 64 * MIB
JOB_BYTES_MAX = 1024 * MIB
LETTERS = "judged-dead-letters"
SMALL = [{"name": "small", "steps": [{"fit": {"width": 64, "height": 64}}]}]


def judge(name, **configuration):
    return function_toml(name, {"output": {"bucket": "judged"}, "derivatives": SMALL, **configuration},
                         dead_letter_queue=LETTERS, retries=0, timeout_s=60)


def marked(image):
    return [{"name": "small", "steps": [{"watermark": {"image": image}}]}]


PIPELINE = (
    names_toml("bucket", "darkroom", "judged", "marks") + names_toml("queue", LETTERS)
    + judge("keep") + judge("delete", invalid="delete")
    + judge("delete-silently", invalid="delete", sidecar=False)
    + judge("quarantine", invalid="quarantine", quarantine={"bucket": "judged", "prefix": "cell/"})
    + judge("in-place", invalid="quarantine", quarantine={"bucket": "darkroom", "prefix": ""})
    + judge("small-only", limits={"bytes": 2000, "pixels": 300, "pages": 2})
    + judge("mark-missing", derivatives=marked("s3://marks/absent.png"))
    + judge("mark-nowhere", derivatives=marked("s3://no-such-bucket/mark.png"))
    + judge("mark-no-image", derivatives=marked("s3://marks/text.png"))
    + judge("mark-bomb", derivatives=marked("s3://marks/bomb.png"))
    + judge("box-outside", derivatives=[{"name": "small", "steps": [
        {"crop": {"width": 9, "height": 9, "focus": "box", "left": 5000, "top": 0}}]}])
    + judge("too-tight", derivatives=[{"name": "small", "steps": [
        {"format": {"type": "jpeg", "max_bytes": 300}}]}])
    + judge("vast", derivatives=[{"name": "small", "steps": [
        {"resize": {"width": 16384, "height": 16384, "enlarge": True}}, {"format": "png"}]}]))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    with Studio(folder) as studio, MemoryWatch(studio, "image") as memory:
        (folder / "judges.toml").write_text(PIPELINE)
        studio.run("pipeline", "apply", folder / "judges.toml")
        studio.upload("text.png", b"I am no mark.", bucket="marks")
        studio.upload("bomb.png", black_png(30000, 30000), bucket="marks")
        studio.memory = memory
        studio.first_pids = studio.pids()
        yield studio


def dead_lettered(studio, function):
    told = json.loads(studio.run("-o", "json", "status").stdout)
    return next(f["dead_lettered"] for f in told["functions"] if f["function"]["name"] == function)


def stays(studio, key, bucket):
    return studio.keys(bucket, key) == [key]


BAD = ["empty.jpg", "text.jpg", "page.png", "drawing.jpg", "document.png", "icon.jpg", "cut.bmp", "bomb.png",
       "beyond-counting.png", "vast.jpg", "cut.jpg", "cut.png", "cut.webp", "cut.gif",
       "only-a-head.jpg", "flipped.png"]


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_photo_is_moved_away_and_the_reason_is_told(studio, name):
    body, reasons = bad_photos()[name]
    studio.upload(name, body)
    error = studio.failure_of(name)
    assert error["code"] in (reasons if isinstance(reasons, tuple) else (reasons,)), error
    assert error["disposition"] == f"quarantined to s3://outbox/quarantine/{name}"
    assert len(error["message"]) > 10
    assert not stays(studio, name, "inbox")
    assert studio.fetch(f"quarantine/{name}") == body
    told = studio.metadata(f"quarantine/{name}")
    assert told["onput-reason"] == error["code"] and told["onput-source"] == f"s3://inbox/{name}"
    # No derivative, no sidecar, and nothing is made of the copy.
    assert studio.keys("outbox", name.rsplit(".", 1)[0] + ".") == []
    assert studio.ends["inbox", name][0]["attempts"] == 1


def test_a_photo_of_which_decoders_only_warn_is_a_photo(studio):
    body = shorter_than_told()
    decode(body).load()  # Pillow takes it, too.
    studio.upload("shorter.jpg", body)
    assert [made["name"] for made in studio.success_of("shorter.jpg")["outputs"]] == [
        "thumbnail", "web", "marked", "metadata"]


def test_the_message_of_a_bomb_names_its_size(studio):
    studio.upload("sized.png", black_png(30000, 30000))
    assert "30,000 x 30,000" in studio.failure_of("sized.png")["message"]


def test_the_message_of_a_cut_photo_says_where_it_ends(studio):
    studio.upload("ends.jpg", bad_photos()["cut.jpg"][0])
    message = studio.failure_of("ends.jpg")["message"]
    assert "line" in message and "400" in message


@pytest.mark.parametrize("policy, disposition, upload_stays", [
    ("keep", "kept", True), ("delete", "deleted", False), ("delete-silently", "deleted", False),
    ("quarantine", "quarantined to s3://judged/cell/quarantine/cut.jpg", False),
    ("in-place", "kept", True)])
def test_an_invalid_photo_ends_as_the_policy_says(studio, policy, disposition, upload_stays):
    key, body = f"{policy}/cut.jpg", bad_photos()["cut.jpg"][0]
    studio.upload(key, body, bucket="darkroom")
    error = studio.failure_of(key, bucket="darkroom")
    assert (error["code"], error["disposition"]) == ("damaged", disposition)
    assert stays(studio, key, "darkroom") == upload_stays
    if upload_stays:
        assert studio.letter(LETTERS, key) == ("damaged", error["message"])
    left = {"delete": [f"{policy}/cut.json"], "quarantine": []}.get(policy, [])
    assert studio.keys("judged", f"{policy}/") == left


def test_a_refused_photo_that_was_dealt_with_is_no_dead_letter(studio):
    for function, bucket in (("photos", "inbox"), ("delete", "darkroom")):
        key = f"{function}/settled.jpg"
        before = dead_lettered(studio, function)
        studio.upload(key, b"not a photo", bucket=bucket)
        assert studio.failure_of(key, bucket=bucket)["code"] == "not_an_image"
        assert dead_lettered(studio, function) == before
    assert studio.count("photos-dead-letters") == 0


def test_a_deleted_photo_leaves_a_sidecar_that_says_why(studio):
    studio.upload("delete/why.jpg", b"not a photo", bucket="darkroom")
    studio.failure_of("delete/why.jpg", bucket="darkroom")
    sidecar = json.loads(studio.fetch("delete/why.json", bucket="judged"))
    assert (sidecar["valid"], sidecar["error"]["reason"], sidecar["disposition"]) == (
        False, "not_an_image", "deleted")


@pytest.mark.parametrize("name, reason", [
    ("branches.jpg", "too_many_bytes"), ("turned-1.jpg", "too_many_pixels")])
def test_the_limits_of_a_function_are_kept(studio, name, reason):
    studio.upload(f"small-only/{name}", photo(name), bucket="darkroom")
    assert studio.failure_of(f"small-only/{name}", bucket="darkroom")["code"] == reason


def test_a_photo_at_the_limits_passes(studio):
    studio.upload("small-only/fits.png", encode(Image.new("RGB", (30, 10)), "PNG"), bucket="darkroom")
    studio.success_of("small-only/fits.png", bucket="darkroom")


@pytest.mark.parametrize("function, words", [
    ("mark-missing", "s3://marks/absent.png"), ("mark-nowhere", "s3://no-such-bucket/mark.png"),
    ("mark-no-image", "s3://marks/text.png"), ("mark-bomb", "s3://marks/bomb.png")])
def test_a_watermark_that_cannot_be_used_is_named_and_the_photo_stays(studio, function, words):
    key = f"{function}/good.jpg"
    studio.upload(key, photo("gopher.jpeg"), bucket="darkroom")
    error = studio.failure_of(key, bucket="darkroom")
    assert error["code"] == "bad_watermark" and words in error["message"], error
    assert stays(studio, key, "darkroom") and studio.keys("judged", f"{function}/") == []
    assert studio.letter(LETTERS, key)[0] == "bad_watermark"


@pytest.mark.parametrize("function, words", [
    ("box-outside", "crop"), ("too-tight", "max_bytes"), ("vast", "resize")])
def test_a_recipe_that_does_not_suit_a_photo_is_named_and_the_photo_stays(studio, function, words):
    key = f"{function}/good.jpg"
    studio.upload(key, photo("branches.jpg"), bucket="darkroom")
    error = studio.failure_of(key, bucket="darkroom", deadline_s=90)
    assert error["code"] in ("bad_recipe", "job_memory"), error
    assert words in error["message"] and "small" in error["message"], error
    assert stays(studio, key, "darkroom")
    assert studio.letter(LETTERS, key)[0] == error["code"]


@functools.cache
def hostile_pngs():
    """Whole photos with something in them that grows."""
    def with_chunk(extra):
        head, rest = black_png(8, 8)[:33], black_png(8, 8)[33:]
        return head + extra + rest
    zeros = zlib.compress(bytes(200 * MIB), 9)
    return {
        "text-bomb.png": with_chunk(chunk(b"zTXt", b"Comment\0\0" + zeros)),
        "profile-bomb.png": with_chunk(chunk(b"iCCP", b"p\0\0" + zeros)),
        "pixel-bomb.png": black_png(8, 8).replace(
            black_png(8, 8)[33:-12], chunk(b"IDAT", zeros)),
        # As many pixels as are allowed, eight bytes each.
        "heavy.png": black_png(10000, 10000, 16, COLOR_ALPHA),
    }


@pytest.mark.parametrize("name", ["text-bomb.png", "profile-bomb.png", "pixel-bomb.png", "heavy.png"])
def test_what_grows_while_it_is_decoded_ends_and_stays_within_memory(studio, name):
    key = f"keep/{name}"
    studio.upload(key, hostile_pngs()[name], bucket="darkroom")
    end = studio.end_of(key, bucket="darkroom", deadline_s=120)
    if end["status"] == "failed":
        assert end["error"]["code"] in ("damaged", "job_memory"), end
        assert stays(studio, key, "darkroom")
    else:
        made = decode(studio.fetch(end["outputs"][0]["key"], bucket="judged"))
        assert made.size in ((8, 8), (64, 64))


@pytest.mark.parametrize("place", [n / 13 for n in range(1, 13)])
def test_a_flipped_bit_ends_in_pictures_or_in_a_reason(studio, place):
    for name in ("gopher.jpeg", "rose.webp", "cut-out-rose.png"):
        key = f"keep/{place:.3f}-{name}"
        studio.upload(key, flipped(photo(name), place), bucket="darkroom")
    for name in ("gopher.jpeg", "rose.webp", "cut-out-rose.png"):
        end = studio.end_of(f"keep/{place:.3f}-{name}", bucket="darkroom")
        if end["status"] == "failed":
            assert end["error"]["code"] in ("damaged", "unsupported_format", "not_an_image",
                                            "too_many_pixels"), end
        else:
            assert name != "cut-out-rose.png"  # Every chunk of a PNG has a checksum.


def test_noise_behind_a_photos_first_bytes_ends_in_a_reason(studio):
    heads = {"jpg": b"\xff\xd8\xff\xe0", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF89a",
             "webp": b"RIFF\xff\xff\0\0WEBPVP8 ", "tiff": b"II*\0\x08\0\0\0",
             "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"}
    for kind, head in heads.items():
        studio.upload(f"keep/noise.{kind}", head + os.urandom(5000), bucket="darkroom")
    for kind in heads:
        error = studio.failure_of(f"keep/noise.{kind}", bucket="darkroom")
        assert error["code"] in ("damaged", "too_many_pixels"), (kind, error)


def test_trace_tells_the_end_of_what_is_no_photo(studio):
    studio.upload("untold.jpg", b"no photo")
    studio.failure_of("untold.jpg")
    envelope = next(e for e in studio.messages if "inbox/untold.jpg" in e["Subject"])
    assert envelope["Subject"].startswith("photos failed: ")
    trace_id = json.loads(envelope["Message"])["traceId"]
    told = studio.run("trace", "--wait", "30", trace_id).stdout
    assert "refused" in told and "not_an_image" in told and "dead-lettered" not in told


def test_a_photo_after_all_this_becomes_pictures_as_ever(studio):
    studio.upload("after-all.jpg", photo("branches.jpg"))
    studio.success_of("after-all.jpg")
    assert set(made_of("after-all.jpg")) <= set(studio.keys("outbox", "after-all."))


def test_nobody_ended_because_of_it_and_memory_was_kept(studio):
    assert studio.pids() == studio.first_pids
    assert "restarts=1" not in (studio.folder / "dev.log").read_text()
    assert 0 < studio.memory.worker_bytes < WORKER_BYTES_MAX
    assert 0 < studio.memory.job_bytes < JOB_BYTES_MAX


def test_an_unknown_claim_of_size_is_refused_before_any_byte_is_decoded(studio):
    """jpeg_claiming() of a plain photo: 65,500 lines that are not there take no time."""
    studio.upload("keep/claims.jpg", jpeg_claiming(photo("branches.jpg"), 65500, 65500),
                  bucket="darkroom")
    assert "65,500" in studio.failure_of("keep/claims.jpg", bucket="darkroom")["message"]
