"""Kokoro's voices, with unmodified clients and real workers. Skipped where the pack is not installed:
build/release/bin/onput voices install kokoro"""
import json

import pytest

from harness.clients import probe_audio
from harness.instance import BIN, Onput
from harness.voices import VOICES
from test_natural_voice import outcome_of, refusal, speak

SPANISH = "El tiempo es bueno hoy, y paseamos por el parque con nuestros amigos."


@pytest.fixture(scope="module")
def kokoro(tmp_path_factory):
    if not (VOICES / "kokoro/kokoro.onnx").exists():
        pytest.skip(f"the pack kokoro is not in {VOICES}: run {BIN}/onput voices install kokoro")
    # So slow a worker that a slow voice's part is a paragraph.
    with Onput(tmp_path_factory.mktemp("kokoro"), tts=2, environment={
            "ONPUT_VOICES_DIR": str(VOICES), "ONPUT_TTS_CHARACTERS_PER_SECOND": "80"}) as instance:
        yield instance


def test_pollys_voices_of_its_languages_are_neural(kokoro, tmp_path):
    voices = kokoro.client("polly").describe_voices()["Voices"]
    engines = {voice["Id"]: voice["SupportedEngines"] for voice in voices}
    assert engines["ef_dora"] == ["neural"]
    for voice in ("Lucia", "Enrique", "Lea", "Bianca", "Giorgio", "Camila", "Brian", "Emma"):
        assert engines[voice] == ["standard", "neural"], voice
    for voice in ("Mathieu", "Vicki", "Ines", "Mizuki"):
        assert engines[voice] == ["standard"], voice
    path = tmp_path / "lucia"
    path.write_bytes(speak(kokoro, "Buenos días.", voice="Lucia", Engine="neural"))
    assert probe_audio(path)[0] == "mp3" and 0.5 < probe_audio(path)[1] < 5
    assert refusal(kokoro, voice="Vicki", Engine="neural")[:2] == (400, "EngineNotSupportedException")


def test_uploaded_spanish_is_spoken_by_it_unless_the_standard_engine_is_asked_for(kokoro):
    kokoro.s3.put_object(Bucket="inbox", Key="spanish.txt", Body=SPANISH.encode())
    assert "voice ef_dora," in outcome_of(kokoro, "spanish.txt")
    kokoro.s3.put_object(Bucket="inbox", Key="standard.txt", Body=SPANISH.encode(),
                         Metadata={"onput-engine": "standard"})
    assert "voice es," in outcome_of(kokoro, "standard.txt")


def test_a_text_of_pages_is_shared_by_workers(kokoro):
    text = "\n\n".join(["Buongiorno a tutti."] * 4).encode()
    kokoro.s3.put_object(Bucket="inbox", Key="pages.txt", Body=text, Metadata={"onput-voice": "im_nicola"})
    told = json.loads(kokoro.run("-o", "json", "trace", "--wait", "240", "s3://inbox/pages.txt").stdout)
    assert "into 2 parts" in [step["detail"] for step in told["steps"] if step["what"] == "split"], told
    assert "voice im_nicola," in outcome_of(kokoro, "pages.txt")
    kokoro.s3.put_object(Bucket="inbox", Key="fast.txt", Body=text, Metadata={"onput-voice": "it"})
    assert "voice it," in outcome_of(kokoro, "fast.txt")
    told = json.loads(kokoro.run("-o", "json", "trace", "s3://inbox/fast.txt").stdout)
    assert not any(step["what"] == "split" for step in told["steps"]), told
