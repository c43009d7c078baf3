"""Rules that ask other programs: clang-format, the compiler, clang-tidy. Each uses both cores.

`Unchecked` says why nothing could be asked; tidy.py reports it as a skip.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

CLANG_FORMAT = "clang-format-19"
CLANG_TIDY = "clang-tidy-19"
COMPILER = "g++"
DATABASE = "build/release/compile_commands.json"  # Of `cmake --preset release`; nothing need be built.
SCRATCH = "build/tidy"
BASES = ("origin/main", "main")  # What a branch leaves from.


class Unchecked(Exception):
    """The rule has not been checked, and why."""


def need(program):
    if shutil.which(program) is None:
        raise Unchecked(f"{program} is not installed (tests/packages.txt)")


def in_parallel(ask, names):
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(zip(names, pool.map(ask, names)))


def reports(text, root):
    """(file, line, what) of each "file:line:column: error|warning: what" that a compiler prints."""
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?(?:error|warning): (.*)$", text, re.MULTILINE):
        path, line, what = match.groups()
        path = path.removeprefix(f"{root}/").removeprefix("./")
        if (path, line, what) not in seen:
            seen.add((path, line, what))
            yield path, int(line), what


def code_is_formatted(tree):
    need(CLANG_FORMAT)
    names = tree.ending(".hpp", ".cpp")

    def ask(group):
        command = [CLANG_FORMAT, "--dry-run", "--ferror-limit=1", *group]
        return subprocess.run(command, cwd=tree.root, capture_output=True, text=True).stderr

    groups = [names[start : start + 40] for start in range(0, len(names), 40)]
    for _, text in in_parallel(ask, groups):
        for name, line, what in reports(text, tree.root):
            yield name, line, f"{what} ({CLANG_FORMAT} -i)"


def compile_commands(tree):
    """The entries of the compilation database, by file."""
    path = tree.root / DATABASE
    if not path.is_file():
        raise Unchecked(f"{DATABASE} is missing: cmake --preset release")
    entries = {}
    for entry in json.loads(path.read_text(encoding="utf-8")):
        file = pathlib.Path(entry["directory"], entry["file"])
        if file.is_relative_to(tree.root):
            entries[str(file.relative_to(tree.root))] = shlex.split(entry["command"])
    return entries


def preprocessor_flags(commands):
    """Where any of the commands looks for headers, and what it defines; each once."""
    flags = {}
    for words in commands:
        for index, word in enumerate(words):
            if word in ("-I", "-isystem", "-D"):
                flags[(word, words[index + 1])] = None
            elif word.startswith(("-I", "-D")):
                flags[(word,)] = None
    return [word for flag in flags for word in flag]


def unproved_headers(tree, commands):
    """Those that no .cpp beside them includes first of all. A precompiled header comes before everything, so it proves nothing."""
    proving = {name for name, words in commands.items() if not any("cmake_pch" in word for word in words)}
    return [name for name in tree.ending(".hpp") if name.removesuffix(".hpp") + ".cpp" not in proving]


def headers_compile_alone(tree):
    need(COMPILER)
    commands = compile_commands(tree)
    # ccache knows whole compiles only: so an object file is made, and thrown away.
    launcher = ["ccache"] if shutil.which("ccache") else []
    command = [*launcher, COMPILER, "-std=c++23", "-w", "-c", "-I.", *preprocessor_flags(commands.values())]
    scratch = tree.root / SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)

    def ask(name):
        # `#pragma once` has no meaning in a main file, so one includes the header.
        source = scratch / (name.replace("/", "_") + ".cpp")
        source.write_text(f'#include "{name}"\n', encoding="utf-8")
        output = source.with_suffix(".o")
        words = [*command, str(source.relative_to(tree.root)), "-o", str(output)]
        run = subprocess.run(words, cwd=tree.root, capture_output=True, text=True)
        output.unlink(missing_ok=True)
        return run.stderr if run.returncode != 0 else ""

    for name, text in in_parallel(ask, unproved_headers(tree, commands)):
        faults = list(reports(text, tree.root))
        if text and not faults:
            yield name, 1, text.strip().splitlines()[-1]
        yield from faults[:1]


def changed_files(tree):
    """What differs from where this branch leaves the main one, and what is not committed."""
    base = next((lines[0] for name in BASES if (lines := tree.git("merge-base", "HEAD", name))), "HEAD")
    return {*tree.git("diff", "--name-only", base), *tree.git("ls-files", "-o", "--exclude-standard")}


def sources_of(tree, changed):
    """The .cpp files to be looked at: the changed ones, and for a changed header the one beside it or one that includes it."""
    found = {name for name in changed if name.endswith(".cpp")}
    for header in (name for name in changed if name.endswith(".hpp")):
        own = header.removesuffix(".hpp") + ".cpp"
        users = [name for name in tree.ending(".cpp") if f'#include "{header}"' in tree.lines(name)]
        found.update([own] if own in tree.names else users[:1])
    return sorted(found & set(tree.names))


def clang_tidy_is_content(tree, all_files=False):
    need(CLANG_TIDY)
    commands = compile_commands(tree)
    names = tree.ending(".cpp") if all_files else sources_of(tree, changed_files(tree))

    def ask(name):
        # The flags are GCC's, and so is a precompiled header.
        quiet = ["--quiet", "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-gch"]
        command = [CLANG_TIDY, "-p", str(pathlib.Path(DATABASE).parent), *quiet, name]
        return subprocess.run(command, cwd=tree.root, capture_output=True, text=True).stdout

    seen = set()
    for _, text in in_parallel(ask, [name for name in names if name in commands]):
        for fault in reports(text, tree.root):
            if fault not in seen:
                seen.add(fault)
                yield fault


RULES = [code_is_formatted, headers_compile_alone, clang_tidy_is_content]
