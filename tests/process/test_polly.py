"""Polly through unmodified clients, with real workers: what is spoken, and what is refused."""
import json
import threading
import urllib.error
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli, probe_audio, probe_rate
from harness.node import run_node
from harness.waiting import wait_until

PROGRAMS = {"v1": CLI_V1, "v2": CLI_V2}
LEXICON = """<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
</lexicon>"""

# Format, rate, the codec and the rate that ffprobe sees.
FORMATS = [
    ("mp3", None, "mp3", 22050), ("mp3", "8000", "mp3", 8000), ("mp3", "48000", "mp3", 48000),
    ("ogg_vorbis", None, "vorbis", 22050), ("ogg_vorbis", "44100", "vorbis", 44100),
    ("ogg_opus", None, "opus", 48000), ("ogg_opus", "48000", "opus", 48000)]
RAW = [("pcm", None, "s16le", 16000, 2), ("pcm", "8000", "s16le", 8000, 2), ("mulaw", None, "mulaw", 8000, 1),
       ("alaw", "8000", "alaw", 8000, 1)]


@pytest.fixture
def polly(onput):
    return onput.client("polly")


def speak(polly, text="Hello, world. This is spoken.", voice="Joanna", output="mp3", **more):
    spoken = polly.synthesize_speech(Text=text, VoiceId=voice, OutputFormat=output, **more)
    return spoken["AudioStream"].read()


def refusal(polly, **more):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        speak(polly, **more)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_every_format_is_what_ffprobe_says_it_is(polly, tmp_path):
    reference = len(speak(polly, output="pcm", SampleRate="16000")) / 2 / 16000
    assert 1 < reference < 10
    for output, rate, codec, seen_rate in FORMATS:
        options = {"SampleRate": rate} if rate else {}
        path = tmp_path / f"{output}-{rate}"
        path.write_bytes(speak(polly, output=output, **options))
        seen_codec, seconds = probe_audio(path)
        assert (seen_codec, probe_rate(path)) == (codec, seen_rate), (output, rate)
        assert abs(seconds - reference) < 0.2, (output, rate, seconds, reference)
    for output, rate, _, hertz, width in RAW:
        options = {"SampleRate": rate} if rate else {}
        seconds = len(speak(polly, output=output, **options)) / width / hertz
        assert abs(seconds - reference) < 0.1, (output, rate, seconds, reference)


def test_the_same_text_gives_the_same_bytes(polly):
    for output in ("mp3", "ogg_vorbis", "ogg_opus", "pcm"):
        assert speak(polly, output=output) == speak(polly, output=output), output


def test_the_head_says_what_it_is(polly):
    spoken = polly.synthesize_speech(Text="Xin chào", VoiceId="vi", OutputFormat="mp3")
    assert spoken["ContentType"] == "audio/mpeg"
    assert spoken["RequestCharacters"] == "8" or spoken["RequestCharacters"] == 8
    spoken["AudioStream"].read()
    tagged = polly.synthesize_speech(Text="<speak>Hi <break/>you</speak>", TextType="ssml", VoiceId="Amy",
                                     OutputFormat="pcm")
    assert int(tagged["RequestCharacters"]) == 6
    tagged["AudioStream"].read()


def test_marks_point_at_their_words(polly):
    text = "Café crème, s'il vous plaît. Merci!"
    lines = speak(polly, text=text, voice="Lea", output="json",
                  SpeechMarkTypes=["sentence", "word", "viseme"]).decode().splitlines()
    marks = [json.loads(line) for line in lines]
    words = [mark for mark in marks if mark["type"] == "word"]
    assert [word["value"] for word in words] == ["Café", "crème", "s'il", "vous", "plaît", "Merci"]
    data = text.encode()
    for mark in marks:
        if mark["type"] in ("word", "sentence"):
            assert data[mark["start"]:mark["end"]].decode() == mark["value"]
    times = [mark["time"] for mark in marks]
    assert times == sorted(times)
    assert {mark["type"] for mark in marks} == {"sentence", "word", "viseme"}


