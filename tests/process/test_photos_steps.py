"""Every step of a recipe, on a real photo, against what Pillow (or plain arithmetic) makes of it.

Each group of steps is a function of its own: what is uploaded to darkroom/<group>/ becomes one
object per entry of GROUPS[<group>] in bucket prints.
"""
import io
import subprocess

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps

from harness.photos import Studio, function_toml, names_toml
from harness.pictures import decode, difference, encode, lossy, on_white, photo, probe

PNG = {"format": "png"}
LANCZOS = Image.Resampling.LANCZOS
RED, BLUE_TEXT = "s3://marks/red.png", {"text": "<b>© Ünput & co</b>", "color": "#0000ff"}

GROUPS = {
    "size": {
        "width": [{"resize": {"width": 300}}, PNG],
        "height": [{"resize": {"height": 100}}, PNG],
        "both": [{"resize": {"width": 200, "height": 200}}, PNG],
        "not-larger": [{"resize": {"width": 2000}}, PNG],
        "larger": [{"resize": {"width": 900, "enlarge": True}}, PNG],
        "fit": [{"fit": {"width": 100, "height": 300}}, PNG],
        "fit-larger": [{"fit": {"width": 1200, "height": 1200, "enlarge": True}}, PNG],
        "fill": [{"fill": {"width": 200, "height": 200}}, PNG],
        "fill-wide": [{"fill": {"width": 300, "height": 100, "focus": "center"}}, PNG],
        "fill-larger": [{"fill": {"width": 800, "height": 800}}, PNG],
        "fill-attention": [{"fill": {"width": 100, "height": 300, "focus": "attention"}}, PNG],
    },
    "crop": {
        "centre": [{"crop": {"width": 200, "height": 100}}, PNG],
        "box": [{"crop": {"width": 120, "height": 80, "focus": "box", "left": 30, "top": 40}}, PNG],
        "at-the-edge": [{"crop": {"width": 500, "height": 80, "focus": "box", "left": 550,
                                  "top": 0}}, PNG],
        "too-large": [{"crop": {"width": 5000, "height": 5000}}, PNG],
        "attention": [{"crop": {"width": 150, "height": 100, "focus": "attention"}}, PNG],
        "entropy": [{"crop": {"width": 150, "height": 100, "focus": "entropy"}}, PNG],
    },
    "turn": {
        "right": [{"rotate": {"degrees": 90}}, PNG],
        "around": [{"rotate": {"degrees": 180}}, PNG],
        "left": [{"rotate": {"degrees": -90}}, PNG],
        "full": [{"rotate": {"degrees": 360}}, PNG],
        "slanted": [{"rotate": {"degrees": 30, "background": "#ff0000"}}, PNG],
        "clear": [{"rotate": {"degrees": -12.5, "background": "#00000000"}}, PNG],
        "as-stored": [{"autorotate": False}, PNG],
        "upright": [{"autorotate": True}, PNG],
    },
    "mark": {
        "corner": [{"watermark": {"image": RED, "gravity": "north-west", "opacity": 1,
                                  "scale": 0.25, "margin": 10}}, PNG],
        "veil": [{"watermark": {"image": RED, "gravity": "center", "opacity": 0.5, "scale": 1}}, PNG],
        "tiled": [{"watermark": {"image": RED, "tile": True, "opacity": 1, "scale": 0.1}}, PNG],
        "signed": [{"watermark": {**BLUE_TEXT, "gravity": "south-east", "opacity": 1, "scale": 0.3,
                                  "margin": 20}}, PNG],
        "twice": [{"fit": {"width": 300, "height": 300}},
                  {"watermark": {"image": RED, "gravity": "north", "opacity": 1, "margin": 0}},
                  {"watermark": {"image": RED, "gravity": "south", "opacity": 1, "margin": 0}}, PNG],
    },
    "look": {
        "blocks": [{"pixelate": {"size": 10}}, PNG],
        "retro": [{"pixelate": {"size": 10, "palette": 16}}, PNG],
        "uneven": [{"pixelate": {"size": 7, "palette": 2}}, PNG],
        "grayscale": [{"grayscale": True}, PNG],
        "gray-and-marked": [{"grayscale": True}, {"watermark": {"image": RED, "opacity": 1}}, PNG],
    },
    "output": {
        "by-itself": [],
        "jpeg-30": [{"format": {"type": "jpg", "quality": 30}}],
        "jpeg-90": [{"format": {"type": "jpeg", "quality": 90}}],
        "jpeg-small": [{"format": {"type": "jpeg", "max_bytes": 12000}}],
        "jpeg-green": [{"format": {"type": "jpeg", "quality": 95, "background": "#0f0"}}],
        "png": [PNG],
        "png-small": [{"format": {"type": "png", "max_bytes": 120000}}],
        "webp": [{"format": {"type": "webp", "quality": 80}}],
        "webp-small": [{"format": {"type": "webp", "max_bytes": 6000}}],
        "avif": [{"fit": {"width": 200, "height": 200}}, {"format": {"type": "avif", "quality": 60}}],
        "gif": [{"format": "gif"}],
    },
    "strip": {
        "usual": [],
        "bare": [{"strip": {"exif": True}}],
        "with-place": [{"strip": {"exif": False, "gps": False}}],
        "plain-colors": [{"strip": {"exif": False, "profile": True}}, PNG],
        "own-colors": [PNG],
    },
    "all": {kind: [
        {"autorotate": True}, {"crop": {"width": 60, "height": 60}},
        {"resize": {"width": 120, "enlarge": True}}, {"fit": {"width": 100, "height": 100}},
        {"fill": {"width": 90, "height": 60}}, {"rotate": {"degrees": 90}},
        {"watermark": {"image": RED, "scale": 0.5}}, {"watermark": {"text": "All", "tile": True}},
        {"pixelate": {"size": 10, "palette": 32}}, {"grayscale": True}, {"strip": True},
        {"format": kind}] for kind in ("jpeg", "png", "webp", "avif", "gif")},
}


