"""What tests leave on the disk: an instance is up to some hundred megabytes, and a run starts hundreds of them."""
import os
import shutil

import pytest


@pytest.fixture(scope="module", autouse=True)
def leavings(request, tmp_path_factory):
    """Removes what a file's tests made, once all of them have passed. Of a file that failed, everything stays."""
    base = tmp_path_factory.getbasetemp()
    before = set(os.listdir(base))
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        for name in set(os.listdir(base)) - before:
            remove(base / name)


def remove(path):
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        # A handler's sandbox, a container or a browser may take something away meanwhile.
        shutil.rmtree(path, ignore_errors=True)
