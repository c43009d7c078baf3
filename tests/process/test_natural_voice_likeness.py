"""How near the natural voice comes to what its authors' own program makes of the same texts, beside espeak-ng.

The distance is that of logarithmic mel spectra (80 bands up to 7.5 kHz, equal loudness), laid upon each other by dynamic
time warping. Skipped where the authors' package is not installed beside pytest: pip install hibari-tts==0.2.1
"""
import json

import pytest

from harness.instance import BIN, Onput

numpy = pytest.importorskip("numpy", reason="numpy is not installed: pip install hibari-tts==0.2.1")
hibari = pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install hibari-tts==0.2.1")

VOICES = BIN.parent / "share/onput/voices"
RATE = 16_000
TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "She sells sea shells by the sea shore.",
    "On the third of March, many people paid nine dollars each to hear it read at seven thirty.",
    "Whatever happens to a machine, each event is durable before the answer, and you can watch it become speech.",
]


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    if not (VOICES / "hibari/hibari.onnx").exists():
        pytest.skip(f"the voice hibari is not in {VOICES}: run {BIN}/onput voices install hibari")
    with Onput(tmp_path_factory.mktemp("natural"), environment={"ONPUT_VOICES_DIR": str(VOICES)}) as instance:
        yield instance


def spoken(onput, text, engine):
    answer = onput.client("polly").synthesize_speech(Text=text, VoiceId="Joanna", Engine=engine, OutputFormat="pcm",
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


def test_the_natural_voice_is_much_nearer_to_its_authors_than_espeak_ng(natural):
    authors = hibari.Hibari()
    measured = []
    for text in TEXTS:
        reference = at_rate(authors(text, seed=0).astype(numpy.float64), 24_000)
        ours, engine = spoken(natural, text, "neural"), spoken(natural, text, "standard")
        measured.append((distance(reference, ours), distance(reference, engine), len(ours) / len(reference)))
        assert 0.9 < measured[-1][2] < 1.1, text
    near, far = (sum(column) / len(TEXTS) for column in list(zip(*measured))[:2])
    print(json.dumps({"natural": round(near, 3), "espeak-ng": round(far, 3),
                      "lengths": [round(row[2], 3) for row in measured]}))
    assert near < 0.6 * far, measured
