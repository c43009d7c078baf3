"""Real files for clients to carry: what Debian packages have installed, and large bytes of no pattern."""
import filecmp
import os
import pathlib
import random
import shutil

import pytest

MIB = 1024 * 1024
# Of a package that the tests need anyway: small and large files, folders, links, names with dots and signs.
SOURCES = ("/usr/share/perl/5.36/unicore", "/usr/share/doc/git", "/usr/lib/git-core/mergetools")
FILES_MAX = 120


def make_tree(folder, large_mib=12):
    """Some of those files below `folder`, one of them large, some with names that need escapes."""
    folder = pathlib.Path(folder)
    sources = [pathlib.Path(source) for source in SOURCES if os.path.isdir(source)]
    assert sources, f"none of {SOURCES} is there"
    for source in sources:
        files = sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink())
        for path in files[:FILES_MAX // len(sources)]:
            to = folder / source.name / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
    (folder / "odd names").mkdir(parents=True)
    for name in ("a b+c&d=e.txt", "ünï cödé 日本.bin", "per%20cent", "tilde~(1)!'"):
        (folder / "odd names" / name).write_bytes(name.encode())
    (folder / "odd names" / "empty").touch()
    (folder / "large.bin").write_bytes(random.Random(7).randbytes(large_mib * MIB))
    return folder


def files_of(folder):
    """Paths of all files below, relative to it, in order."""
    folder = pathlib.Path(folder)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def expect_equal_trees(one, other):
    """The same files with the same bytes."""
    assert files_of(one) == files_of(other)
    different = [name for name in files_of(one)
                 if not filecmp.cmp(os.path.join(one, name), os.path.join(other, name), shallow=False)]
    assert not different, different


def program(name):
    """Where a program of a Debian package is; the test is skipped where there is none."""
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        pytest.skip(f"there is no {name}: install tests/packages.txt")
    return path
