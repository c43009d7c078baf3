"""Rules that no compiler checks: layers, containment of third-party libraries, lengths, marks.

    tests/tidy/tidy.py [--junit FILE]

Each rule is a function that yields (file, line, what is wrong). Exits 1 when any rule is broken.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Which of our folders each folder may include, beside itself. An include goes only down this table.
LAYERS = {
    "common/base": set(),
    "common/async": {"common/base"},
    "common/schema": {"common/base"},
    "common/pattern": {"common/base"},
    "common/recipe": {"common/base"},
    "common/outbox": {"common/base", "common/schema", "common/store", "common/transport"},
    "common/auth": {"common/base"},
    "common/store": {"common/base"},
    "common/transport": {"common/base", "common/schema"},
    "common/runtime": {"common/base", "common/schema", "common/store", "common/transport"},
    "common/worker": {"common/base", "common/async", "common/schema", "common/store", "common/transport", "common/runtime"},
}
SERVICE_MAY_INCLUDE = set(LAYERS)

# A third-party header is known to these folders only, and there only in .cpp files.
CONTAINED = {
    r"zmq(\.h|\.hpp)": {"common/transport"},
    r"msgpack": {"common/schema"},
    r"spdlog/": {"common/base"},
    r"openssl/": {"common/base"},
    r"rocksdb/": {"common/store"},
    r"rados/": {"common/store"},
    r"toml\+\+/": {"common/runtime", "services/ctl"},
    r"boost/": {"common/runtime", "services/gateway/http"},
    r"pugixml": {"services/gateway"},
    r"nlohmann/": {
        "common/auth", "common/pattern", "common/recipe", "common/worker",
        "services/gateway", "services/ctl", "services/image", "services/notifier", "services/queue", "services/tts",
    },
    r"vips/": {"services/image"},
    r"curl/": {"services/ctl", "services/notifier"},
    r"CLI/": {"services/ctl"},
    r"espeak-ng/": {"services/tts"},
    r"lame/": {"services/tts"},
    r"seccomp": {"common/worker"},
}

# Threads and locks live where a folder's README says so; everything else is one loop.
LOCK_FOLDERS = {"common/runtime", "common/store", "common/transport", "services/gateway", "services/notifier/outbound"}

FILE_LINES_MAX = 500
MAIN_LINES_MAX = 20
LINE_COLUMNS_MAX = 140  # The formatter keeps code at 100; comments may run longer where a table needs it.
FUNCTION_LINES_MAX = 70


def sources():
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in sorted(set(listed)):
        path = ROOT / name
        if path.is_file():
            yield name, path


def cpp_sources():
    for name, path in sources():
        if name.endswith((".hpp", ".cpp")):
            yield name, path.read_text(encoding="utf-8").splitlines()


def folder_of(name):
    """The room of a file: "common/base", "services/queue"."""
    return "/".join(name.split("/")[:2])


def includes(lines):
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def includes_go_down():
    for name, lines in cpp_sources():
        here = folder_of(name)
        if not name.startswith(("common/", "services/")):
            continue
        allowed = LAYERS.get(here, SERVICE_MAY_INCLUDE if name.startswith("services/") else set())
        for number, kind, target in includes(lines):
            if kind == "<":
                continue
            there = folder_of(target)
            if there != here and there not in allowed:
                yield name, number, f"{here} must not include {target}"


def includes_are_from_the_root():
    for name, lines in cpp_sources():
        for number, kind, target in includes(lines):
            if kind == '"' and not (ROOT / target).is_file():
                yield name, number, f'"{target}" is not a path from the root'


def third_parties_are_contained():
    for name, lines in cpp_sources():
        if not name.startswith(("common/", "services/")):
            continue
        for number, kind, target in includes(lines):
            if kind != "<":
                continue
            for pattern, folders in CONTAINED.items():
                if not re.match(pattern, target):
                    continue
                if not any(name.startswith(folder + "/") for folder in folders):
                    yield name, number, f"<{target}> belongs to {', '.join(sorted(folders))}"
                elif name.endswith(".hpp"):
                    yield name, number, f"<{target}> must stay out of headers"


def locks_stay_in_their_rooms():
    for name, lines in cpp_sources():
        if not name.startswith(("common/", "services/")) or any(name.startswith(f) for f in LOCK_FOLDERS):
            continue
        for number, line in enumerate(lines, 1):
            if re.search(r"std::(recursive_|shared_)?mutex\b|std::condition_variable|std::j?thread\b", line):
                yield name, number, "threads and locks belong to runtime, store, transport and the gateway"


def files_are_short():
    for name, path in sources():
        if not name.endswith((".hpp", ".cpp", ".py", ".sh")):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > FILE_LINES_MAX:
            yield name, len(lines), f"{len(lines)} lines; {FILE_LINES_MAX} at most"
        if name.endswith("/main.cpp") and name.startswith("services/") and len(lines) > MAIN_LINES_MAX:
            yield name, len(lines), f"a main has {MAIN_LINES_MAX} lines at most"
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS_MAX:
                yield name, number, f"{len(line)} columns; {LINE_COLUMNS_MAX} at most"


def functions_are_short():
    """A function's body ends with a closing brace in the column where its first line starts."""
    start = re.compile(r"^(\s*)(?!namespace\b|struct\b|class\b|enum\b|union\b|extern\b)[\w:<>,~&*\[\]= ]*[\w:~]\(.*\{\s*$")
    for name, lines in cpp_sources():
        if not name.startswith(("common/", "services/")):
            continue
        for number, line in enumerate(lines):
            match = start.match(line)
            if not match or line.lstrip().startswith(":") or re.match(r"\s*(if|for|while|switch|else|do|catch|return)\b", line):
                continue
            end = match.group(1) + "}"
            for length, later in enumerate(lines[number + 1 :], 2):
                if later.startswith(end) and later.rstrip(" ;,)") in (end, end + ")"):
                    if length > FUNCTION_LINES_MAX:
                        yield name, number + 1, f"a function of {length} lines; {FUNCTION_LINES_MAX} at most"
                    break