def pipeline():
    return (names_toml("bucket", "darkroom", "prints", "marks")
            + "".join(function_toml(group, {
                "output": {"bucket": "prints"}, "sidecar": group == "size",
                "derivatives": [{"name": name, "steps": steps} for name, steps in entries.items()]})
                      for group, entries in GROUPS.items()))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    with Studio(folder) as studio:
        path = folder / "darkroom.toml"
        path.write_text(pipeline())
        studio.run("pipeline", "apply", path)
        mark = encode(Image.new("RGBA", (40, 20), "#ff0000"), "PNG")
        studio.upload("red.png", mark, bucket="marks")
        yield studio


class Prints:
    """What a group made of one photo."""

    def __init__(self, studio, group, name, body):
        self.studio = studio
        key = f"{group}/{name}"
        studio.upload(key, body, bucket="darkroom")
        self.end = studio.success_of(key, bucket="darkroom")
        self.keys = {one["name"]: one["key"] for one in self.end["outputs"]}

    def bytes(self, name):
        return self.studio.fetch(self.keys[name], bucket="prints")

    def __getitem__(self, name):
        return decode(self.bytes(name))


_developed = {}


def develop(studio, group, name="flowers.png", body=None):
    """A photo's prints; of each photo and group once."""
    if (group, name) not in _developed:
        _developed[group, name] = Prints(studio, group, name, body or photo(name))
    return _developed[group, name]


FLOWERS = "flowers.png"  # 600x400


def flowers():
    return decode(photo(FLOWERS))


@pytest.mark.parametrize("name, size, loss_max", [
    ("width", (300, 200), 1), ("height", (150, 100), 1), ("both", (200, 200), 1),
    ("not-larger", (600, 400), 0), ("larger", (900, 600), 2), ("fit", (100, 67), 1.5),
    ("fit-larger", (1200, 800), 2)])
def test_a_photo_is_scaled_as_another_library_scales_it(studio, name, size, loss_max):
    wanted = flowers().resize(size, LANCZOS)
    assert difference(wanted, develop(studio, "size")[name]) <= loss_max


@pytest.mark.parametrize("name, size", [
    ("fill", (200, 200)), ("fill-wide", (300, 100)), ("fill-larger", (800, 800))])
def test_fill_covers_the_box_and_cuts_off_both_sides_alike(studio, name, size):
    assert difference(ImageOps.fit(flowers(), size, LANCZOS), develop(studio, "size")[name]) < 2


def test_fill_keeps_what_draws_attention(studio):
    pictures = develop(studio, "size", "lamp.png", encode(lamp(), "PNG"))
    assert is_lamp_in(pictures["fill-attention"])
    assert not is_lamp_in(pictures["fill-wide"].crop((0, 0, 200, 100)))


def lamp():
    """A dull picture with one bright, detailed thing at the right."""
    picture = Image.new("RGB", (600, 400), "#707070")
    patch = Image.effect_noise((80, 80), 90).convert("L")
    picture.paste(Image.merge("RGB", (patch.point(lambda v: 255), patch, patch.point(lambda v: 0))),
                  (480, 160))
    return picture


