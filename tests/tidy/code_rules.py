"""Rules about code: lengths, locks, coroutines, guards, marks."""
import re

FILE_LINES_MAX = 500
MAIN_LINES_MAX = 20
LINE_COLUMNS_MAX = 140  # Of scripts and CMake files; C++ has 100, which clang-format and comments.py hold.
FUNCTION_LINES_MAX = 70


def locks_stay_in_their_rooms(tree):
    for name, lines in tree.product_cpp():
        if name.startswith(tuple(folder + "/" for folder in tree.tables.lock_folders)):
            continue
        for number, line in enumerate(lines, 1):
            if re.search(r"std::(recursive_|shared_)?mutex\b|std::condition_variable|std::j?thread\b", line):
                yield name, number, "threads and locks belong to runtime, store, transport and the gateway"


def files_are_short(tree):
    for name in tree.ending(".hpp", ".cpp", ".py", ".sh"):
        lines = tree.lines(name)
        if len(lines) > FILE_LINES_MAX:
            yield name, len(lines), f"{len(lines)} lines; {FILE_LINES_MAX} at most"
        if name.endswith("/main.cpp") and name.startswith("services/") and len(lines) > MAIN_LINES_MAX:
            yield name, len(lines), f"a main has {MAIN_LINES_MAX} lines at most"
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS_MAX:
                yield name, number, f"{len(line)} columns; {LINE_COLUMNS_MAX} at most"


def functions_are_short(tree):
    """A function's body ends with a closing brace in the column where its first line starts."""
    start = re.compile(r"^(\s*)(?!namespace\b|struct\b|class\b|enum\b|union\b|extern\b)[\w:<>,~&*\[\]= ]*[\w:~]\(.*\{\s*$")
    for name, lines in tree.product_cpp():
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


def co_await_takes_named_values(tree):
    """GCC 12 destroys a braced temporary or a lambda of a co_await expression twice."""
    for name, lines in tree.cpp():
        text = "\n".join(lines)
        for match in re.finditer(r"\bco_await\b([^;]*);", text):
            if "{" in match.group(1).replace("{}", ""):
                number = text.count("\n", 0, match.start()) + 1
                if not lines[number - 1].lstrip().startswith("//"):
                    yield name, number, "name the value before the co_await expression"


FILESYSTEM_CALLS = (
    "absolute|canonical|copy|copy_file|copy_symlink|create_directories|create_directory|create_hard_link|create_symlink"
    "|current_path|directory_iterator|equivalent|exists|file_size|hard_link_count|is_block_file|is_directory|is_empty"
    "|is_regular_file|is_symlink|last_write_time|permissions|proximate|read_symlink|recursive_directory_iterator|relative"
    "|remove|remove_all|rename|resize_file|space|status|symlink_status|temp_directory_path|weakly_canonical")


def filesystem_calls_do_not_throw(tree):
    """The standard library's calls on files throw unless they are given an error_code, and a throw on a thread of a pool
    ends the process."""
    call = re.compile(rf"\b(?:fs|std::filesystem)::(?:{FILESYSTEM_CALLS})(?:\s+\w+)?\(")
    for name, lines in tree.product_cpp():
        text = "\n".join(lines)
        codes = set(re.findall(r"std::error_code&?\s+(\w+)", text))
        for match in call.finditer(text):
            end, depth = match.end(), 1
            while depth and end < len(text):
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            arguments = text[match.end():end - 1]
            is_default = not arguments and match.group().endswith("iterator(")
            if not is_default and not codes & set(re.findall(r"\w+", arguments)):
                yield name, text.count("\n", 0, match.start()) + 1, "it throws: give it a std::error_code"


def headers_guard_themselves(tree):
    for name in tree.ending(".hpp"):
        if "#pragma once" not in tree.lines(name):
            yield name, 1, "#pragma once is missing"


def nothing_is_left_unfinished(tree):
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for name in tree.ending(".hpp", ".cpp", ".py", ".sh", ".cmake", ".md", ".txt"):
        for number, line in enumerate(tree.lines(name), 1):
            if marks.search(line):
                yield name, number, "unfinished work is an issue, not a mark in the code"


RULES = [
    locks_stay_in_their_rooms,
    files_are_short,
    functions_are_short,
    co_await_takes_named_values,
    filesystem_calls_do_not_throw,
    headers_guard_themselves,
    nothing_is_left_unfinished,
]