def co_await_takes_named_values():
    """GCC 12 destroys a braced temporary or a lambda of a co_await expression twice."""
    for name, lines in cpp_sources():
        text = "\n".join(lines)
        for match in re.finditer(r"\bco_await\b([^;]*);", text):
            if "{" in match.group(1).replace("{}", ""):
                number = text.count("\n", 0, match.start()) + 1
                if not lines[number - 1].lstrip().startswith("//"):
                    yield name, number, "name the value before the co_await expression"


def headers_guard_themselves():
    for name, lines in cpp_sources():
        if name.endswith(".hpp") and "#pragma once" not in lines:
            yield name, 1, "#pragma once is missing"


def nothing_is_left_unfinished():
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for name, path in sources():
        if name.startswith("build/") or not name.endswith((".hpp", ".cpp", ".py", ".sh", ".cmake", ".md", ".txt")):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if marks.search(line):
                yield name, number, "unfinished work is an issue, not a mark in the code"


def libraries_and_services_say_what_they_are():
    for parent in ("common", "services"):
        for folder in sorted((ROOT / parent).iterdir()):
            if folder.is_dir() and folder.name != "build" and not (folder / "README.md").is_file():
                yield f"{parent}/{folder.name}", 1, "README.md is missing"


RULES = [
    includes_go_down,
    includes_are_from_the_root,
    third_parties_are_contained,
    locks_stay_in_their_rooms,
    files_are_short,
    functions_are_short,
    co_await_takes_named_values,
    headers_guard_themselves,
    nothing_is_left_unfinished,
    libraries_and_services_say_what_they_are,
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--junit")
    arguments = parser.parse_args()
    suite = ElementTree.Element("testsuite", name="tidy")
    broken = 0
    for rule in RULES:
        case = ElementTree.SubElement(suite, "testcase", classname="tidy", name=rule.__name__)
        faults = [f"{name}:{number}: {what}" for name, number, what in rule()]
        if faults:
            broken += 1
            print(f"{rule.__name__}:")
            print("\n".join("  " + fault for fault in faults))
            ElementTree.SubElement(case, "failure", message=faults[0]).text = "\n".join(faults)
    if arguments.junit:
        ElementTree.ElementTree(suite).write(arguments.junit, encoding="unicode")
    print(f"tidy: {len(RULES) - broken} of {len(RULES)} rules hold")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
