#!/usr/bin/env python3
"""Rules that no compiler checks: layers, containment of third-party libraries, lengths, drawings, pages; and what
clang-format, clang-tidy and a compile of each header say.

    tests/tidy/tidy.py [--junit FILE] [--clang-tidy-all] [RULE ...]

clang-tidy looks at what a branch changed; at everything with --clang-tidy-all, which takes an hour of two cores.
Each rule is a function in the files beside this one that yields (file, line, what is wrong). Exits 1 when any rule is
broken. A rule whose program or compilation database is missing is skipped, and said to be.
"""
import argparse
import functools
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import code_rules
import comments
import documents
import includes
import tools
import tree

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Which of our folders each folder may include, beside itself. An include goes only down this table.
LAYERS = {
    "common/base": set(),
    "common/archive": {"common/base"},
    "common/async": {"common/base"},
    "common/json": {"common/base"},
    "common/schema": {"common/base", "common/json"},
    "common/pattern": {"common/base"},
    "common/events": {"common/base", "common/json", "common/pattern", "common/schema"},
    "common/recipe": {"common/base", "common/json"},
    "common/speech": {"common/base"},
    "common/outbox": {"common/base", "common/schema", "common/store", "common/transport"},
    "common/auth": {"common/base", "common/json"},
    "common/store": {"common/base"},
    "common/transport": {"common/base", "common/schema"},
    "common/http": {"common/base", "common/transport"},
    "common/runtime": {"common/base", "common/schema", "common/store", "common/transport"},
    "common/service": {"common/auth", "common/base", "common/schema", "common/store", "common/transport", "common/outbox",
                       "common/runtime"},
    "common/worker": {"common/base", "common/async", "common/json", "common/schema", "common/store", "common/transport", "common/runtime"},
}

# A third-party header is known to these folders only, and there only in .cpp files.
CONTAINED = {
    r"zmq(\.h|\.hpp)": {"common/transport"},
    r"msgpack": {"common/schema"},
    r"spdlog/": {"common/base"},
    r"openssl/": {"common/base"},
    r"rocksdb/": {"common/store"},
    r"zstd\.h": {"common/store"},
    r"zip\.h$": {"common/archive"},
    r"rados/": {"common/store"},
    r"toml\+\+/": {"common/runtime", "services/ctl"},
    r"boost/": {"common/runtime", "services/gateway/http"},
    r"pugixml": {"services/gateway"},
    r"nlohmann/": {"common/json"},
    r"vips/": {"services/image"},
    r"gdk-pixbuf/": {"services/image"},
    r"curl/": {"common/http", "services/ctl", "services/notifier"},
    r"CLI/": {"services/ctl"},
    r"espeak-ng/": {"services/tts"},
    r"lame/": {"services/tts"},
    r"libxml/": {"services/tts"},
    r"fftw": {"services/tts/onnx"},
    r"soxr": {"services/tts"},
    r"vorbis/": {"services/tts"},
    r"opus/": {"services/tts"},
    r"expat": {"common/speech"},
    r"seccomp": {"common/worker"},
}

# Threads and locks live where a folder's README says so; everything else is one loop.
LOCK_FOLDERS = {"common/http", "common/runtime", "common/store", "common/transport", "services/gateway", "services/notifier/outbound"}


def rules(clang_tidy_all=False):
    last = functools.partial(tools.clang_tidy_is_content, all_files=clang_tidy_all)
    last.__name__ = tools.clang_tidy_is_content.__name__
    cheap = [*includes.RULES, *code_rules.RULES, *comments.RULES, *documents.RULES]
    return [*cheap, *(rule for rule in tools.RULES if rule.__name__ != last.__name__), last]


def check(rule, checkout, case):
    """Prints and records what one rule finds. Returns "hold", "broken" or "skipped"."""
    try:
        faults = [f"{name}:{number}: {what}" for name, number, what in rule(checkout)]
    except tools.Unchecked as reason:
        print(f"{rule.__name__}: skipped: {reason}")
        ElementTree.SubElement(case, "skipped", message=str(reason))
        return "skipped"
    if not faults:
        return "hold"
    print(f"{rule.__name__}:")
    print("\n".join("  " + fault for fault in faults))
    ElementTree.SubElement(case, "failure", message=faults[0]).text = "\n".join(faults)
    return "broken"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--junit")
    parser.add_argument("--clang-tidy-all", action="store_true")
    parser.add_argument("rules", nargs="*", metavar="RULE", help="all, when none is named")
    arguments = parser.parse_args()
    chosen = rules(arguments.clang_tidy_all)
    unknown = set(arguments.rules) - {rule.__name__ for rule in chosen}
    if unknown:
        parser.error(f"no such rule: {', '.join(sorted(unknown))}")
    chosen = [rule for rule in chosen if not arguments.rules or rule.__name__ in arguments.rules]
    checkout = tree.Tree(ROOT, tree.Tables(LAYERS, CONTAINED, frozenset(LOCK_FOLDERS)))
    suite = ElementTree.Element("testsuite", name="tidy")
    ends = []
    for rule in chosen:
        case = ElementTree.SubElement(suite, "testcase", classname="tidy", name=rule.__name__)
        ends.append(check(rule, checkout, case))
    if arguments.junit:
        ElementTree.ElementTree(suite).write(arguments.junit, encoding="unicode")
    skipped = f", {ends.count('skipped')} skipped" if "skipped" in ends else ""
    print(f"tidy: {ends.count('hold')} of {len(chosen)} rules hold{skipped}")
    return 1 if "broken" in ends else 0


if __name__ == "__main__":
    sys.exit(main())