def test_ssml_is_obeyed(polly):
    def seconds(inner):
        return len(speak(polly, text=f"<speak>{inner}</speak>", output="pcm", TextType="ssml")) / 32000
    plain = seconds("one two three four")
    assert seconds('one two <break time="2s"/> three four') - plain == pytest.approx(2, abs=0.3)
    assert seconds('<prosody rate="50%">one two three four</prosody>') > 1.5 * plain
    assert seconds('<prosody rate="200%">one two three four</prosody>') < 0.75 * plain
    assert seconds('<sub alias="one two three four five six seven">8</sub>') > plain


def test_what_polly_refuses_is_refused_in_its_words(polly):
    assert refusal(polly, text="<speak>a", TextType="ssml") == (400, "InvalidSsmlException")
    assert refusal(polly, text="<speak><voice>a</voice></speak>", TextType="ssml") == (400, "InvalidSsmlException")
    assert refusal(polly, SampleRate="11025") == (400, "InvalidSampleRateException")
    assert refusal(polly, SpeechMarkTypes=["word"]) == (400, "MarksNotSupportedForFormatException")
    assert refusal(polly, output="json", SpeechMarkTypes=["ssml"]) == (
        400, "SsmlMarksNotSupportedForTextTypeException")
    assert refusal(polly, text="a" * 3001) == (400, "TextLengthExceededException")
    assert refusal(polly, Engine="generative") == (400, "EngineNotSupportedException")
    assert refusal(polly, LexiconNames=["none"]) == (404, "LexiconNotFoundException")
    assert refusal(polly, voice="Joana")[0] == 400
    assert refusal(polly, LanguageCode="vi-VN")[0] == 400


def test_voices_are_described(polly):
    voices = polly.describe_voices()["Voices"]
    by_id = {voice["Id"]: voice for voice in voices}
    joanna = by_id["Joanna"]
    assert (joanna["Gender"], joanna["LanguageCode"], joanna["LanguageName"]) == ("Female", "en-US", "US English")
    assert "vi" in by_id
    assert all(voice["SupportedEngines"] for voice in voices)
    assert {voice["LanguageCode"] for voice in polly.describe_voices(LanguageCode="fr-FR")["Voices"]} == {"fr-FR"}
    assert "vi" in {voice["Id"] for voice in polly.describe_voices(LanguageCode="vi-VN")["Voices"]}
    bilingual = {voice["Id"] for voice in polly.describe_voices(LanguageCode="en-IN")["Voices"]}
    more = {voice["Id"] for voice in polly.describe_voices(
        LanguageCode="hi-IN", IncludeAdditionalLanguageCodes=True)["Voices"]}
    without = {voice["Id"] for voice in polly.describe_voices(LanguageCode="hi-IN")["Voices"]}
    assert "Aditi" in bilingual and "Aditi" in more and "Aditi" not in without, (bilingual, more, without)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        polly.describe_voices(NextToken="next")
    assert caught.value.response["Error"]["Code"] == "InvalidNextTokenException"


def test_a_lexicon_changes_what_is_spoken(polly):
    plain = speak(polly, text="W3C", output="pcm")
    polly.put_lexicon(Name="w3c", Content=LEXICON)
    assert len(speak(polly, text="W3C", output="pcm", LexiconNames=["w3c"])) != len(plain)
    got = polly.get_lexicon(Name="w3c")
    assert got["Lexicon"] == {"Name": "w3c", "Content": LEXICON}
    facts = got["LexiconAttributes"]
    assert (facts["Alphabet"], facts["LanguageCode"], facts["LexemesCount"], facts["Size"]) == (
        "ipa", "en-US", 1, len(LEXICON))
    assert [lexicon["Name"] for lexicon in polly.list_lexicons()["Lexicons"]] == ["w3c"]
    polly.delete_lexicon(Name="w3c")
    assert polly.list_lexicons()["Lexicons"] == []


