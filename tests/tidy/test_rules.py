"""The rules themselves, over small trees made for each test."""
import json
import shutil
import subprocess

import pytest

import code_rules
import comments
import documents
import includes
import tools
import tree


@pytest.fixture
def make(tmp_path):
    """make({"a/b.hpp": "text"}) -> a Tree of these files."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)

    def write(files, **tables):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tree.Tree(tmp_path, tree.Tables(**tables))

    return write


def lines_of(faults):
    return [line for _, line, _ in faults]


def commit(checkout):
    author = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "-C", str(checkout.root), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(checkout.root), *author, "commit", "-qm", "base"], check=True)


# Includes.


def test_an_include_goes_down_only(make):
    layers = {"common/base": set(), "common/store": {"common/base"}}
    checkout = make({
        "common/base/a.hpp": '#include "common/store/b.hpp"\n',
        "common/store/b.hpp": '#include "common/base/a.hpp"\n',
        "services/queue/c.cpp": '#include "common/store/b.hpp"\n#include "services/tts/d.hpp"\n',
    }, layers=layers)
    faults = [(name, line) for name, line, _ in includes.includes_go_down(checkout)]
    assert faults == [("common/base/a.hpp", 1), ("services/queue/c.cpp", 2)]


def test_an_include_is_a_path_from_the_root(make):
    checkout = make({"common/base/a.hpp": "", "common/base/a.cpp": '#include "a.hpp"\n#include "common/base/a.hpp"\n'})
    assert lines_of(includes.includes_are_from_the_root(checkout)) == [1]


@pytest.mark.parametrize("text, faults", [
    ('// Why.\n#include "common/base/a.hpp"\n\n#include <string>\n', 0),
    ('#include <string>\n\n#include "common/base/a.hpp"\n', 1),
    ("int one = 1;\n", 1),
])
def test_a_source_includes_its_own_header_first(make, text, faults):
    checkout = make({"common/base/a.hpp": "", "common/base/a.cpp": text, "common/base/main.cpp": "int main() {}\n"})
    assert len(list(includes.own_header_comes_first(checkout))) == faults


def test_a_library_is_known_to_its_folder_and_stays_out_of_headers(make):
    checkout = make({
        "common/transport/a.cpp": "#include <zmq.hpp>\n",
        "common/transport/b.hpp": "#include <zmq.hpp>\n",
        "common/store/c.cpp": "#include <zmq.hpp>\n",
    }, contained={r"zmq": {"common/transport"}})
    faults = {name: what for name, _, what in includes.third_parties_are_contained(checkout)}
    assert set(faults) == {"common/transport/b.hpp", "common/store/c.cpp"}
    assert "headers" in faults["common/transport/b.hpp"]


# Code.


def test_lengths_have_bounds(make):
    checkout = make({
        "common/base/long.cpp": "int x;\n" * 501,
        "services/queue/main.cpp": "int x;\n" * 21,
        "common/base/wide.py": "x" * 141 + "\n",
        "common/base/good.cpp": "int x;\n" * 500,
    })
    assert {name for name, _, _ in code_rules.files_are_short(checkout)} == {
        "common/base/long.cpp", "services/queue/main.cpp", "common/base/wide.py"}


@pytest.mark.parametrize("lines, faults", [(68, []), (69, [2])])
def test_a_function_has_70_lines_at_most(make, lines, faults):
    checkout = make({"common/base/a.cpp": "\nint f(int x) {\n" + "    ++x;\n" * lines + "}\n"})
    assert lines_of(code_rules.functions_are_short(checkout)) == faults


def test_locks_stay_in_their_folders(make):
    text = "std::mutex lock;\n"
    checkout = make({"common/store/a.hpp": text, "common/base/b.hpp": text}, lock_folders=frozenset({"common/store"}))
    assert [name for name, _, _ in code_rules.locks_stay_in_their_rooms(checkout)] == ["common/base/b.hpp"]


def test_a_co_await_takes_no_braces(make):
    checkout = make({"services/g/a.cpp": "co_await f(x);\nco_await f({.a = 1});\nco_await f([&] { g(); });\nco_await f({});\n"})
    assert lines_of(code_rules.co_await_takes_named_values(checkout)) == [2, 3]


@pytest.mark.parametrize("text, faults", [
    ("std::error_code error;\nif (fs::exists(path, error)) f();\n", []),
    ("std::error_code error;\nif (fs::exists(path)) f();\n", [2]),
    ("fs::remove_all(g(a,\n    b));\n", [1]),
    ("std::error_code ignored;\nfor (fs::directory_iterator at(path, ignored), end; at != end;) f();\n", []),
    ("for (const auto& at : std::filesystem::directory_iterator(path)) f();\n", [1]),
    ("x = fs::temp_directory_path();\n", [1]),
    ("x = fs::directory_iterator();\nfs::path(a);\ncopy(a, b);\n", []),
])
def test_a_call_on_files_takes_an_error_code(make, text, faults):
    checkout = make({"services/g/a.cpp": text, "tests/a.cpp": "fs::exists(path);\n"})
    assert lines_of(code_rules.filesystem_calls_do_not_throw(checkout)) == faults


def test_a_header_has_a_guard_and_no_file_a_mark(make):
    checkout = make({"common/base/a.hpp": "// TO" "DO: more\n", "common/base/b.hpp": "#pragma once\n"})
    assert [name for name, _, _ in code_rules.headers_guard_themselves(checkout)] == ["common/base/a.hpp"]
    assert lines_of(code_rules.nothing_is_left_unfinished(checkout)) == [1]


# Drawings, whole and as a formatter left them.

WHOLE = [
    """
