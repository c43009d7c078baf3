"""The default pipeline: photos in, thumbnail, web, marked and a sidecar out, and a topic told."""
import json

import pytest
from PIL import Image, ImageDraw, ImageOps

from harness.photos import Studio, made_of
from harness.pictures import (GRAY, decode, deep_png, difference, encode, lossy, many_pages,
                              on_white, photo, png, probe, sharp_photo)

# Between two scalers and encoders. Pictures that are not the same differ by 30 and more.
LOSS_MAX = 4


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("photos")) as studio:
        yield studio


def made(studio, key, body):
    """A photo's derivatives, decoded, and its sidecar."""
    studio.upload(key, body)
    studio.success_of(key)
    *pictures, sidecar = (studio.fetch(made_key) for made_key in made_of(key))
    return {name: decode(picture) for name, picture in zip(("thumbnail", "web", "marked"), pictures)
            } | {"sidecar": json.loads(sidecar)}


def within(size, width, height):
    """As `fit` does without enlarging."""
    scale = min(width / size[0], height / size[1], 1)
    return tuple(max(1, int(side * scale + 0.5)) for side in size)


REAL = ["branches.jpg", "flowers.png", "gopher.jpeg", "rose.webp", "cut-out-rose.webp",
        "cut-out-rose.png", "evening.png", "nikon.jpg", "iphone.jpg"]