def test_a_wrong_lexicon_is_refused(polly):
    for content, code in (("<lexicon", "InvalidLexiconException"),
                          (LEXICON.replace('"ipa"', '"klingon"'), "UnsupportedPlsAlphabetException"),
                          (LEXICON.replace("W3C", "W" * 101), "MaxLexemeLengthExceededException"),
                          (LEXICON.replace("Consortium", "x " * 20001), "LexiconSizeExceededException")):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            polly.put_lexicon(Name="wrong", Content=content)
        assert caught.value.response["Error"]["Code"] == code


def presigned(onput, **query):
    """The URL of a link that speaks, as the presigners of AWS's SDKs make it for a page's <audio>."""
    request = botocore.awsrequest.AWSRequest(
        method="GET", url=f"{onput.url}/v1/speech?{urllib.parse.urlencode(query, doseq=True)}")
    credentials = botocore.credentials.Credentials("test", "test")
    botocore.auth.SigV4QueryAuth(credentials, "polly", "us-east-1", expires=60).add_auth(request)
    return request.url


def test_a_presigned_link_speaks(onput, tmp_path):
    url = presigned(onput, Text="Hello & world", VoiceId="Joanna", OutputFormat="ogg_vorbis", SampleRate="16000")
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "audio/ogg"
        assert answer.headers["x-amzn-RequestCharacters"] == "13"
        path = tmp_path / "link.ogg"
        path.write_bytes(answer.read())
    assert (probe_audio(path)[0], probe_rate(path)) == ("vorbis", 16000)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.replace("world", "worlds"), timeout=30)
    assert caught.value.code == 403
    # Without a signature nothing says that it is Polly's.
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{onput.url}/v1/speech?Text=a&VoiceId=Joanna&OutputFormat=mp3", timeout=30)
    assert caught.value.code in (403, 404)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(presigned(onput, Text="a", VoiceId="Joana", OutputFormat="mp3"), timeout=30)
    assert caught.value.code == 400


def test_settings_lift_the_limits(own_onput):
    onput = own_onput(environment={"ONPUT_GATEWAY_SPEECH_CHARACTERS_MAX": "12", "ONPUT_GATEWAY_SPEECH_SECONDS_MAX": "1",
                                   "ONPUT_GATEWAY_SPEECH_TASK_CHARACTERS_MAX": "20",
                                   "ONPUT_GATEWAY_LEXICON_CHARACTERS_MAX": "300"})
    client = onput.client("polly")
    assert len(speak(client, text="one two four", output="pcm")) / 32000 == pytest.approx(1, abs=0.05)
    assert refusal(client, text="one two three") == (400, "TextLengthExceededException")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.put_lexicon(Name="long", Content=LEXICON.replace("</lexicon>", " " * 300 + "</lexicon>"))
    assert caught.value.response["Error"]["Code"] == "LexiconSizeExceededException"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.start_speech_synthesis_task(Text="one two three four five", VoiceId="Amy", OutputFormat="mp3",
                                           OutputS3BucketName="inbox")
    assert caught.value.response["Error"]["Code"] == "TextLengthExceededException"


def test_who_leaves_in_the_middle_leaves_the_workers_to_others(polly):
    spoken = polly.synthesize_speech(Text="word " * 590, VoiceId="Joanna", OutputFormat="pcm")
    assert spoken["AudioStream"].read(1000)
    spoken["AudioStream"].close()
    assert len(speak(polly)) > 1000