// The engine.
//
//     <directory>/rows/       RocksDB, one column family; the log is synced once per Store::sync()
//     <directory>/LOCK        held by the owning process: a second open fails with the error conflict
""",
    """
//     message ──parse──> text object ──download──> temporary file ──child──> another temporary one
//             ──upload──> object ──> done
""",
    """
//     call --> waiting (peer away) --connected--> sent --reply--> answered and then forgotten |
//                 |                                |
//                 `------------ time is over ------'
""",
    """
//   1. Every owed event is taken by its destination once, per destination in the journal's order,
//      under the message id that its event, destination and rule make, which is the same each time
//      somebody asks.
//   2. What was acknowledged is never handed out again.
""",
    """
//     option("request_timeout_ms", self.request_timeout_ms,
//            "Time limit of one request, milliseconds.");
//     return fail(ErrorCode::not_found, "queue " + std::string(name) + " does not exist here");
//     configuration_of(name);
""",
    """
// Prose that fills its lines to the last column, as most comments do, is none of this rule's care,
// wherever its lines end.
""",
]
FILLED = [
    """
//     <directory>/rows/      RocksDB, one column family; the WAL is flushed and synced once per
//     Store::sync <directory>/segments/  segment log: preallocated files of records {header, bytes,
//     crc32c} <directory>/blobs/     one file per large blob
""",
    """
//     message ──parse──> text object ──download──> temporary file ──child──> temporary file
//     ──upload──> MP3 object ──> done
""",
    """
//     commit ──> kept ──on_durable──> may go ──next──> on its way ──on_appended──> over ──tidy──>
//     gone
""",
    """
//   2. NUL bytes, all at even or all at odd places, in at least one unit of 64, in what reads as
//   UTF-16
//      without control characters: UTF-16BE or UTF-16LE.
""",
    """
//     template <typename Self, typename Visitor> static void visit_fields(Self& self, Visitor&&
//     field) {
""",
    """
//     x <queue> <message>                      Failure          of a job: why its last attempt
//     failed o                                        OutboxRecord     which outbox this is
""",
    """
