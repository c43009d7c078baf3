"""A mistake in a function's configuration is refused when it is set, and named: step and field."""
import json

import pytest

from harness.photos import function_toml, names_toml

GOOD = {"output": {"bucket": "prints"}}


def with_steps(*steps):
    return {**GOOD, "derivatives": [{"name": "web", "steps": list(steps)}]}


MISTAKES = {
    "quality_above_100": (
        with_steps({"fit": {"width": 10, "height": 10}}, {"format": {"type": "jpeg", "quality": 101}}),
        "derivative 'web', step 2 (format): 'quality' 101 is not from 1 to 100"),
    "no_such_step": (with_steps({"sharpen": True}), "step 1"),
    "no_such_field": (with_steps({"fit": {"width": 10, "height": 10, "upscale": True}}),
                      "derivative 'web', step 1 (fit): there is no field 'upscale'"),
    "a_field_is_missing": (with_steps({"fit": {"width": 10}}),
                           "derivative 'web', step 1 (fit): 'height' is missing"),
    "a_side_is_zero": (with_steps({"resize": {"width": 0}}), "step 1 (resize): 'width'"),
    "a_side_is_huge": (with_steps({"resize": {"width": 16385}}), "step 1 (resize): 'width' 16385"),
    "resize_without_sides": (with_steps({"resize": {"enlarge": True}}), "step 1 (resize)"),
    "a_text_for_a_number": (with_steps({"resize": {"width": "wide"}}), "step 1 (resize): 'width'"),
    "an_unknown_focus": (with_steps({"fill": {"width": 9, "height": 9, "focus": "left"}}),
                         "step 1 (fill): 'focus'"),
    "a_box_without_place": (with_steps({"crop": {"width": 9, "height": 9, "focus": "box"}}),
                            "step 1 (crop)"),
    "degrees_beyond_a_turn": (with_steps({"rotate": {"degrees": 361}}), "step 1 (rotate): 'degrees'"),
    "no_color": (with_steps({"rotate": {"degrees": 3, "background": "red"}}),
                 "step 1 (rotate): 'background'"),
    "autorotate_twice": (with_steps({"autorotate": True}, {"autorotate": False}),
                         "derivative 'web': autorotate is given twice"),
    "a_mark_of_nothing": (with_steps({"watermark": {"opacity": 0.5}}), "step 1 (watermark)"),
    "a_mark_of_both": (with_steps({"watermark": {"text": "a", "image": "s3://marks/a.png"}}),
                       "step 1 (watermark)"),
    "a_mark_from_the_web": (with_steps({"watermark": {"image": "https://example.com/a.png"}}),
                            "step 1 (watermark): 'image'"),
    "a_mark_from_a_file": (with_steps({"watermark": {"image": "/etc/passwd"}}),
                           "step 1 (watermark): 'image'"),
    "opacity_above_1": (with_steps({"watermark": {"text": "a", "opacity": 1.5}}),
                        "step 1 (watermark): 'opacity'"),
    "an_unknown_gravity": (with_steps({"watermark": {"text": "a", "gravity": "up"}}),
                           "step 1 (watermark): 'gravity'"),
    "blocks_of_one": (with_steps({"pixelate": {"size": 1}}), "step 1 (pixelate): 'size' 1"),
    "a_palette_of_300": (with_steps({"pixelate": {"palette": 300}}), "step 1 (pixelate): 'palette' 300"),
    "an_unknown_format": (with_steps({"format": "bmp"}), "step 1 (format)"),
    "format_is_not_last": (with_steps({"format": "png"}, {"grayscale": True}), "step"),
    "quality_of_png": (with_steps({"format": {"type": "png", "quality": 80}}),
                       "step 1 (format): 'quality'"),
    "quality_and_max_bytes": (with_steps({"format": {"type": "jpeg", "quality": 80, "max_bytes": 9000}}),
                              "step 1 (format)"),
    "seventeen_steps": (with_steps(*[{"grayscale": True}] * 17), "derivative 'web'"),
    "two_of_one_name": ({**GOOD, "derivatives": [{"name": "a", "steps": []}] * 2}, "'a'"),
    "a_name_with_a_slash": ({**GOOD, "derivatives": [{"name": "../a", "steps": []}]}, "derivative 1: 'name'"),
    "seventeen_derivatives": ({**GOOD, "derivatives": [{"name": f"d{i}", "steps": []}
                                                       for i in range(17)]}, "derivatives"),
    "no_output": ({"derivatives": []}, "'output' is missing"),
    "no_bucket_of_that_name": ({"output": {"bucket": "No Bucket"}, "derivatives": []}, "'output': 'bucket'"),
    "an_unknown_policy": ({**GOOD, "invalid": "burn", "derivatives": []}, "'invalid'"),
    "quarantine_nowhere": ({**GOOD, "invalid": "quarantine", "derivatives": []}, "'quarantine'"),
    "limits_of_nothing": ({**GOOD, "limits": {"pixels": 0}, "derivatives": []}, "'limits': 'pixels' 0"),
    "an_unknown_field": ({**GOOD, "derivates": [], "derivatives": []}, "'derivates'"),
    "too_long": ({**GOOD, "derivatives": [], "padding": "p" * 33000}, "32768 bytes"),
}


def functions(onput):
    status = json.loads(onput.run("-o", "json", "status").stdout)
    return {f["function"]["name"] for f in status["functions"]}


def apply(onput, tmp_path, text, expect):
    path = tmp_path / "mistaken.toml"
    path.write_text(text)
    return onput.run("pipeline", "apply", path, expect=expect)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_configuration_is_refused_with_the_words(onput, tmp_path, name):
    configuration, words = MISTAKES[name]
    text = names_toml("bucket", "darkroom", "prints") + function_toml("mistaken", configuration)
    done = apply(onput, tmp_path, text, expect=None)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert words in done.stderr, done.stderr
    assert "function 'mistaken'" in done.stderr, done.stderr
    assert "mistaken" not in functions(onput)


def test_a_mistake_leaves_the_function_as_it_was(onput, tmp_path):
    def text(width):
        configuration = with_steps({"resize": {"width": width}})
        return names_toml("bucket", "darkroom", "prints") + function_toml("kept", configuration)
    apply(onput, tmp_path, text(100), expect=0)
    assert "'width' 0" in apply(onput, tmp_path, text(0), expect=2).stderr
    told = apply(onput, tmp_path, text(100), expect=0).stdout
    assert "updated" not in told


def test_a_worker_that_takes_no_configuration_refuses_one(onput, tmp_path):
    text = names_toml("bucket", "darkroom", "prints") + function_toml("spoken", with_steps())
    done = apply(onput, tmp_path, text.replace('worker = "image"', 'worker = "tts"'), expect=2)
    assert "configuration" in done.stderr