def test_listeners_that_stop_hold_up_no_other_speech(onput):
    """As many as a worker has places. What they do not take fills their connections; their children wait."""
    patient = onput.client("polly")
    heard = [patient.synthesize_speech(Text="word " * 590, VoiceId="Joanna", OutputFormat="pcm")["AudioStream"]
             for _ in range(4)]
    assert all(stream.read(1000) for stream in heard)
    # Less than the half minute after which a connection that takes nothing is cut.
    hasty = onput.client("polly", read_timeout=15, retries={"max_attempts": 0})
    assert len(speak(hasty)) > 1000
    for stream in heard:
        stream.close()


def test_many_at_once_are_all_spoken(onput):
    """More than there are places: they wait."""
    client = onput.client("polly")
    sounds = [None] * 24

    def one(number):
        sounds[number] = speak(client, text=f"This is sentence number {number}.", output="pcm")
    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(sounds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(sounds)


def test_a_killed_worker_costs_only_its_own_calls(own_onput):
    onput = own_onput()
    client = onput.client("polly", retries={"max_attempts": 0})
    assert speak(client)
    onput.kill("tts")

    def spoken():
        try:
            return speak(client)
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceFailureException"
            return None
    wait_until(spoken, 30)


@pytest.mark.parametrize("version", PROGRAMS)
def test_the_aws_cli_speaks(onput, version, tmp_path):
    aws = AwsCli(PROGRAMS[version], onput)
    path = tmp_path / "hello.mp3"
    told = json.loads(aws("polly", "synthesize-speech", "--text", "Hello", "--voice-id", "Joanna",
                          "--output-format", "mp3", path, "--output", "json"))
    assert told["ContentType"] == "audio/mpeg"
    assert probe_audio(path)[0] == "mp3"
    voices = json.loads(aws("polly", "describe-voices", "--language-code", "en-GB", "--output", "json"))["Voices"]
    assert "Amy" in {voice["Id"] for voice in voices}


def test_the_javascript_sdk_speaks(onput, tmp_path):
    run_node("polly_v3.js", onput.url, str(tmp_path))
    assert probe_audio(tmp_path / "plain.mp3")[0] == "mp3"
    assert probe_audio(tmp_path / "speech.ogg")[0] == "vorbis"


def test_the_command_line_speaks(onput, tmp_path):
    path = tmp_path / "hello.mp3"
    onput.run("speak", "Xin chào các bạn", "--voice", "vi", "-o", str(path))
    assert probe_audio(path)[0] == "mp3"
    marks = onput.run("speak", "One two", "--voice", "Amy", "--format", "json", "--marks", "word").stdout
    assert [json.loads(line)["value"] for line in marks.splitlines()] == ["One", "two"]
    wrong = onput.run("speak", "hello", "--voice", "Joana", "-o", str(tmp_path / "none.mp3"), expect=2)
    assert "Joanna" in wrong.stderr
    assert not (tmp_path / "none.mp3").exists()
    listed = onput.run("voices", "--language", "VI").stdout
    assert "vi" in listed and "Joanna" not in listed
    assert "No voice speaks 'zz'" in onput.run("voices", "--language", "zz", expect=3).stderr


def test_the_command_line_takes_a_text_from_a_pipe_and_plays_it(onput, tmp_path):
    piped = onput.run("speak", "--voice", "Amy", "-o", str(tmp_path / "piped.opus"), input="One two three.")
    assert "of speech, voice" in piped.stderr
    assert probe_audio(tmp_path / "piped.opus")[0] == "opus"
    # ffplay on a machine without sound ends with a fault, and a machine without ffplay too: neither is silent.
    played = onput.run("speak", "One two three.", "--voice", "Amy", "--play", expect=None,
                       environment={"PATH": "/nonexistent"})
    assert played.returncode not in (0, -13) and "ffplay" in played.stderr, (played.returncode, played.stderr)
    for arguments, words in ((["--play", "-o", "x.mp3"], "not both"), (["--play", "--format", "pcm"], "--play takes"),
                             (["-o", "x.wav"], "no format is known")):
        assert words in onput.run("speak", "a", *arguments, expect=2).stderr