//     command ──> checks ──> one batch: object row + data row + outbox row (+ trash row) ──> then a
// reply
""",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_drawing_passes(make, text):
    assert list(comments.drawings_are_not_filled(make({"common/base/a.hpp": text}))) == []


@pytest.mark.parametrize("text", FILLED)
def test_a_filled_drawing_is_found(make, text):
    assert list(comments.drawings_are_not_filled(make({"common/base/a.hpp": text}))) != []


def test_a_comment_keeps_to_100_columns(make):
    checkout = make({"common/base/a.hpp": "//" + "x" * 98 + "\n//" + "x" * 99 + "\n"})
    assert lines_of(comments.drawings_keep_to_their_columns(checkout)) == [2]


@pytest.mark.parametrize("text, lines", [
    ("// a ──> b ──┐\n//   ^───────┘\n", []),
    ("// a ──> b ──┐\n//   ^────── ┘\n", [2]),
    ("// a ──> b ──┐\n//  └> c\n", [1, 2]),
    ("// a\n// └──> b\n", []),
])
def test_the_lines_of_a_box_meet(make, text, lines):
    assert lines_of(comments.boxes_are_joined(make({"common/base/a.hpp": text}))) == lines


# Pages.


def test_a_page_has_110_columns(make):
    checkout = make({"README.md": "x" * 110 + "\n" + "x" * 111 + "\n"})
    assert lines_of(documents.pages_are_narrow(checkout)) == [2]


def test_a_row_has_as_many_cells_as_its_table(make):
    checkout = make({"README.md": "| a | b |\n| --- | --- |\n| `x\\|y` | 2 |\n| 1 |\n\n| a |\n"})
    assert lines_of(documents.tables_have_their_columns(checkout)) == [4]


def test_a_library_has_a_page(make):
    checkout = make({"common/base/a.hpp": "", "common/store/a.hpp": "", "common/store/README.md": "", "common/build/x.cmake": ""})
    assert [name for name, _, _ in documents.libraries_and_services_have_a_page(checkout)] == ["common/base"]


def test_a_document_that_is_not_here_is_not_cited(make):
    checkout = make({"common/base/a.hpp": "// As S3 does (reference " "s3.md, 2.7).\n// See reference " "2.4.\n// A reference, kept.\n"})
    assert lines_of(documents.no_text_cites_what_is_not_here(checkout)) == [1, 2]


# Programs.


def write_database(checkout, commands):
    path = checkout.root / tools.DATABASE
    path.parent.mkdir(parents=True)
    root = str(checkout.root)
    entries = [{"directory": root, "file": f"{root}/{name}", "command": command} for name, command in commands.items()]
    path.write_text(json.dumps(entries), encoding="utf-8")


def test_code_that_is_not_formatted_is_found(make):
    checkout = make({".clang-format": "BasedOnStyle: Google\n", "a.cpp": "int  x ;\n", "b.cpp": "int x;\n"})
    assert {name for name, _, _ in tools.code_is_formatted(checkout)} == {"a.cpp"}


def test_a_header_that_needs_another_is_found(make):
    body = "std::string name;\n"
    checkout = make({"common/a.hpp": "#pragma once\n" + body, "common/b.hpp": "#pragma once\n#include <string>\n" + body})
    write_database(checkout, {})
    assert [(name, line) for name, line, _ in tools.headers_compile_alone(checkout)] == [("common/a.hpp", 2)]


def test_a_header_whose_source_is_built_is_not_compiled_again_unless_something_came_before_it(make):
    checkout = make({"a.hpp": "", "a.cpp": "", "b.hpp": "", "b.cpp": "", "c.hpp": ""})
    write_database(checkout, {"a.cpp": "g++ -c a.cpp", "b.cpp": "g++ -include /x/cmake_pch.hxx -c b.cpp"})
    assert tools.unproved_headers(checkout, tools.compile_commands(checkout)) == ["b.hpp", "c.hpp"]


def test_without_a_database_a_rule_is_unchecked_and_says_why(make):
    checkout = make({"a.hpp": ""})
    for rule in (tools.headers_compile_alone, tools.clang_tidy_is_content):
        with pytest.raises(tools.Unchecked, match="cmake --preset release"):
            list(rule(checkout))


def test_a_missing_program_leaves_a_rule_unchecked(make, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(tools.Unchecked, match="clang-format-19"):
        list(tools.code_is_formatted(make({})))


def test_a_changed_header_is_looked_at_through_its_source_or_a_user(make):
    files = {"a.hpp": "", "a.cpp": "", "b.hpp": "", "user.cpp": '#include "b.hpp"\n', "other.cpp": ""}
    checkout = make(files)
    assert tools.sources_of(checkout, {"a.hpp", "b.hpp", "gone.cpp"}) == ["a.cpp", "user.cpp"]


def test_what_a_branch_and_the_working_tree_change_is_looked_at(make):
    checkout = make({"a.cpp": "", "b.cpp": ""})
    commit(checkout)
    subprocess.run(["git", "-C", str(checkout.root), "switch", "-qc", "branch"], check=True)
    make({"a.cpp": "int x;\n"})
    commit(checkout)
    make({"b.cpp": "int x;\n", "c.cpp": ""})
    assert tools.changed_files(checkout) == {"a.cpp", "b.cpp", "c.cpp"}


def test_what_clang_tidy_reports_is_a_fault(make):
    config = "Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n"
    checkout = make({".clang-tidy": config, "a.cpp": "int* x = 0;\n", "b.cpp": "int* x = nullptr;\n"})
    write_database(checkout, {name: f"g++ -c {name}" for name in ("a.cpp", "b.cpp")})
    assert [(name, line) for name, line, _ in tools.clang_tidy_is_content(checkout, all_files=True)] == [("a.cpp", 1)]
