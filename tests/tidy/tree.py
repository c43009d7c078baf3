"""The files that the rules look at, and the tables that say what is allowed in them."""
import dataclasses
import functools
import pathlib
import subprocess


@dataclasses.dataclass(frozen=True)
class Tables:
    """The tables of tidy.py; a test of a rule brings its own."""

    layers: dict = dataclasses.field(default_factory=dict)
    contained: dict = dataclasses.field(default_factory=dict)
    lock_folders: frozenset = frozenset()


class Tree:
    """A checkout: every file that git knows or would add, by its path from the root."""

    def __init__(self, root, tables=Tables()):
        self.root = pathlib.Path(root).resolve()
        self.tables = tables

    def git(self, *arguments):
        """The lines that a git command prints; none when it fails."""
        run = subprocess.run(["git", "-C", str(self.root), *arguments], capture_output=True, text=True)
        return run.stdout.splitlines() if run.returncode == 0 else []

    @functools.cached_property
    def names(self):
        listed = self.git("ls-files", "-co", "--exclude-standard")
        return sorted(name for name in set(listed) if (self.root / name).is_file())

    def ending(self, *ends):
        return [name for name in self.names if name.endswith(ends)]

    @functools.cache
    def lines(self, name):
        return (self.root / name).read_text(encoding="utf-8").splitlines()

    def cpp(self):
        """(name, lines) of each C++ file."""
        for name in self.ending(".hpp", ".cpp"):
            yield name, self.lines(name)

    def product_cpp(self):
        for name, lines in self.cpp():
            if name.startswith(("common/", "services/")):
                yield name, lines
