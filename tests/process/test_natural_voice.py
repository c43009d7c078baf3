"""The natural voice, with unmodified clients and real workers; and what is said where it is not installed."""
import json
import subprocess

import botocore.exceptions
import pytest

from harness.clients import probe_audio
from harness.instance import Onput
from harness.voices import only_hibari

SENTENCE = "The weather is fine today, and we walk in the park with our friends."


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    folder = only_hibari(tmp_path_factory.mktemp("packs"))
    # Small parts, so that a text of some pages is a book.
    with Onput(tmp_path_factory.mktemp("natural"), tts=2,
               environment={"ONPUT_VOICES_DIR": folder, "ONPUT_TTS_PART_LENGTH": "600"}) as instance:
        yield instance


def speak(onput, text=SENTENCE, voice="Joanna", output="mp3", **more):
    spoken = onput.client("polly").synthesize_speech(Text=text, VoiceId=voice, OutputFormat=output, **more)
    return spoken["AudioStream"].read()


def refusal(onput, **more):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        speak(onput, **more)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def outcome_of(onput, key):
    told = json.loads(onput.run("-o", "json", "trace", "--wait", "60", f"s3://inbox/{key}").stdout)
    return [step["detail"] for step in told["steps"] if step["what"] in ("succeeded", "dead-lettered", "failed")][-1]


def decoded(path):
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-"],
                          capture_output=True, timeout=60, check=True)
    return done.stdout


def test_pollys_english_women_are_neural(natural, tmp_path):
    for output, codec in (("mp3", "mp3"), ("ogg_vorbis", "vorbis"), ("ogg_opus", "opus")):
        path = tmp_path / output
        path.write_bytes(speak(natural, Engine="neural", output=output))
        assert probe_audio(path)[0] == codec
        assert 2 < probe_audio(path)[1] < 8
    assert speak(natural, Engine="neural") != speak(natural, Engine="standard") == speak(natural)


def test_voices_are_listed_by_the_engine_that_they_have(natural):
    polly = natural.client("polly")
    neural = {voice["Id"]: voice["SupportedEngines"] for voice in polly.describe_voices(Engine="neural")["Voices"]}
    assert neural["hibari"] == ["neural"] and neural["Joanna"] == ["standard", "neural"]
    assert not {"Matthew", "Vicki", "en-US"} & set(neural)
    assert "No natural voice" not in natural.run("voices").stderr


def test_the_same_text_gives_the_same_bytes(natural):
    for output in ("mp3", "ogg_vorbis", "pcm"):
        assert speak(natural, voice="hibari", output=output) == speak(natural, voice="hibari", output=output)


def test_marks_point_at_their_words(natural):
    text = "Mary had a little lamb; its fleece was white as snow."
    lines = speak(natural, text, voice="hibari", output="json", SpeechMarkTypes=["word", "viseme", "sentence"])
    marks = [json.loads(line) for line in lines.splitlines()]
    assert [mark["time"] for mark in marks] == sorted(mark["time"] for mark in marks)
    words = [mark for mark in marks if mark["type"] == "word"]
    assert [text[word["start"]:word["end"]] for word in words] == [word["value"] for word in words]
    assert [word["value"] for word in words] == text.replace(";", "").replace(".", "").split()
    seconds = len(speak(natural, text, voice="hibari", output="pcm")) / 2 / 16000
    assert seconds / 2 < words[-1]["time"] / 1000 < seconds


def test_what_neural_voices_lack_is_refused_as_polly_refuses_it(natural):
    emphasis = "<speak>This is <emphasis>important</emphasis>.</speak>"
    assert refusal(natural, text=emphasis, TextType="ssml", Engine="neural") == (
        400, "InvalidSsmlException", "Unsupported Neural feature: <emphasis>")
    assert speak(natural, emphasis, TextType="ssml", Engine="standard")
    assert refusal(natural, voice="Matthew", Engine="neural")[:2] == (400, "EngineNotSupportedException")
    assert speak(natural, "<speak><prosody rate='slow' volume='soft'>Slowly.</prosody></speak>", TextType="ssml",
                 Engine="neural")


def test_uploaded_english_is_spoken_naturally_unless_the_standard_engine_is_asked_for(natural):
    natural.s3.put_object(Bucket="inbox", Key="natural.txt", Body=SENTENCE.encode())
    assert "voice hibari," in outcome_of(natural, "natural.txt")
    natural.s3.put_object(Bucket="inbox", Key="standard.txt", Body=SENTENCE.encode(),
                          Metadata={"onput-engine": "standard"})
    assert "voice en," in outcome_of(natural, "standard.txt")
    natural.s3.put_object(Bucket="inbox", Key="german.txt", Body="Das Wetter ist schön, wir gehen heute in den "
                          "Park und trinken dort einen Kaffee.".encode())
    assert "voice de," in outcome_of(natural, "german.txt")


def test_a_book_is_what_its_paragraphs_are_one_after_the_other(natural, tmp_path):
    paragraph = " ".join([SENTENCE] * 6)
    natural.s3.put_object(Bucket="inbox", Key="page.txt", Body=paragraph.encode())
    natural.s3.put_object(Bucket="inbox", Key="book.txt", Body="\n\n".join([paragraph] * 6).encode())
    assert "voice hibari," in outcome_of(natural, "book.txt") and outcome_of(natural, "page.txt")
    for name in ("book", "page"):
        natural.s3.download_file("outbox", f"{name}.mp3", str(tmp_path / name))
    head = natural.s3.head_object(Bucket="outbox", Key="book.mp3")
    told = json.loads(natural.run("-o", "json", "trace", "s3://inbox/book.txt").stdout)
    assert any("part" in step["detail"] for step in told["steps"]), told
    page, book = decoded(tmp_path / "page"), decoded(tmp_path / "book")
    # Each part is filled up to its last frame: at most 26 ms.
    assert abs(len(book) - 6 * len(page)) / 2 / 22050 < 6 * 0.03
    assert abs(int(head["Metadata"]["onput-duration-ms"]) - len(book) / 2 / 22.05) < 30


def test_without_the_pack_everything_else_speaks_and_says_what_is_missing(own_onput):
    onput = own_onput()
    assert "onput voices install hibari" in onput.run("voices").stderr
    assert refusal(onput, Engine="neural")[:2] == (400, "EngineNotSupportedException")
    onput.s3.put_object(Bucket="inbox", Key="plain.txt", Body=SENTENCE.encode())
    assert "voice en," in outcome_of(onput, "plain.txt")
    onput.s3.put_object(Bucket="inbox", Key="named.txt", Body=SENTENCE.encode(), Metadata={"onput-voice": "hibari"})
    failure = outcome_of(onput, "named.txt")
    assert "voice 'hibari' is not installed" in failure and "near it are" in failure


def test_a_pack_that_is_damaged_is_told_of_and_nothing_else_breaks(own_onput, tmp_path):
    folder = tmp_path / "voices"
    for name, content in (("hibari/hibari.onnx", b"no net"), ("hibari/vocab.json", b"{}"),
                          ("onnxruntime/libonnxruntime.so", b"no library")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    onput = own_onput(environment={"ONPUT_VOICES_DIR": folder})
    assert speak(onput)
    assert refusal(onput, Engine="neural")[1] == "EngineNotSupportedException"
    logs = "".join(path.read_text(errors="replace") for path in onput.data.rglob("*.log"))
    assert "the voice hibari cannot be loaded" in logs + onput.complaints()