def is_lamp_in(picture):
    red, _, blue = picture.convert("RGB").split()
    lit = ImageChops.subtract(red, blue).point(lambda v: 255 if v > 128 else 0)
    box = lit.getbbox()
    return box is not None and (box[2] - box[0]) * (box[3] - box[1]) > 0.5 * 60 * 60


@pytest.mark.parametrize("name, box", [
    ("centre", (200, 150, 400, 250)), ("box", (30, 40, 150, 120)),
    ("at-the-edge", (550, 0, 600, 80)), ("too-large", (0, 0, 600, 400))])
def test_a_crop_is_that_part_of_the_photo_unchanged(studio, name, box):
    assert difference(flowers().crop(box), develop(studio, "crop")[name]) == 0


@pytest.mark.parametrize("focus", ["attention", "entropy"])
def test_a_crop_finds_the_interesting_part(studio, focus):
    pictures = develop(studio, "crop", "lamp.png", encode(lamp(), "PNG"))
    assert pictures[focus].size == (150, 100)
    assert is_lamp_in(pictures[focus])
    assert not is_lamp_in(pictures["centre"])


@pytest.mark.parametrize("focus", ["attention", "entropy"])
def test_a_crop_of_a_real_photo_is_where_vips_would_cut(studio, tmp_path, focus):
    (tmp_path / "in.png").write_bytes(photo(FLOWERS))
    subprocess.run(["vips", "smartcrop", "in.png", "out.png", "150", "100", "--interesting", focus],
                   cwd=tmp_path, check=True, timeout=60)
    wanted = decode((tmp_path / "out.png").read_bytes())
    assert difference(wanted, develop(studio, "crop")[focus]) == 0


@pytest.mark.parametrize("name, turn", [
    ("right", Image.Transpose.ROTATE_270), ("around", Image.Transpose.ROTATE_180),
    ("left", Image.Transpose.ROTATE_90)])
def test_a_quarter_turn_loses_nothing(studio, name, turn):
    assert difference(flowers().transpose(turn), develop(studio, "turn")[name]) == 0


def test_a_full_turn_changes_nothing(studio):
    assert difference(flowers(), develop(studio, "turn")["full"]) == 0


