"""An operator's own program, flite, speaks calls and jobs of unmodified clients through a real worker."""
import json
import shutil

import botocore.exceptions
import pytest

from harness.clients import probe_audio
from harness.instance import Onput

SENTENCE = "The weather is fine today, and we walk in the park with our friends."
PROGRAMS = {"programs": [
    {"name": "flite",
     "command": ["/usr/bin/flite", "-voice", "{voice}", "--setf", "duration_stretch={stretch}",
                 "-f", "/dev/stdin", "-o", "/dev/stdout"],
     "voices": [{"id": "slt", "language": "en-US", "gender": "Female", "name": "SLT"}]},
    {"name": "cat", "command": ["/usr/bin/cat"], "voices": [{"id": "parrot", "language": "en-US"}]},
]}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed: tests/packages.txt")
    folder = tmp_path_factory.mktemp("programs")
    file = folder / "programs.json"
    file.write_text(json.dumps(PROGRAMS))
    # Small parts, so that a text of some pages is a book.
    with Onput(folder / "data", tts=2, environment={"ONPUT_SPEECH_PROGRAMS": str(file), "ONPUT_VOICES_DIR": "none",
                                                    "ONPUT_TTS_PART_LENGTH": "600"}) as instance:
        yield instance


def speak(onput, voice, **more):
    spoken = onput.client("polly").synthesize_speech(Text=SENTENCE, VoiceId=voice, OutputFormat="mp3", **more)
    return spoken["AudioStream"].read()


def outcome_of(onput, key):
    told = json.loads(onput.run("-o", "json", "trace", "--wait", "60", f"s3://inbox/{key}").stdout)
    return [step["detail"] for step in told["steps"] if step["what"] in ("succeeded", "dead-lettered", "failed")][-1]


def test_a_program_speaks_a_call(onput, tmp_path):
    (tmp_path / "slt.mp3").write_bytes(speak(onput, "slt"))
    codec, seconds = probe_audio(tmp_path / "slt.mp3")[:2]
    assert codec == "mp3" and 3 < seconds < 8
    assert speak(onput, "slt") == speak(onput, "slt") != speak(onput, "Joanna")


def test_its_voices_are_listed(onput):
    voices = {voice["Id"]: voice for voice in onput.client("polly").describe_voices()["Voices"]}
    assert voices["slt"]["SupportedEngines"] == ["standard"] and voices["slt"]["Gender"] == "Female"
    assert voices["slt"]["LanguageCode"] == "en-US"
    assert "slt" in onput.run("voices").stdout


def test_a_program_speaks_a_book_on_all_workers(onput, tmp_path):
    text = "\n\n".join([SENTENCE] * 60)
    onput.client("s3").put_object(Bucket="inbox", Key="book.txt", Body=text.encode(),
                                  Metadata={"onput-voice": "slt"})
    (tmp_path / "book.mp3").write_bytes(onput.wait_for_object("outbox", "book.mp3", 120))
    assert 200 < probe_audio(tmp_path / "book.mp3")[1] < 500


def test_a_program_that_fails_says_so(onput):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        speak(onput, "parrot")
    assert caught.value.response["Error"]["Code"] == "ServiceFailureException"
    onput.client("s3").put_object(Bucket="inbox", Key="bad.txt", Body=SENTENCE.encode(),
                                  Metadata={"onput-voice": "parrot"})
    assert "the program wrote no sound that can be used: it is no WAV" in str(outcome_of(onput, "bad.txt"))
