"""Texts as the world writes them: older encodings, decomposed letters, languages without a voice."""
import json
import re
import unicodedata
from urllib.parse import unquote

import pytest

RUSSIAN = "Сегодня хорошая погода, мы гуляли в парке и пили кофе с нашими друзьями."
VIETNAMESE = "Hôm nay trời đẹp, chúng tôi đi dạo trong công viên và uống cà phê với bạn bè."


def story_of(onput, key, wait=60):
    told = json.loads(onput.run("-o", "json", "trace", "--wait", str(wait), f"s3://inbox/{key}").stdout)
    return [step["detail"] for step in told["steps"] if step["what"] in ("succeeded", "dead-lettered", "failed")]


def assumed(onput, key, voice, encoding):
    """What the trace tells of a text's voice and encoding, and how sure they are."""
    told = story_of(onput, key)[-1]
    assert re.search(rf"voice {voice}, text {encoding}(, encoding \d+ % sure)?, language \d+ % sure$", told), told


@pytest.mark.parametrize("key, body, voice, encoding", [
    ("koi8.txt", RUSSIAN.encode("koi8-r"), "ru", "koi8-r"),
    ("cp1251.txt", RUSSIAN.encode("cp1251"), "ru", "windows-1251"),
    ("sjis.txt", "今日は天気がいいので、公園を散歩してコーヒーを飲みました。".encode("shift_jis"), "ja", "shift_jis"),
    ("nfd.txt", unicodedata.normalize("NFD", VIETNAMESE).encode(), "vi", "utf-8")],
    ids=["koi8-r", "windows-1251", "shift_jis", "decomposed"])
def test_a_text_is_spoken_in_its_language_whatever_its_encoding(onput, key, body, voice, encoding):
    onput.s3.put_object(Bucket="inbox", Key=key, Body=body)
    assumed(onput, key, voice, encoding)
    head = onput.s3.head_object(Bucket="outbox", Key=key.replace(".txt", ".mp3"))["Metadata"]
    assert (head["onput-voice"], head["onput-encoding"]) == (voice, encoding)
    assert 50 < int(head["onput-language-confidence"]) <= 100
    # What is UTF-8 cannot be anything else.
    assert 10 < int(head["onput-encoding-confidence"]) <= 100
    assert head["onput-encoding-confidence"] == "100" or encoding != "utf-8", head


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
    assumed(onput, "declared.txt", "ru", "cp866")
    head = onput.s3.head_object(Bucket="outbox", Key="declared.mp3")["Metadata"]
    assert head["onput-encoding-confidence"] == "100"


def test_utf16_that_is_declared_over_another_encoding_is_not_believed(onput):
    onput.s3.put_object(Bucket="inbox", Key="declared-wide.txt", Body=RUSSIAN.encode("cp1251"),
                        ContentType="text/plain; charset=utf-16")
    assumed(onput, "declared-wide.txt", "ru", "windows-1251")


@pytest.mark.parametrize("key, body, reason", [
    ("cp866.txt", RUSSIAN.encode("cp866"), "encoding cannot be told"),
    ("galician.txt", "Hoxe fai bo tempo e fomos pasear polo parque cos nosos amigos e amigas.".encode(),
     "for which there is no voice")], ids=["unknown encoding", "no voice"])
def test_what_would_be_gibberish_is_refused_with_its_reason(onput, key, body, reason):
    onput.s3.put_object(Bucket="inbox", Key=key, Body=body)
    assert any(reason in detail for detail in story_of(onput, key)), story_of(onput, key)


GERMAN = "Heute ist schönes Wetter, und wir sind mit unseren Freunden im Park spazieren gegangen."
TIBETAN = "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག"
TWO_LANGUAGES = f"{VIETNAMESE}\n\n{VIETNAMESE}\n\n{GERMAN}\n\n{RUSSIAN}\n\n{VIETNAMESE}"


def test_each_paragraph_is_spoken_in_its_language(onput):
    onput.s3.put_object(Bucket="inbox", Key="mixed.txt", Body=TWO_LANGUAGES.encode())
    assert story_of(onput, "mixed.txt")[-1].endswith(", languages vi, de, ru")
    head = onput.s3.head_object(Bucket="outbox", Key="mixed.mp3")["Metadata"]
    assert (head["onput-voice"], head["onput-languages"]) == ("vi", "vi,de,ru")
    # Whoever names a voice or a language has all of it spoken in that.
    onput.s3.put_object(Bucket="inbox", Key="named.txt", Body=TWO_LANGUAGES.encode(),
                        Metadata={"onput-language": "vi"})
    onput.wait_for_object("outbox", "named.mp3")
    named = onput.s3.head_object(Bucket="outbox", Key="named.mp3")["Metadata"]
    assert "onput-languages" not in named and "onput-language-confidence" not in named
    assert named["onput-duration-ms"] != head["onput-duration-ms"]


def test_a_paragraph_in_a_script_without_a_voice_is_left_out_and_named(onput):
    onput.s3.put_object(Bucket="inbox", Key="quoted.txt", Body=f"{GERMAN}\n\n{TIBETAN}".encode())
    assert f', 1 phrase left out, which the speech engine cannot say: "{TIBETAN[:8]}' in story_of(onput, "quoted.txt")[-1]
    head = onput.s3.head_object(Bucket="outbox", Key="quoted.mp3")["Metadata"]
    assert head["onput-left-out"] == "1" and unquote(head["onput-left-out-phrases"])[:8] == TIBETAN[:8]


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
