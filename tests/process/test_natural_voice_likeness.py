"""How near the natural voices come to what their authors' own programs make of the same texts, beside espeak-ng.

The distance is that of logarithmic mel spectra (80 bands up to 7.5 kHz, equal loudness), laid upon each other by dynamic
time warping. Skipped where the authors' packages are not installed beside pytest:

    pip install hibari-tts==0.2.1                                    the natural voice, whole
    pip install misaki==0.9.4 phonemizer-fork==3.3.2 espeakng-loader==0.2.4 onnxruntime==1.23.2
    pip install --no-deps kokoro-onnx==0.6.1                         Kokoro: what its authors' program reads as phonemes,
                                                                     the numbers of these, and the net by their library
"""
import importlib.resources
import json

import pytest

from harness.instance import BIN, Onput

numpy = pytest.importorskip("numpy", reason="numpy is not installed: pip install numpy")

VOICES = BIN.parent / "share/onput/voices"
RATE = 16_000
TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "She sells sea shells by the sea shore.",
    "On the third of March, many people paid nine dollars each to hear it read at seven thirty.",
    "Whatever happens to a machine, each event is durable before the answer, and you can watch it become speech.",
]


# Of Kokoro: a text, Polly's voice that the pack's speaks for, that voice, and the language's names.
FOREIGN = [
    ("Hoy hace buen tiempo, y fuimos al parque con nuestros amigos.", "Lucia", "ef_dora", "es"),
    ("Il faisait froid, et nous sommes restés à la maison avec un livre.", "Lea", "ff_siwis", "fr-fr"),
    ("Oggi il tempo è bello, e siamo andati al parco con gli amici.", "Bianca", "if_sara", "it"),
    ("Hoje o tempo está bom, e fomos ao parque com os nossos amigos.", "Camila", "pf_dora", "pt-br"),
]


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    for pack in ("hibari", "kokoro"):
        if not (VOICES / f"{pack}/{pack}.onnx").exists():
            pytest.skip(f"the voice {pack} is not in {VOICES}: run {BIN}/onput voices install {pack}")
    with Onput(tmp_path_factory.mktemp("natural"), environment={"ONPUT_VOICES_DIR": str(VOICES)}) as instance:
        yield instance


def spoken(onput, text, engine, voice="Joanna"):
    answer = onput.client("polly").synthesize_speech(Text=text, VoiceId=voice, Engine=engine, OutputFormat="pcm",
                                                     SampleRate=str(RATE))
    return numpy.frombuffer(answer["AudioStream"].read(), "<i2").astype(numpy.float64) / 32768


def at_rate(sound, rate):
    """By a window of sines: linear interpolation would add what is compared."""
    spectrum = numpy.fft.rfft(sound)
    length = len(sound) * RATE // rate
    return numpy.fft.irfft(spectrum[:length // 2 + 1], length) * length / len(sound)


def mel_spectra(sound, points=1024, hop=256, bands=80, highest=7_500):
    sound = sound / numpy.sqrt((sound ** 2).mean()) * 0.1
    window = numpy.hanning(points)
    frames = [sound[at:at + points] * window for at in range(0, len(sound) - points, hop)]
    power = numpy.abs(numpy.fft.rfft(numpy.stack(frames), axis=1)) ** 2
    edges = 700 * (10 ** (numpy.linspace(0, 2595 * numpy.log10(1 + highest / 700), bands + 2) / 2595) - 1)
    hertz = numpy.arange(points // 2 + 1) * RATE / points
    filters = [numpy.maximum(0, numpy.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)))
               for low, middle, high in zip(edges, edges[1:], edges[2:])]
    return numpy.log10(numpy.maximum(power @ numpy.stack(filters).T, 1e-6))


def distance(first, second):
    """The mean difference along the best path through both."""
    apart = numpy.sqrt(((mel_spectra(first)[:, None] - mel_spectra(second)[None]) ** 2).mean(2))
    best = numpy.full((apart.shape[0] + 1, apart.shape[1] + 1), numpy.inf)
    steps = numpy.zeros_like(best)
    best[0, 0] = 0
    for i in range(1, best.shape[0]):
        for j in range(1, best.shape[1]):
            cost, at = min((best[i - 1, j - 1], (i - 1, j - 1)), (best[i - 1, j], (i - 1, j)),
                           (best[i, j - 1], (i, j - 1)))
            best[i, j] = cost + apart[i - 1, j - 1]
            steps[i, j] = steps[at] + 1
    return best[-1, -1] / steps[-1, -1]


def compared(reference, ours, engine):
    """How far ours and the engine's are from it, and how long ours is beside it."""
    return distance(reference, ours), distance(reference, engine), len(ours) / len(reference)


def check_nearer(name, measured):
    """In all much nearer than the engine, and each as long as the authors' is."""
    assert all(0.9 < length < 1.1 for _, _, length in measured), measured
    near, far = (sum(column) / len(measured) for column in list(zip(*measured))[:2])
    print(json.dumps({name: round(near, 3), "espeak-ng": round(far, 3),
                      "lengths": [round(length, 3) for _, _, length in measured]}))
    assert near < 0.6 * far, measured


def test_the_natural_voice_is_much_nearer_to_its_authors_than_espeak_ng(natural):
    hibari = pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install hibari-tts==0.2.1")
    authors = hibari.Hibari()
    measured = []
    for text in TEXTS:
        reference = at_rate(authors(text, seed=0).astype(numpy.float64), 24_000)
        measured.append(compared(reference, spoken(natural, text, "neural"), spoken(natural, text, "standard")))
    check_nearer("hibari", measured)


class KokoroAuthors:
    """Their program's front end before the pack's net."""

    def __init__(self, onnxruntime):
        self.net = onnxruntime.InferenceSession(str(VOICES / "kokoro/kokoro.onnx"))
        config = importlib.resources.files("kokoro_onnx") / "config.json"
        self.vocabulary = json.loads(config.read_text(encoding="utf-8"))["vocab"]

    def __call__(self, phonemes, voice):
        tokens = [self.vocabulary[sound] for sound in phonemes if sound in self.vocabulary]
        styles = numpy.fromfile(VOICES / f"kokoro/{voice}.bin", numpy.float32).reshape(-1, 1, 256)
        [sound] = self.net.run(["audio"], {"tokens": [[0, *tokens, 0]], "style": styles[len(tokens)],
                                           "speed": numpy.ones(1, numpy.float32)})
        return at_rate(sound.astype(numpy.float64), 24_000)


def test_kokoros_voices_are_much_nearer_to_their_authors_than_espeak_ng(natural):
    front = pytest.importorskip("misaki.espeak", reason="misaki is not installed: see the top of this file")
    pytest.importorskip("kokoro_onnx.config", reason="kokoro-onnx is not installed: see the top of this file")
    authors = KokoroAuthors(pytest.importorskip("onnxruntime", reason="onnxruntime is not installed"))
    measured = []
    for text, pollys, voice, language in FOREIGN:
        phonemes, _ = front.EspeakG2P(language=language)(text)
        measured.append(compared(authors(phonemes, voice), spoken(natural, text, "neural", pollys),
                                 spoken(natural, text, "standard", pollys)))
    check_nearer("kokoro", measured)
