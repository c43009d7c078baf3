"""Packs of natural voices for a test's own workers."""
import pytest

from harness.instance import BIN

VOICES = BIN.parent / "share/onput/voices"


def only_hibari(folder):
    """The folder, with the pack hibari in it and no other that is installed: who is neural follows from the packs. The
    test is skipped where it is not installed."""
    if not (VOICES / "hibari/hibari.onnx").exists():
        pytest.skip(f"the voice hibari is not in {VOICES}: run {BIN}/onput voices install hibari")
    for pack in ("hibari", "onnxruntime"):
        (folder / pack).symlink_to(VOICES / pack)
    return str(folder)
