#!/usr/bin/env python3
"""Wraps the prose of Markdown pages to the columns that tidy allows. Code and headings stay as they are.

    tests/tidy/wrap.py PAGE ...

A table with a row that does not fit becomes a list: "- **first cell**: second cell — third cell".
"""
import pathlib
import re
import sys
import textwrap

from documents import COLUMNS_MAX

ITEM = re.compile(r"(\s*)([-*]|\d+\.)(\s+)")
NOT_PROSE = re.compile(r"\||#|<|>|---|    |\s*$")
# A line that began with one of these would be an item, a heading or a row: it stays with the word before it.
MARK = re.compile(r" (?=([-+*>#|=]+|\d+[.)])(\s|$))")
STUCK = "\0"


def wrapped(paragraph):
    """The lines of one paragraph or list item; those that fit already stay as they are."""
    if all(len(line) <= COLUMNS_MAX for line in paragraph):
        return paragraph
    item = ITEM.match(paragraph[0])
    first = item.group(0) if item else re.match(r"\s*", paragraph[0]).group(0)
    text = " ".join([paragraph[0][len(first) :].strip(), *(line.strip() for line in paragraph[1:])])
    text = re.sub(r"`[^`]+`", lambda code: code.group().replace(" ", STUCK), MARK.sub(STUCK, text))
    lines = textwrap.wrap(
        text, COLUMNS_MAX, initial_indent=first, subsequent_indent=" " * len(first),
        break_long_words=False, break_on_hyphens=False)
    return [line.replace(STUCK, " ") for line in lines]


def cells(row):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def as_list(table):
    """The table as it is when it fits, else a list of its rows under a line that says what the cells are."""
    if all(len(line) <= COLUMNS_MAX for line in table):
        return table
    titles, *rows = [cells(row) for row in table[:1] + table[2:]]
    out = [f"{titles[0]}: {' — '.join(titles[1:]).lower()}.", ""] if len(titles) > 2 and all(titles) else []
    for first, *others in rows:
        first = first if "`" in first else f"**{first}**"
        out += wrapped([f"- {first}: " + " — ".join(other for other in others if other)])
    return out


def wrap(text):
    out, paragraph, table, is_code = [], [], [], False

    def flush():
        out.extend(wrapped(paragraph) if paragraph else [])
        out.extend(as_list(table) if table else [])
        paragraph.clear()
        table.clear()

    for line in text.splitlines():
        is_fence = line.lstrip().startswith("```")
        is_code ^= is_fence
        if line.startswith("|") and not is_code:
            if paragraph:
                flush()
            table.append(line)
            continue
        if table:
            flush()
        is_continued = bool(paragraph) and re.match(r"\s+\S", line) and not ITEM.match(line)
        if is_fence or is_code or (NOT_PROSE.match(line) and not is_continued):
            flush()
            out.append(line)
            continue
        if ITEM.match(line):
            flush()
        paragraph.append(line)
    flush()
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = pathlib.Path(name)
        page.write_text(wrap(page.read_text(encoding="utf-8")), encoding="utf-8")
