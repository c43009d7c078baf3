"""Formats and settings of recordings: from metadata, tags and the function's environment."""
import pytest

from harness.clients import probe_audio, probe_rate
from test_natural_voice import outcome_of

TEXT = "The weather is fine today, and we walk in the park with our friends.".encode()


@pytest.mark.parametrize("name,extension,content_type,codec", [
    ("ogg_vorbis", "ogg", "audio/ogg", "vorbis"), ("ogg_opus", "opus", "audio/ogg", "opus"),
    ("wav", "wav", "audio/wav", "pcm_s16le"), ("mp3", "mp3", "audio/mpeg", "mp3")])
def test_a_recording_has_the_format_that_metadata_asks_for(onput, tmp_path, name, extension, content_type, codec):
    key = f"format-{name}"
    onput.s3.put_object(Bucket="inbox", Key=f"{key}.txt", Body=TEXT,
                        Metadata={"onput-format": name, "onput-engine": "standard"})
    assert f"{key}.{extension}" in outcome_of(onput, f"{key}.txt")
    recording = onput.s3.get_object(Bucket="outbox", Key=f"{key}.{extension}")
    assert recording["ContentType"] == content_type
    path = tmp_path / key
    path.write_bytes(recording["Body"].read())
    found, seconds = probe_audio(path)[:2]
    assert found == codec
    assert probe_rate(path) == (48000 if codec == "opus" else 22050)
    assert abs(seconds * 1000 - int(recording["Metadata"]["onput-duration-ms"])) < 200


def test_tags_are_settings_as_metadata_is(onput):
    onput.s3.put_object(Bucket="inbox", Key="tagged.txt", Body=TEXT,
                        Tagging="onput-voice=de&onput-format=ogg_opus&onput-bitrate=12")
    assert "voice de," in outcome_of(onput, "tagged.txt")
    small = onput.s3.head_object(Bucket="outbox", Key="tagged.opus")["ContentLength"]
    onput.s3.put_object(Bucket="inbox", Key="louder.txt", Body=TEXT, Metadata={"onput-bitrate": "64"},
                        Tagging="onput-voice=de&onput-format=ogg_opus&onput-bitrate=12")
    assert "voice de," in outcome_of(onput, "louder.txt")
    assert onput.s3.head_object(Bucket="outbox", Key="louder.opus")["ContentLength"] > 2 * small


def test_settings_that_do_not_exist_are_refused_and_near_ones_named(onput):
    for name, metadata, why in (("flac", {"onput-format": "flac"}, "is not one of mp3, ogg_vorbis, ogg_opus, wav"),
                                ("rate", {"onput-bitrate": "65"}, "mp3 has no bit rate of 65 kbit/s: choose 8, 16"),
                                ("language", {"onput-language": "german"}, "languages near it are de")):
        onput.s3.put_object(Bucket="inbox", Key=f"refused-{name}.txt", Body=TEXT, Metadata=metadata)
        assert why in outcome_of(onput, f"refused-{name}.txt"), name
    assert "languages near it are de" in onput.run("voices", "--language", "german", expect=3).stderr