def test_a_slanted_photo_is_whole_before_its_background(studio):
    slanted = develop(studio, "turn")["slanted"].convert("RGB")
    wanted = flowers().rotate(-30, Image.Resampling.BILINEAR, expand=True, fillcolor="#ff0000")
    assert max(abs(one - other) for one, other in zip(slanted.size, wanted.size)) <= 2
    for corner in ((0, 0), (slanted.width - 1, 0), (0, slanted.height - 1)):
        assert slanted.getpixel(corner) == (255, 0, 0)

    def middle(image):
        return ImageOps.fit(image, (300, 300), centering=(0.5, 0.5)) if min(image.size) < 300 else (
            image.crop((image.width // 2 - 150, image.height // 2 - 150, image.width // 2 + 150,
                        image.height // 2 + 150)))
    assert difference(middle(wanted), middle(slanted)) < 8


def test_a_clear_background_stays_clear(studio):
    clear = develop(studio, "turn")["clear"]
    assert clear.mode == "RGBA" and clear.getpixel((0, 0))[3] == 0
    middle = clear.getpixel((clear.width // 2, clear.height // 2))
    assert middle[3] == 255


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_autorotate_can_be_left_out(studio, orientation):
    name = f"turned-{orientation}.jpg"
    stored = decode(photo(name))
    pictures = develop(studio, "turn", name)
    assert difference(stored, pictures["as-stored"]) < 1
    assert difference(ImageOps.exif_transpose(stored), pictures["upright"]) < 1


def test_a_mark_lies_in_its_corner(studio):
    wanted = flowers()
    wanted.paste((255, 0, 0), (10, 10, 160, 85))
    assert difference(wanted, develop(studio, "mark")["corner"]) < 0.2


def test_a_mark_can_be_seen_through(studio):
    wanted = flowers()
    veil = Image.new("RGB", (600, 300), "#ff0000")
    wanted.paste(Image.blend(wanted.crop((0, 50, 600, 350)), veil, 0.5), (0, 50))
    assert difference(wanted, develop(studio, "mark")["veil"]) < 1


def test_tiles_are_all_over(studio):
    tiled = develop(studio, "mark")["tiled"].convert("RGB")
    for left in range(0, 600, 150):
        for top in range(0, 400, 100):
            cell = tiled.crop((left, top, left + 150, top + 100))
            share = sum(pixel == (255, 0, 0) for pixel in cell.getdata()) / (150 * 100)
            assert 0.2 < share < 0.8, (left, top)


def test_two_marks_follow_the_order_of_the_steps(studio):
    twice = develop(studio, "mark")["twice"].convert("RGB")
    assert twice.size == (300, 200)
    wanted = flowers().resize((300, 200), LANCZOS)
    for top in (0, 170):
        wanted.paste((255, 0, 0), (120, top, 180, top + 30))
    assert difference(wanted, twice) < 1.5


def test_a_text_stands_in_its_corner_in_its_color_and_markup_is_only_text(studio):
    before = flowers()
    signed = develop(studio, "mark")["signed"].convert("RGB")
    changed = ImageChops.difference(before, signed).convert("L").point(lambda v: 255 if v else 0)
    left, top, right, bottom = changed.getbbox()
    assert 600 - 20 - 180 - 2 <= left and right <= 600 - 20 + 2
    assert right - left > 0.9 * 180 and 400 - 60 < top and bottom <= 400 - 20 + 2
    assert (0, 0, 255) in set(signed.crop((left, top, right, bottom)).getdata())


def test_blocks_have_the_mean_color_of_what_they_cover(studio):
    wanted = flowers().resize((60, 40), Image.Resampling.BOX).resize((600, 400), Image.Resampling.NEAREST)
    assert difference(wanted, develop(studio, "look")["blocks"]) < 1


def test_a_palette_is_small_and_near(studio):
    retro = develop(studio, "look")["retro"].convert("RGB")
    mosaic = flowers().resize((60, 40), Image.Resampling.BOX)
    colors = retro.getcolors()
    assert colors is not None and 8 <= len(colors) <= 16
    small = retro.resize((60, 40), Image.Resampling.NEAREST)
    assert difference(small.resize((600, 400), Image.Resampling.NEAREST), retro) == 0
    # No worse than another library's choice of 16 colours.
    other = mosaic.quantize(16, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    assert difference(mosaic, small) <= 1.1 * difference(mosaic, other)


def test_blocks_at_the_edges_may_be_smaller(studio):
    uneven = develop(studio, "look")["uneven"].convert("RGB")
    assert uneven.size == (600, 400) and len(uneven.getcolors()) == 2
    edge = uneven.crop((595, 0, 600, 7))  # 85 * 7 = 595
    assert len(edge.getcolors()) == 1


def test_grey_is_the_brightness_of_light(studio):
    gray = develop(studio, "look")["grayscale"]
    assert gray.mode == "L"

    def linear(value):
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    def seen(light):
        return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)
    before = flowers()
    for x in range(5, 600, 61):
        for y in range(5, 400, 41):
            red, green, blue = before.getpixel((x, y))
            light = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
            assert abs(gray.getpixel((x, y)) - seen(light)) <= 3, (x, y)


def test_a_mark_on_a_grey_photo_keeps_its_color(studio):
    marked = develop(studio, "look")["gray-and-marked"].convert("RGB")
    assert (255, 0, 0) in set(marked.getdata())
    red, green, blue = marked.getpixel((10, 10))
    assert red == green == blue


@pytest.mark.parametrize("name, codec", [
    ("by-itself", "mjpeg"), ("jpeg-90", "mjpeg"), ("png", "png"), ("webp", "webp"), ("gif", "gif")])
def test_another_reader_takes_each_format(studio, name, codec):
    assert probe(develop(studio, "output").bytes(name)) == (codec, 600, 400)


def test_avif_is_read_by_another_reader_and_looks_the_same(studio):
    avif = develop(studio, "output")["avif"]
    assert avif.format == "AVIF" and avif.size == (200, 133)
    assert difference(flowers().resize((200, 133), LANCZOS), avif.convert("RGB")) < 5


def test_lossless_formats_lose_nothing(studio):
    assert difference(flowers(), develop(studio, "output")["png"]) == 0


@pytest.mark.parametrize("name, kind, quality", [
    ("jpeg-90", "JPEG", 90), ("jpeg-30", "JPEG", 30), ("webp", "WEBP", 80)])
def test_quality_means_what_it_means_elsewhere(studio, name, kind, quality):
    prints = develop(studio, "output")
    assert difference(lossy(flowers(), kind, quality), prints[name]) < 3
    elsewhere = len(encode(flowers(), kind, quality=quality))
    assert 0.6 * elsewhere < len(prints.bytes(name)) < 1.4 * elsewhere


def test_256_colors_look_much_like_the_photo(studio):
    gif = develop(studio, "output")["gif"].convert("RGB")
    assert len(gif.getcolors(100000)) <= 256
    blurred = [image.reduce(4) for image in (flowers(), gif)]  # Dithering is seen from afar.
    assert difference(*blurred) < 6


@pytest.mark.parametrize("name, bytes_max", [
    ("jpeg-small", 12000), ("png-small", 120000), ("webp-small", 6000)])
def test_max_bytes_is_kept_and_used(studio, name, bytes_max):
    data = develop(studio, "output").bytes(name)
    assert len(data) <= bytes_max
    assert len(data) > 0.4 * bytes_max
    assert difference(flowers().reduce(4), decode(data).convert("RGB").reduce(4)) < 12


def test_what_is_transparent_lies_on_the_background_or_stays_so(studio):
    prints = develop(studio, "output", "cut-out-rose.png")
    original = decode(photo("cut-out-rose.png"))
    assert difference(original, prints["png"]) < 1
    assert difference(on_white(original), on_white(prints["webp"])) < 5
    assert prints["by-itself"].format == "PNG"  # JPEG could not hold it.
    green = Image.alpha_composite(Image.new("RGBA", original.size, "#00ff00"), original)
    assert difference(green.convert("RGB"), prints["jpeg-green"]) < 5
    assert prints["gif"].convert("RGBA").getpixel((0, 0))[3] == original.getpixel((0, 0))[3]


@pytest.mark.parametrize("kind, options", [("TIFF", {}), ("AVIF", {"quality": 95}),
                                           ("WEBP", {"lossless": True}), ("GIF", {})])
def test_each_format_is_read(studio, kind, options):
    body = encode(flowers(), kind, **options)
    prints = develop(studio, "output", f"as-{kind}", body)
    assert difference(decode(body), prints["png"]) < 2


def test_metadata_goes_as_told(studio):
    prints = develop(studio, "strip", "nikon.jpg")
    before = decode(photo("nikon.jpg")).getexif()

    def told(name):
        exif = prints[name].getexif()
        return exif.get(271), bool(exif.get_ifd(0x8825))
    assert told("usual") == (before[271], False)
    assert told("with-place") == (before[271], True)
    assert told("bare") == (None, False)
    place = prints["with-place"].getexif().get_ifd(0x8825)
    assert place[2] == before.get_ifd(0x8825)[2]  # The latitude.


def test_a_profile_stays_or_its_colors_become_plain_ones(studio, tmp_path):
    (tmp_path / "in.png").write_bytes(photo(FLOWERS))
    subprocess.run(["vips", "icc_transform", "in.png", "wide.png", "p3", "--input-profile", "srgb"],
                   cwd=tmp_path, check=True, timeout=60)
    body = (tmp_path / "wide.png").read_bytes()
    wide = decode(body)
    prints = develop(studio, "strip", "wide.png", body)
    own, plain = prints["own-colors"], prints["plain-colors"]
    assert own.info["icc_profile"] == wide.info["icc_profile"] and difference(wide, own) == 0
    assert "icc_profile" not in plain.info
    wanted = ImageCms.profileToProfile(
        wide, ImageCms.ImageCmsProfile(io.BytesIO(wide.info["icc_profile"])),
        ImageCms.createProfile("sRGB"))
    assert difference(wanted, plain) < 2
    assert difference(wide, plain) > 2  # There was something to do.


@pytest.mark.parametrize("name", [
    "branches.jpg", "flowers.png", "gopher.jpeg", "rose.webp", "cut-out-rose.webp",
    "cut-out-rose.png", "evening.png", "nikon.jpg", "iphone.jpg", "turned-7.jpg"])
def test_real_photos_go_through_all_steps_in_one_derivative(studio, name):
    prints = develop(studio, "all", name)
    colors = []
    for entry in GROUPS["all"]:
        picture = prints[entry]
        (output,) = [one for one in prints.end["outputs"] if one["name"] == entry]
        assert picture.size == (output["width"], output["height"]) == (60, 90), entry
        assert not picture.getexif().get(271)
        colors.append(picture.convert("RGB").reduce(10))
    for other in colors[1:]:
        assert difference(colors[0], other) < 12
    # The next may have the same name but for its ending, whose results are not written over these.
    for output in prints.end["outputs"]:
        studio.s3.delete_object(Bucket=output["bucket"], Key=output["key"])


def test_the_upload_that_a_group_was_given_stays(studio):
    develop(studio, "size")
    assert studio.fetch("size/flowers.png", bucket="darkroom") == photo(FLOWERS)
