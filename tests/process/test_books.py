"""Long texts: spoken in parts by all workers, joined, and the same whatever happens meanwhile."""
import hashlib
import io
import json
import subprocess
import time
import zipfile

import pytest

from harness.instance import Onput
from harness.killer import Killer
from harness.waiting import wait_until

# Small parts, so that a few pages are a book.
SMALL_PARTS = {"ONPUT_TTS_PART_LENGTH": "1500"}
CRASHES = "A." * 300  # espeak-ng 1.51 aborts on a long dotted abbreviation.


def book_of(paragraphs, mark=""):
    sentences = ("It was a bright morning and the clocks of the town had not been wound.",
                 "Nobody knew why; the keeper of the tower had gone to the sea with his brother.",
                 "So the people asked each other what time it was, and every answer was right.")
    return "\n\n".join(f"Paragraph {number}{mark}. {' '.join(sentences)}"
                       for number in range(1, paragraphs + 1))


def story_of(onput, key, wait=90):
    told = json.loads(onput.run("-o", "json", "trace", "--wait", str(wait), f"s3://inbox/{key}",
                                deadline_s=wait + 30).stdout)
    return told["steps"]


def details(steps, what):
    return [step["detail"] for step in steps if step["what"] == what]


def unfinished_uploads(onput):
    return onput.s3.list_multipart_uploads(Bucket="outbox").get("Uploads", [])


def failed_keys(onput):
    told = onput.run("-o", "json", "tail", "--from-seq", "1", "--type", "job.failed", "--no-follow").stdout
    return [json.loads(line)["event"]["key"] for line in told.splitlines()]


def decoded(mp3):
    return subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-"], input=mp3,
                          capture_output=True, check=True).stdout