@pytest.mark.parametrize("name", REAL)
def test_a_real_photo_becomes_three_pictures_that_look_like_it(studio, name):
    stem, extension = name.rsplit(".", 1)
    original = ImageOps.exif_transpose(decode(photo(name)))
    pictures = made(studio, f"{stem}-{extension}.{extension}", photo(name))
    assert [pictures[kind].format for kind in ("thumbnail", "web", "marked")] == [
        "JPEG", "WEBP", "JPEG"]
    assert pictures["thumbnail"].size == within(original.size, 320, 320)
    assert pictures["web"].size == original.size  # None is as wide as 1600.
    assert pictures["marked"].size == within(original.size, 1024, 1024)
    small = on_white(original).resize(pictures["thumbnail"].size, Image.Resampling.LANCZOS)
    assert difference(lossy(small, "JPEG", 80), pictures["thumbnail"]) < LOSS_MAX
    assert difference(lossy(original, "WEBP", 80), pictures["web"]) < LOSS_MAX
    # The mark is at the lower right only.
    half = (0, 0, original.width // 2, original.height // 2)
    wanted = lossy(on_white(original), "JPEG", 85)
    assert difference(wanted.crop(half), pictures["marked"].crop(half)) < LOSS_MAX


def test_a_camera_sized_photo_is_made_smaller(studio):
    body = encode(sharp_photo(3000, 2000), "JPEG", quality=90)
    original = decode(body)
    pictures = made(studio, "camera.jpg", body)
    sizes = {"thumbnail": (320, 213), "web": (1600, 1067), "marked": (1024, 683)}
    assert {kind: pictures[kind].size for kind in sizes} == sizes
    for kind, encoder in ("thumbnail", "JPEG"), ("web", "WEBP"):
        wanted = lossy(original.resize(sizes[kind], Image.Resampling.LANCZOS), encoder, 80)
        assert difference(wanted, pictures[kind]) < LOSS_MAX


def test_another_reader_finds_the_same_formats_and_sizes(studio):
    studio.upload("probed.png", photo("flowers.png"))
    studio.success_of("probed.png")
    assert [probe(studio.fetch(key)) for key in made_of("probed.png")[:3]] == [
        ("mjpeg", 320, 213), ("webp", 600, 400), ("mjpeg", 600, 400)]


def test_the_mark_is_a_bright_text_in_the_lower_right_corner(studio):
    marked = made(studio, "mark.png", encode(Image.new("RGB", (800, 600), "#204060"), "PNG"))["marked"]
    bright = marked.convert("L").point(lambda value: 255 if value > 90 else 0).getbbox()
    assert bright is not None
    left, top, right, bottom = bright
    assert left >= 800 - 16 - 160 - 8 and top > 500
    assert right <= 800 - 16 + 8 and bottom <= 600 - 16 + 8
    assert right - left > 100


def test_objects_say_what_they_are(studio):
    etag = studio.upload("told.jpg", photo("nikon.jpg"))["ETag"].strip('"')
    studio.success_of("told.jpg")
    head = studio.s3.head_object(Bucket="outbox", Key="told.web.webp")
    assert head["ContentType"] == "image/webp"
    color = head["Metadata"].pop("onput-photo-dominant-color")
    assert len(color) == 7 and int(color[1:], 16) >= 0
    assert head["Metadata"] == {
        "onput-width": "500", "onput-height": "375", "onput-format": "webp",
        "onput-photo-width": "500", "onput-photo-height": "375", "onput-photo-format": "jpeg",
        "onput-source": "s3://inbox/told.jpg", "onput-source-etag": etag,
        "onput-function": "photos"}
    assert studio.s3.head_object(Bucket="outbox", Key="told.json")["ContentType"] == "application/json"


def test_the_sidecar_tells_the_photo_and_its_derivatives(studio):
    sidecar = made(studio, "described.jpg", photo("nikon.jpg"))["sidecar"]
    assert sidecar["valid"] is True
    assert sidecar["source"]["size_bytes"] == len(photo("nikon.jpg"))
    told = sidecar["photo"]
    assert (told["format"], told["width"], told["height"], told["pages"], told["bits"]) == (
        "jpeg", 500, 375, 1, 8)
    exif = decode(photo("nikon.jpg")).getexif()
    assert told["exif"]["Make"] == exif[271].strip("\0 ")
    assert told["exif"]["Model"] == exif[272].strip("\0 ")
    assert told["has_gps"] is True
    listed = {one["key"]: one for one in sidecar["derivatives"]}
    assert list(listed) == made_of("described.jpg")[:3]
    for key, one in listed.items():
        head = studio.s3.head_object(Bucket="outbox", Key=key)
        assert (one["size_bytes"], f'"{one["etag"]}"', one["content_type"]) == (
            head["ContentLength"], head["ETag"], head["ContentType"])
        assert (one["width"], one["height"]) == decode(studio.fetch(key)).size


def test_the_dominant_color_is_the_most_frequent_one(studio):
    image = Image.new("RGB", (200, 200), "#2060a0")
    ImageDraw.Draw(image).rectangle((0, 0, 199, 60), fill="#ffffff")
    told = made(studio, "blue.png", encode(image, "PNG"))["sidecar"]["photo"]["dominant_color"]
    red, green, blue = (int(told[at:at + 2], 16) for at in (1, 3, 5))
    assert abs(red - 0x20) < 12 and abs(green - 0x60) < 12 and abs(blue - 0xa0) < 12


@pytest.mark.parametrize("name", ["nikon.jpg", "iphone.jpg"])
def test_no_result_tells_where_a_photo_was_taken(studio, name):
    key = f"place-{name}"
    before = decode(photo(name)).getexif()
    assert before.get_ifd(0x8825)
    pictures = made(studio, key, photo(name))
    for kind in ("thumbnail", "web", "marked"):
        exif = pictures[kind].getexif()
        assert not exif.get_ifd(0x8825), kind
        assert exif[271] == before[271]  # The maker stays.
    assert "GPS" not in json.dumps(pictures["sidecar"]["photo"]["exif"])
    for made_key in made_of(key):
        assert b"GPSLatitude" not in studio.fetch(made_key), made_key


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_held_in_any_way_is_turned_upright(studio, orientation):
    body = photo(f"turned-{orientation}.jpg")
    upright = ImageOps.exif_transpose(decode(body))
    pictures = made(studio, f"turned-{orientation}.jpg", body)
    for kind in ("thumbnail", "web"):
        assert pictures[kind].size == (50, 70)
        assert pictures[kind].getexif().get(274, 1) == 1
        assert difference(upright, pictures[kind]) < LOSS_MAX
    told = pictures["sidecar"]["photo"]
    assert (told["orientation"], told["width"], told["height"]) == (orientation, 50, 70)


def test_inks_become_colors(studio):
    patches = {"white": (0, 0, 0, 0), "black": (0, 0, 0, 255), "cyan": (255, 0, 0, 0),
               "magenta": (0, 255, 0, 0), "yellow": (0, 0, 255, 0)}
    image = Image.new("CMYK", (250, 50))
    for number, ink in enumerate(patches.values()):
        image.paste(ink, (number * 50, 0, number * 50 + 50, 50))
    pictures = made(studio, "inks.jpg", encode(image, "JPEG", quality=95))
    assert pictures["sidecar"]["photo"]["color_space"] == "cmyk"
    for kind in ("thumbnail", "web"):
        seen = {name: pictures[kind].convert("RGB").getpixel((number * 50 + 25, 25))
                for number, name in enumerate(patches)}
        assert pictures[kind].mode == "RGB"
        assert min(seen["white"]) > 240 and max(seen["black"]) < 70, seen
        assert seen["cyan"][0] < 90 < 150 < min(seen["cyan"][1:]), seen
        assert seen["magenta"][1] < 90 < 150 < seen["magenta"][0], seen
        assert seen["yellow"][2] < 90 < 200 < min(seen["yellow"][:2]), seen


def test_sixteen_bits_become_eight(studio):
    pictures = made(studio, "deep.png", deep_png(64, 48))
    assert pictures["sidecar"]["photo"]["bits"] == 16
    wanted = Image.new("RGB", (64, 48))
    wanted.putdata([(x * 255 // 63, y * 255 // 47, 128) for y in range(48) for x in range(64)])
    assert difference(wanted, pictures["web"]) < LOSS_MAX
    assert difference(wanted, pictures["thumbnail"]) < LOSS_MAX


def forms():
    """The same photo in every form that a file may have: name -> bytes."""
    picture = decode(photo("flowers.png")).resize((150, 100))
    gray = picture.convert("L")
    clear = picture.copy()
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    return {
        "progressive.jpg": encode(picture, "JPEG", progressive=True, quality=92),
        "gray.jpg": encode(gray, "JPEG", quality=92),
        "gray-16.png": png((150, 100), 16, GRAY, (
            b"".join(bytes([value, value]) for value in gray.crop((0, y, 150, y + 1)).tobytes())
            for y in range(100))),
        "palette.png": encode(picture.quantize(200), "PNG"),
        "two-colors.png": encode(gray.convert("1"), "PNG"),
        "clear.png": encode(clear, "PNG"),
        "clear-gray.png": encode(clear.convert("LA"), "PNG"),
        "clear.webp": encode(clear, "WEBP", lossless=True),
        "still.gif": encode(picture, "GIF"),
        "full.bmp": encode(picture, "BMP"),
        "palette.bmp": encode(picture.quantize(200), "BMP"),
        "two-colors.bmp": encode(gray.convert("1"), "BMP"),
    }


@pytest.mark.parametrize("name", ["progressive.jpg", "gray.jpg", "gray-16.png", "palette.png",
                                  "two-colors.png", "clear.png", "clear-gray.png", "clear.webp",
                                  "still.gif", "full.bmp", "palette.bmp", "two-colors.bmp"])
def test_every_form_of_a_photo_is_taken(studio, name):
    body = forms()[name]
    original = decode(body)
    wanted = original if original.mode != "I;16" else original.point(lambda v: v / 256).convert("L")
    stem, extension = name.rsplit(".", 1)
    pictures = made(studio, f"form-{stem}-{extension}.{extension}", body)
    assert difference(on_white(wanted), pictures["thumbnail"]) < 2 * LOSS_MAX
    assert difference(on_white(wanted), on_white(pictures["web"])) < 2 * LOSS_MAX
    assert (pictures["web"].mode == "RGBA") == ("clear" in name)


def test_a_moving_picture_moves_on_the_web_and_its_thumbnail_is_the_first_page(studio):
    colors = ["#c00000", "#00c000", "#0000c0", "#c0c000"]
    pages = [Image.new("RGB", (64, 48), color) for color in colors]
    pictures = made(studio, "moving.gif", encode(
        pages[0], "GIF", save_all=True, append_images=pages[1:], duration=[80, 120, 200, 40], loop=0))
    web = pictures["web"]
    assert (web.n_frames, web.size) == (4, (64, 48))
    for number, color in enumerate(colors):
        web.seek(number)
        web.load()
        assert difference(pages[number], web.convert("RGB")) < LOSS_MAX, color
    durations = []
    for number in range(4):
        web.seek(number)
        web.load()
        durations.append(web.info["duration"])
    assert durations == [80, 120, 200, 40]
    assert difference(pages[0], pictures["thumbnail"]) < LOSS_MAX
    assert pictures["sidecar"]["photo"]["pages"] == 4


def test_a_derivative_that_cannot_be_is_named_and_the_others_are_made(studio):
    body = encode(Image.new("RGB", (1200, 20_000), "#336699"), "PNG")  # WebP: 16,383 at most.
    studio.upload("tall.png", body)
    end = studio.success_of("tall.png")
    assert [one["name"] for one in end["outputs"]] == ["thumbnail", "marked", "metadata"]
    told = json.loads(studio.fetch("tall.json"))["omitted"]
    assert [(one["name"], one["reason"]) for one in told] == [("web", "bad_recipe")]
    assert end["omitted"] == told
    assert "16383" in told[0]["message"]
    assert decode(studio.fetch("tall.thumbnail.jpg")).size == (19, 320)


def test_a_moving_picture_of_too_many_pages_is_a_still(studio):
    studio.upload("endless.gif", many_pages(101))
    end = studio.success_of("endless.gif")
    assert [one["name"] for one in end["outputs"]] == ["thumbnail", "marked", "metadata"]
    told = json.loads(studio.fetch("endless.json"))
    assert told["photo"]["pages"] == 101
    assert [(one["name"], one["reason"]) for one in told["omitted"]] == [("web", "too_many_pages")]


@pytest.mark.parametrize("key, name, kind", [
    ("really-a-png.jpg", "flowers.png", "png"), ("really-a-jpeg.png", "branches.jpg", "jpeg"),
    ("really-a-webp.gif", "rose.webp", "webp")])
def test_the_content_counts_and_not_the_name(studio, key, name, kind):
    pictures = made(studio, key, photo(name))
    assert pictures["sidecar"]["photo"]["format"] == kind
    assert studio.metadata(made_of(key)[0])["onput-photo-format"] == kind


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_the_smallest_and_the_thinnest_photos_are_photos(studio, size):
    key = "thin-{}x{}.png".format(*size)
    pictures = made(studio, key, encode(Image.new("RGB", size, "#336699"), "PNG"))
    assert pictures["thumbnail"].size == within(size, 320, 320)
    assert pictures["web"].size == within(size, 1600, 100_000)
    assert pictures["marked"].size == within(size, 1024, 1024)
    assert (pictures["sidecar"]["photo"]["width"], pictures["sidecar"]["photo"]["height"]) == size


def test_keys_in_folders_and_other_scripts_keep_their_names(studio):
    key = "Fotos/Frühling & 春/Blüte #1 +50%.jpg"
    studio.upload(key, photo("gopher.jpeg"))
    end = studio.success_of(key)
    assert [one["key"] for one in end["outputs"]] == made_of(key)
    assert set(made_of(key)) <= set(studio.keys("outbox", "Fotos/"))
    assert studio.metadata(made_of(key)[0])["onput-source"].startswith("s3://inbox/Fotos/Fr%C3%BChling")


def test_an_upload_chooses_its_derivatives(studio):
    studio.upload("chosen.jpg", photo("branches.jpg"), onput_derivatives="web, thumbnail")
    studio.success_of("chosen.jpg")
    assert studio.keys("outbox", "chosen.") == ["chosen.json", "chosen.thumbnail.jpg", "chosen.web.webp"]


def test_an_upload_that_chooses_what_is_not_there_fails_and_stays(studio):
    studio.upload("odd.jpg", photo("branches.jpg"), onput_derivatives="web,poster")
    error = studio.failure_of("odd.jpg")
    assert error["code"] == "bad_derivatives" and "poster" in error["message"]
    assert studio.keys("inbox", "odd.jpg") == ["odd.jpg"] and studio.keys("outbox", "odd.") == []


def test_the_topic_is_told_of_each_result(studio):
    studio.upload("news.jpg", photo("nikon.jpg"))
    end = studio.success_of("news.jpg")
    assert (end["version"], end["function"], end["attempts"]) == ("1", "photos", 1)
    assert end["functionArn"].endswith(":function:photos")
    assert end["input"]["size"] == len(photo("nikon.jpg"))
    assert [one["key"] for one in end["outputs"]] == made_of("news.jpg")
    assert [one["name"] for one in end["outputs"]] == ["thumbnail", "web", "marked", "metadata"]
    for one in end["outputs"]:
        head = studio.s3.head_object(Bucket=one["bucket"], Key=one["key"])
        assert (one["size"], one["contentType"]) == (head["ContentLength"], head["ContentType"])
        if one["name"] != "metadata":
            assert (one["width"], one["height"]) == decode(studio.fetch(one["key"])).size
    envelope = next(e for e in studio.messages if "news.jpg" in e["Message"])
    assert envelope["Type"] == "Notification" and envelope["Subject"] == "photos succeeded: inbox/news.jpg"
    attributes = {name: value["Value"] for name, value in envelope["MessageAttributes"].items()}
    assert attributes == {"status": "succeeded", "function": "photos", "bucket": "inbox"}


def test_what_the_pipeline_made_is_not_made_into_more(studio):
    studio.upload("once.jpg", photo("gopher.jpeg"))
    studio.success_of("once.jpg")
    studio.upload("after-once.jpg", photo("gopher.jpeg"))
    studio.success_of("after-once.jpg")
    assert studio.keys("outbox", "once.") == sorted(made_of("once.jpg"))
    assert all(bucket == "inbox" for bucket, _ in studio.ends)


def test_trace_tells_the_story_of_a_photo(studio):
    studio.upload("traced.jpg", photo("branches.jpg"))
    told = studio.run("trace", "--wait", "60", "s3://inbox/traced.jpg").stdout
    assert " done" in told.splitlines()[0]
    story = json.loads(studio.run("-o", "json", "trace", "--wait", "60",
                                  "s3://inbox/traced.jpg").stdout)
    assert story["outcome"] == "done"
    steps = [(step["what"], step["subject"]) for step in story["steps"]]
    assert steps[0] == ("ObjectCreated:Put", "s3://inbox/traced.jpg")
    stored = [subject for what, subject in steps if what == "ObjectCreated:Put"]
    assert stored[1:] == [f"s3://outbox/{key}" for key in made_of("traced.jpg")]
    assert "succeeded" in [what for what, _ in steps]
    details = " ".join(step["detail"] for step in story["steps"])
    assert "thumbnail 320x213" in details
    # The message to the topic and its way to the queue are of the same story.
    subjects = " ".join(subject for _, subject in steps)
    assert ":media" in subjects + details


def test_status_shows_the_function_and_its_worker(studio):
    status = json.loads(studio.run("-o", "json", "status").stdout)
    (photos,) = [f for f in status["functions"] if f["function"]["name"] == "photos"]
    assert photos["workers"] == 1 and photos["function"]["worker"] == "image"
    assert "photos" in studio.run("status").stdout
