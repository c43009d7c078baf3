"""Texts as the world writes them: older encodings, decomposed letters, languages without a voice."""
import json
import unicodedata

import pytest

RUSSIAN = "Сегодня хорошая погода, мы гуляли в парке и пили кофе с нашими друзьями."
VIETNAMESE = "Hôm nay trời đẹp, chúng tôi đi dạo trong công viên và uống cà phê với bạn bè."


def story_of(onput, key, wait=60):
    told = json.loads(onput.run("-o", "json", "trace", "--wait", str(wait), f"s3://inbox/{key}").stdout)
    return [step["detail"] for step in told["steps"] if step["what"] in ("succeeded", "dead-lettered", "failed")]


@pytest.mark.parametrize("key, body, voice, encoding", [
    ("koi8.txt", RUSSIAN.encode("koi8-r"), "ru", "koi8-r"),
    ("cp1251.txt", RUSSIAN.encode("cp1251"), "ru", "windows-1251"),
    ("sjis.txt", "今日は天気がいいので、公園を散歩してコーヒーを飲みました。".encode("shift_jis"), "ja", "shift_jis"),
    ("nfd.txt", unicodedata.normalize("NFD", VIETNAMESE).encode(), "vi", "utf-8")],
    ids=["koi8-r", "windows-1251", "shift_jis", "decomposed"])
def test_a_text_is_spoken_in_its_language_whatever_its_encoding(onput, key, body, voice, encoding):
    onput.s3.put_object(Bucket="inbox", Key=key, Body=body)
    assert f"voice {voice}, text {encoding}" in story_of(onput, key)[-1]


def test_a_decomposed_text_sounds_as_the_composed_one(onput):
    spoken = []
    for form in ("NFC", "NFD"):
        key = f"form-{form}"
        onput.s3.put_object(Bucket="inbox", Key=f"{key}.txt", Body=unicodedata.normalize(form, VIETNAMESE).encode())
        onput.wait_for_object("outbox", f"{key}.mp3")
        head = onput.s3.head_object(Bucket="outbox", Key=f"{key}.mp3")
        spoken.append((head["Metadata"]["onput-duration-ms"], head["Metadata"]["onput-voice"]))
    assert spoken[0] == spoken[1]


def test_a_declared_charset_is_read(onput):
    onput.s3.put_object(Bucket="inbox", Key="declared.txt", Body=RUSSIAN.encode("cp866"),
                        ContentType="text/plain; charset=cp866")
    assert "voice ru, text cp866" in story_of(onput, "declared.txt")[-1]


def test_utf16_that_is_declared_over_another_encoding_is_not_believed(onput):
    onput.s3.put_object(Bucket="inbox", Key="declared-wide.txt", Body=RUSSIAN.encode("cp1251"),
                        ContentType="text/plain; charset=utf-16")
    assert "voice ru, text windows-1251" in story_of(onput, "declared-wide.txt")[-1]


@pytest.mark.parametrize("key, body, reason", [
    ("cp866.txt", RUSSIAN.encode("cp866"), "encoding cannot be told"),
    ("galician.txt", "Hoxe fai bo tempo e fomos pasear polo parque cos nosos amigos e amigas.".encode(),
     "for which there is no voice")], ids=["unknown encoding", "no voice"])
def test_what_would_be_gibberish_is_refused_with_its_reason(onput, key, body, reason):
    onput.s3.put_object(Bucket="inbox", Key=key, Body=body)
    assert any(reason in detail for detail in story_of(onput, key)), story_of(onput, key)


def test_a_phrase_that_crashes_the_engine_is_left_out_named_and_the_rest_is_spoken(onput):
    # espeak-ng 1.51 aborts on a long dotted abbreviation.
    text = f"The first paragraph.\n\nOne two {'A.' * 300} three four.\n\nThe last paragraph of the book."
    onput.s3.put_object(Bucket="inbox", Key="crashes.txt", Body=text.encode())
    told = story_of(onput, "crashes.txt")[-1]
    assert "left out, which the speech engine cannot say:" in told and "A.A.A." in told
    metadata = onput.s3.head_object(Bucket="outbox", Key="crashes.mp3")["Metadata"]
    assert int(metadata["onput-left-out"]) > 0 and "A.A.A." in metadata["onput-left-out-phrases"]
    assert int(metadata["onput-duration-ms"]) > 3000


def test_a_text_whose_parts_do_not_fit_the_time_limit_is_refused_at_once(own_onput):
    # A worker so slow that a part of 450 characters has half of the function's 900 s.
    onput = own_onput(environment={"ONPUT_TTS_CHARACTERS_PER_SECOND": "1"})
    sentence = b"This is a paragraph of a very long book.\n\n"
    onput.s3.put_object(Bucket="inbox", Key="endless.txt", Body=sentence * (1_200_000 // len(sentence)))
    told = story_of(onput, "endless.txt")
    assert any("2000 parts of about 450" in detail for detail in told), told
    onput.receive("speech-dead-letters")