def probed(mp3, folder):
    path = folder / "book.mp3"
    path.write_bytes(mp3)
    told = subprocess.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json",
                           str(path)], capture_output=True, check=True).stdout
    return json.loads(told)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two workers."""
    with Onput(tmp_path_factory.mktemp("pair"), tts=2, environment=SMALL_PARTS) as instance:
        yield instance


def test_a_book_is_spoken_in_parts_and_is_one_recording(pair, tmp_path):
    pair.s3.put_object(Bucket="inbox", Key="book.txt", Body=book_of(40).encode())
    mp3 = pair.wait_for_object("outbox", "book.mp3", 90)
    steps = story_of(pair, "book.txt")
    parts = int(details(steps, "split")[0].split()[1])
    assert parts > 5
    assert len(details(steps, "progress")) == parts
    assert f"{parts} of {parts} parts done" in details(steps, "progress")[-1]
    assert len({step.split("worker ")[-1] for step in details(steps, "leased")}) == 2
    told = probed(mp3, tmp_path)
    head = pair.s3.head_object(Bucket="outbox", Key="book.mp3")
    seconds = int(head["Metadata"]["onput-duration-ms"]) / 1000
    assert float(told["format"]["duration"]) == pytest.approx(seconds, abs=0.06)
    assert told["format"]["tags"]["title"] == "book.txt"
    assert told["streams"][0]["sample_rate"] == "22050"
    assert len(decoded(mp3)) / 2 / 22050 == pytest.approx(seconds, abs=0.001)
    assert head["Metadata"]["onput-voice"].startswith("en")
    assert unfinished_uploads(pair) == []


def test_parts_of_a_book_have_the_voices_of_their_paragraphs(pair, own_onput):
    german = "\n\n".join(f"Kapitel {number}. Heute ist schönes Wetter, und wir sind mit unseren Freunden im Park "
                         "spazieren gegangen, wo wir einen Kaffee getrunken haben." for number in range(20))
    text = f"{book_of(12)}\n\n{german}\n\n{book_of(12)}".encode()
    pair.s3.put_object(Bucket="inbox", Key="mixed.txt", Body=text)
    pair.wait_for_object("outbox", "mixed.mp3", 90)
    assert len(details(story_of(pair, "mixed.txt"), "progress")) > 3
    book = pair.s3.head_object(Bucket="outbox", Key="mixed.mp3")["Metadata"]
    whole = own_onput(tts=1)
    whole.s3.put_object(Bucket="inbox", Key="mixed.txt", Body=text)
    whole.wait_for_object("outbox", "mixed.mp3", 90)
    told = whole.s3.head_object(Bucket="outbox", Key="mixed.mp3")["Metadata"]
    assert book["onput-languages"] == told["onput-languages"]
    assert {language[:2] for language in book["onput-languages"].split(",")} == {"en", "de"}
    # Each part fills its last frame.
    assert int(book["onput-duration-ms"]) == pytest.approx(int(told["onput-duration-ms"]), rel=0.001)


def test_the_tail_shows_how_far_a_book_has_come(pair):
    pair.s3.put_object(Bucket="inbox", Key="far.txt", Body=book_of(150).encode())
    pair.wait_for_object("outbox", "far.mp3", 120)
    parts = int(details(story_of(pair, "far.txt"), "split")[0].split()[1])
    told = pair.run("-o", "json", "tail", "--from-seq", "1", "--type", "job.progress", "--no-follow").stdout
    events = [json.loads(line) for line in told.splitlines()]
    steps = [event["event"]["parts_done"] for event in events if event["event"]["key"] == "far.txt"]
    assert parts > 20 and len(steps) == 20, (parts, steps)
    assert steps == sorted(steps) and steps[-1] == parts
    line = pair.run("tail", "--from-seq", "1", "--type", "job.progress", "--no-follow").stdout.splitlines()[-1]
    assert f"s3://inbox/far.txt  function speech, {parts} of {parts} parts done" in line, line


def epub_of(chapters):
    items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>'
                    for n in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    files = {"mimetype": "application/epub+zip",
             "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>',
             "OPS/a.opf": f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"}
    for number, (title, text) in enumerate(chapters):
        paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
        files[f"OPS/c{number}.xhtml"] = f"<html><body><h1>{title}</h1>{paragraphs}</body></html>"
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return book.getvalue()


def chapters_of(mp3, folder):
    path = folder / "chapters.mp3"
    path.write_bytes(mp3)
    return json.loads(subprocess.run(["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(path)],
                                     capture_output=True, check=True).stdout)["chapters"]


def test_an_epub_is_spoken_chapter_by_chapter_as_its_text_is(pair, tmp_path):
    titles = ["The first", "The second", "The third"]
    # An extension in capitals: the rules of `onput dev` take any case.
    pair.s3.put_object(Bucket="inbox", Key="story.EPUB", Body=epub_of([(title, book_of(12)) for title in titles]))
    mp3 = pair.wait_for_object("outbox", "story.mp3", 90)
    assert [chapter["tags"]["title"] for chapter in chapters_of(mp3, tmp_path)] == titles
    text = "\n\n".join(f"{title}\n\n{book_of(12)}" for title in titles)
    pair.s3.put_object(Bucket="inbox", Key="plain.txt", Body=text.encode())
    plain = pair.wait_for_object("outbox", "plain.mp3", 90)
    assert decoded(mp3) == decoded(plain)


def test_what_only_looks_like_an_epub_is_refused_with_its_reason(pair):
    pair.s3.put_object(Bucket="inbox", Key="broken.epub", Body=epub_of([("One", "Two.")])[:-30])
    told = details(story_of(pair, "broken.epub"), "dead-lettered")
    assert told and "bad_epub: read the EPUB: this is no zip archive" in told[-1], told


def test_the_same_book_gives_the_same_bytes_on_one_worker_and_on_two(pair, own_onput):
    single = own_onput(tts=1, environment=SMALL_PARTS)
    recordings = []
    for onput in (pair, single):
        onput.s3.put_object(Bucket="inbox", Key="same.txt", Body=book_of(16).encode())
        recordings.append(onput.wait_for_object("outbox", "same.mp3", 90))
    assert hashlib.sha256(recordings[0]).digest() == hashlib.sha256(recordings[1]).digest()


def test_a_book_sounds_as_long_as_the_whole_text_does(pair, own_onput):
    whole = own_onput(tts=1)
    lengths = []
    for onput in (pair, whole):
        onput.s3.put_object(Bucket="inbox", Key="long.txt", Body=book_of(30).encode())
        onput.wait_for_object("outbox", "long.mp3", 90)
        head = onput.s3.head_object(Bucket="outbox", Key="long.mp3")
        lengths.append(int(head["Metadata"]["onput-duration-ms"]))
        assert ("split" in [step["what"] for step in story_of(onput, "long.txt")]) == (onput is pair)
    # A part fills its last frame of 26 ms, and its pause.
    assert lengths[0] == pytest.approx(lengths[1], rel=0.003)


def test_a_short_text_behind_a_book_does_not_wait_for_it(pair):
    pair.s3.put_object(Bucket="inbox", Key="heavy.txt", Body=book_of(1500).encode())
    wait_until(lambda: details(story_of(pair, "heavy.txt", 0), "progress"), 60, "the book to begin")
    begun = time.monotonic()
    pair.s3.put_object(Bucket="inbox", Key="short.txt", Body=b"A short text.")
    pair.wait_for_object("outbox", "short.mp3", 30)
    took = time.monotonic() - begun
    assert not pair.keys("outbox", "heavy.mp3"), f"the book was done first, after {took:.1f} s"
    # The newer version has a job of its own; what is left of this one ends early.
    pair.s3.put_object(Bucket="inbox", Key="heavy.txt", Body=book_of(4, " of the new book").encode())
    pair.wait_for_object("outbox", "heavy.mp3", 90)
    wait_until(lambda: unfinished_uploads(pair) == [], 60, "the old book to be put away")
    assert "heavy.txt" not in failed_keys(pair)
    head = pair.s3.head_object(Bucket="outbox", Key="heavy.mp3")
    assert int(head["Metadata"]["onput-duration-ms"]) < 120_000


def test_texts_behind_a_book_are_spoken_before_its_end_by_the_only_worker(own_onput):
    onput = own_onput(tts=1, environment={"ONPUT_TTS_PART_LENGTH": "2000"})
    # Small as a text, so nothing but its parts tells that it is a book.
    onput.s3.put_object(Bucket="inbox", Key="book.txt", Body=book_of(240).encode()[:65_000])
    wait_until(lambda: details(story_of(onput, "book.txt", 0), "progress"), 60, "the book to begin")
    onput.s3.put_object(Bucket="inbox", Key="short.txt", Body=b"A short text.")
    onput.s3.put_object(Bucket="inbox", Key="longer.txt", Body=book_of(12).encode())
    ends = {key: next(step["time"] for step in story_of(onput, key) if step["what"] == "succeeded")
            for key in ("short.txt", "longer.txt", "book.txt")}
    last_part = [step["time"] for step in story_of(onput, "book.txt") if step["what"] == "progress"][-1]
    assert ends["short.txt"] < last_part and ends["longer.txt"] < last_part, (ends, last_part)


def test_a_phrase_that_crashes_the_engine_is_left_out_of_its_part_and_named(pair):
    text = book_of(12) + f"\n\nOne two {CRASHES} three four.\n\n" + book_of(12)
    pair.s3.put_object(Bucket="inbox", Key="crashes.txt", Body=text.encode())
    told = details(story_of(pair, "crashes.txt"), "succeeded")[-1]
    assert "left out, which the speech engine cannot say:" in told and "A.A.A." in told, told
    metadata = pair.s3.head_object(Bucket="outbox", Key="crashes.mp3")["Metadata"]
    assert int(metadata["onput-left-out"]) > 0 and "A.A.A." in metadata["onput-left-out-phrases"]


def test_a_part_that_fails_for_good_fails_the_book_and_leaves_nothing(own_onput):
    # More phrases that crash in one part than a part may leave out.
    onput = own_onput(tts=2, environment={"ONPUT_TTS_PART_LENGTH": "25000"})
    text = book_of(120) + "\n\n" + "\n\n".join(f"{CRASHES} {number}" for number in range(40))
    onput.s3.put_object(Bucket="inbox", Key="hopeless.txt", Body=text.encode())
    steps = story_of(onput, "hopeless.txt", 240)
    assert details(steps, "part failed"), steps
    told = details(steps, "dead-lettered")
    assert told and "phrases crash the speech engine" in told[-1], told
    assert not onput.keys("outbox", "hopeless.mp3")
    assert unfinished_uploads(onput) == []
    assert json.loads(onput.receive("speech-dead-letters")["Body"])["Records"][0]["s3"]["object"]["key"] == "hopeless.txt"


def test_a_part_that_somebody_replaces_ends_the_book_and_leaves_nothing(pair):
    pair.s3.put_object(Bucket="inbox", Key="replaced.txt", Body=book_of(400).encode())
    upload, = wait_until(lambda: [found for found in unfinished_uploads(pair) if found["Key"] == "replaced.mp3"], 60)
    place = {"Bucket": "outbox", "Key": upload["Key"], "UploadId": upload["UploadId"]}
    wait_until(lambda: 2 in [part["PartNumber"] for part in pair.s3.list_parts(**place).get("Parts", [])], 60)
    pair.s3.upload_part(**place, PartNumber=2, Body=b"no frames of ours")
    told = details(story_of(pair, "replaced.txt", 120), "dead-lettered")
    assert told and told[-1].startswith("invalid_part: join the parts"), told
    assert not pair.keys("outbox", "replaced.mp3")
    assert unfinished_uploads(pair) == []


def test_the_headings_of_a_document_are_chapters(pair, tmp_path):
    chapters = [f"Chapter {name}" for name in ("one", "two", "three")]
    text = "\n\n".join(f"# {chapter}\n\n{book_of(8)}" for chapter in chapters)
    pair.s3.put_object(Bucket="inbox", Key="novel.md", Body=text.encode())
    told = chapters_of(pair.wait_for_object("outbox", "novel.mp3", 90), tmp_path)
    assert [chapter["tags"]["title"] for chapter in told] == chapters
    starts = [float(chapter["start_time"]) for chapter in told]
    assert starts[0] == 0 and starts[1] > 60 and starts[2] == pytest.approx(2 * starts[1], rel=0.05)


def test_marks_of_a_document_are_not_spoken(pair):
    lengths = []
    for kind, text in (("plain", "One two three.\n\nFour five."),
                       ("html", "<style>p {}</style><p>One <b>two</b> three.<p>Four five."),
                       ("markdown", "One **two** three.\n\n```\nint code;\n```\n\nFour [five](http://a.b/c).")):
        pair.s3.put_object(Bucket="inbox", Key=f"marks-{kind}.txt", Body=text.encode(),
                           ContentType=f"text/{kind}", Metadata={"onput-language": "en"})
        result = f"marks-{kind}.mp3"
        pair.wait_for_object("outbox", result)
        lengths.append(pair.s3.head_object(Bucket="outbox", Key=result)["Metadata"]["onput-duration-ms"])
    assert len(set(lengths)) == 1, lengths


def test_a_book_is_one_recording_whatever_is_killed(own_onput, pair):
    text = book_of(60)
    pair.s3.put_object(Bucket="inbox", Key="survivor.txt", Body=text.encode())
    expected = pair.wait_for_object("outbox", "survivor.mp3", 120)
    onput = own_onput(tts=2, environment=SMALL_PARTS)
    onput.s3.put_bucket_versioning(Bucket="outbox", VersioningConfiguration={"Status": "Enabled"})
    onput.s3.put_object(Bucket="inbox", Key="survivor.txt", Body=text.encode())
    killer = Killer(onput, ("tts", "queue", "storage", "notifier", "tts"), 2, lambda: 0.7,
                    ends_itself=True)
    try:
        assert onput.wait_for_object("outbox", "survivor.mp3", 180) == expected
    finally:
        killer.stop()
    story_of(onput, "survivor.txt")
    wait_until(lambda: onput.s3.list_multipart_uploads(Bucket="outbox").get("Uploads", []) == [], 60,
               "nothing to be left")
    versions = onput.s3.list_object_versions(Bucket="outbox", Prefix="survivor.mp3")["Versions"]
    assert len(versions) == 1
