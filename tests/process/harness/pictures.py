"""Pictures to upload: real photos, made ones and broken ones; and how two of them compare.

Everything here is read and made by Pillow or byte by byte, never by the library under test.
"""
import functools
import io
import pathlib
import struct
import subprocess
import tempfile
import zlib

import pytest
from PIL import Image, ImageChops, ImageStat

GO = pathlib.Path("/usr/share/gocode/src")
IMAGING = GO / "github.com/disintegration/imaging/testdata"
GO_IMAGE = GO / "golang.org/x/image/testdata"
CAMERAS = GO / "github.com/rwcarlsen/goexif/exif"

PHOTOS = {
    "branches.jpg": IMAGING / "branches.jpg",                                # 600x400
    "flowers.png": IMAGING / "flowers.png",                                  # 600x400
    "gopher.jpeg": GO_IMAGE / "go-turns-two-280x360.jpeg",
    "rose.webp": GO_IMAGE / "yellow_rose.lossy.webp",                        # 400x301
    "cut-out-rose.webp": GO_IMAGE / "yellow_rose.lossy-with-alpha.webp",
    "cut-out-rose.png": GO_IMAGE / "yellow_rose.png",
    "evening.png": GO_IMAGE / "blue-purple-pink-large.png",                  # With a profile.
    "nikon.jpg": CAMERAS / "sample1.jpg",                                    # 500x375, with GPS.
    "iphone.jpg": CAMERAS / "samples/has-lens-info.jpg",                     # GPS and on its side.
    **{f"turned-{i}.jpg": IMAGING / f"orientation_{i}.jpg" for i in range(1, 9)},
}


def photo(name):
    """The bytes of a real photo."""
    path = PHOTOS[name]
    if not path.exists():
        pytest.skip(f"NOT TESTED: there is no {path}: install tests/packages.txt")
    return path.read_bytes()


def decode(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def encode(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def sharp_photo(width, height):
    """A real photo as large as a camera's, with the noise of one."""
    base = decode(photo("branches.jpg")).resize((width, height), Image.Resampling.BICUBIC)
    noise = Image.effect_noise((width, height), 24).convert("RGB")
    return Image.blend(base, noise, 0.08)


def on_white(image):
    """As it looks on a white page."""
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def difference(one, other):
    """Mean difference of the channels, 0 to 255; the sizes must be the same."""
    assert one.size == other.size, (one.size, other.size)
    mode = "RGBA" if "A" in one.mode + other.mode else "RGB"
    return max(ImageStat.Stat(ImageChops.difference(one.convert(mode), other.convert(mode))).mean)


def lossy(image, kind, quality):
    """As an encoder of another library leaves it."""
    return decode(encode(image, kind, quality=quality))


def probe(data):
    """What ffprobe says of a picture: (codec, width, height)."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        done = subprocess.run(
            ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
             "stream=codec_name,width,height", "-of", "csv=p=0", file.name],
            capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    codec, width, height = done.stdout.decode().split()[0].split(",")[:3]
    return codec, int(width), int(height)


# -- PNG, chunk by chunk

GRAY, COLOR, COLOR_ALPHA = 0, 2, 6
CHANNELS = {GRAY: 1, COLOR: 3, COLOR_ALPHA: 4}


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size, depth, color_type, rows, extra=b""):
    """A PNG of unfiltered rows; `extra` are chunks before the pixels."""
    head = struct.pack(">IIBBBBB", *size, depth, color_type, 0, 0, 0)
    pack = zlib.compressobj(1)
    pixels = b"".join(pack.compress(b"\0" + row) for row in rows) + pack.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", pixels)
            + chunk(b"IEND", b""))


def black_png(width, height, depth=1, color_type=GRAY):
    """Nothing but zeros: large once decoded, small until then."""
    row = bytes((width * depth * CHANNELS[color_type] + 7) // 8)
    return png((width, height), depth, color_type, (row for _ in range(height)))


def deep_png(width=64, height=48):
    """16 bits a channel: a slope from left to right in red, from top to bottom in green."""
    def value(part, whole):
        return part * 65535 // (whole - 1)
    rows = [b"".join(struct.pack(">HHH", value(x, width), value(y, height), 0x8000)
                     for x in range(width)) for y in range(height)]
    return png((width, height), 16, COLOR, rows)


# -- what cannot be a photo

def flipped(data, at=0.5):
    """One bit is another."""
    place = int(len(data) * at)
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1:]


def jpeg_claiming(data, width, height):
    """The header says another size than the data has."""
    at = data.index(b"\xff\xc0") if b"\xff\xc0" in data else data.index(b"\xff\xc2")
    return data[:at + 5] + struct.pack(">HH", height, width) + data[at + 9:]


def shorter_than_told():
    """A JPEG whose header claims ten times the lines that are there: decoders warn, and show it."""
    return jpeg_claiming(encode(Image.new("RGB", (600, 400), (200, 30, 30)), "JPEG"), 600, 4000)


def many_pages(count):
    frames = [Image.new("P", (4, 4), number % 250) for number in range(count)]
    for number, frame in enumerate(frames):
        frame.putpalette([number % 256, 100, 255 - number % 256] * 256)
    return encode(frames[0].convert("RGB"), "GIF", save_all=True, duration=20,
                  append_images=[frame.convert("RGB") for frame in frames[1:]])


@functools.cache
def bad_photos():
    """What each of them is refused for: name -> (bytes, reason)."""
    jpeg, flowers, rose = photo("branches.jpg"), photo("flowers.png"), photo("rose.webp")
    moving = many_pages(10)
    return {
        "empty.jpg": (b"", "not_an_image"),
        "text.jpg": (b"Dear Sir, I am a photo. " * 40, "not_an_image"),
        "page.png": (b"<!DOCTYPE html><html><img src='x'></html>", "not_an_image"),
        "drawing.jpg": (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"'
                        b' width="10" height="10"/></svg>', "unsupported_format"),
        "document.png": (b"%PDF-1.7\n1 0 obj<<>>endobj\n", "unsupported_format"),
        "icon.jpg": (b"\0\0\1\0\1\0\20\20" + bytes(40), "unsupported_format"),
        "cut.bmp": (encode(Image.new("RGB", (90, 90)), "BMP")[:9000], "damaged"),
        "bomb.png": (black_png(30000, 30000), "too_many_pixels"),
        "beyond-counting.png": (black_png(2**31 - 1, 1), ("too_many_pixels", "damaged")),
        "vast.jpg": (jpeg_claiming(jpeg, 65500, 65500), "too_many_pixels"),
        "cut.jpg": (jpeg[:len(jpeg) // 2], "damaged"),
        "cut.png": (flowers[:len(flowers) // 2], "damaged"),
        "cut.webp": (rose[:len(rose) // 2], "damaged"),
        "cut.gif": (moving[:len(moving) // 2], "damaged"),
        "only-a-head.jpg": (jpeg[:20], "damaged"),
        "flipped.png": (flipped(flowers), "damaged"),
    }
