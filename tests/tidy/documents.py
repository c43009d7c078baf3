"""Rules about READMEs and other pages."""
import re

COLUMNS_MAX = 110


def pages_are_narrow(tree):
    for name in tree.ending(".md"):
        for number, line in enumerate(tree.lines(name), 1):
            if len(line) > COLUMNS_MAX:
                yield name, number, f"{len(line)} columns; {COLUMNS_MAX} at most (tests/tidy/wrap.py wraps)"


def tables_have_their_columns(tree):
    for name in tree.ending(".md"):
        cells = None
        for number, line in enumerate(tree.lines(name), 1):
            if not line.startswith("|"):
                cells = None
                continue
            count = len(re.findall(r"(?<!\\)\|", line)) - 1
            cells = cells or count
            if count != cells:
                yield name, number, f"{count} cells; the table has {cells}"


def libraries_and_services_have_a_page(tree):
    folders = {"/".join(name.split("/")[:2]) for name in tree.names if name.startswith(("common/", "services/")) and name.count("/") > 1}
    for folder in sorted(folders - {"common/build"}):
        if f"{folder}/README.md" not in tree.names:
            yield folder, 1, "README.md is missing"


def no_text_cites_what_is_not_here(tree):
    cited = re.compile(r"\breference (\w+\.md\b|\d+(\.\d+)+)")
    for name in tree.ending(".hpp", ".cpp", ".py", ".sh", ".cmake", ".md", ".txt", ".toml"):
        for number, line in enumerate(tree.lines(name), 1):
            if cited.search(line):
                yield name, number, "the repository has no such document: say the fact instead"


RULES = [pages_are_narrow, tables_have_their_columns, libraries_and_services_have_a_page, no_text_cites_what_is_not_here]
