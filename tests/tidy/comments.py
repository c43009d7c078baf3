"""Comments that were drawn and must stay so: a formatter that fills them as prose leaves the traces below.

A drawing is a run of whole-line comments that are indented by three or more. What filling does to it:

    //     rows/      one column family          a line that is full, and after it one with the
    //     LOCK       held by the owner          same indentation that stands in no column
"""
import re

COLUMNS_MAX = 100
INDENT_MIN = 3
UP = "│└┘├┤┴┼"
DOWN = "│┌┐├┤┬┼"
LEFT = "─┐┘┤┬┴┼"
RIGHT = "─┌└├┬┴┼"


def comment_blocks(lines):
    """(number of the first line, texts) of each run of whole-line comments; a text is what follows the slashes."""
    first, texts = 0, []
    for number, line in enumerate([*lines, ""], 1):
        match = re.match(r"\s*//(.*)$", line)
        if match:
            first = first if texts else number
            texts.append(match.group(1).rstrip())
        elif texts:
            yield first, texts
            texts = []


def indent_of(text):
    return len(text) - len(text.lstrip())


def columns_of(text):
    """Where the cells of a row begin: after two spaces or more, or a row of dots."""
    return {match.end() for match in re.finditer(r"(\S {2,}|\.{3,} )(?=\S)", text)}


def is_row(text):
    """A row of a table, a line of a picture or of code, an item of a list: not prose that is merely indented."""
    body = text.strip()
    opens = text.count("(") > text.count(")") and text.endswith((",", "&&"))
    is_drawn = re.search(r"[─│└├┐┘]|-->|->|<-", body) is not None
    return opens or is_drawn or bool(columns_of(text)) or re.match(r"(\d+\.|-) ", body) is not None


def is_full(text, before, after):
    """A filling formatter would have broken here: the next word has no room."""
    words = after.split()
    return bool(words) and before + len(text) + 1 + len(words[0]) > COLUMNS_MAX


def is_ended(text):
    """The last stroke of a picture's line, or a whole line of code: nothing of it can have gone to the next."""
    return re.search(r"[|│/\\┐┘;{}]$|[;{}] +//", text) is not None


def begins_anew(text):
    """A stroke, or an item of a list."""
    return re.match(r" +([|│├└^+`'\\\\]|\d+\.|- )", text) is not None


def drawings_are_not_filled(tree):
    for name, lines in tree.cpp():
        for first, texts in comment_blocks(lines):
            before = lines[first - 1].index("//") + 2
            for index in range(len(texts) - 1):
                text, after = texts[index], texts[index + 1]
                if indent_of(text) < INDENT_MIN or not is_full(text, before, after) or is_ended(text):
                    continue
                if indent_of(after) == 1 and len(after.split()) <= 2:
                    yield name, first + index + 1, "the end of a drawn line, broken off"
                if not is_row(text) or indent_of(after) != indent_of(text) or begins_anew(after):
                    continue
                others = [columns_of(other) for number, other in enumerate(texts) if number != index + 1]
                if not columns_of(after) & set().union(*others):
                    yield name, first + index + 1, "stands in no column of the drawing: was it filled as prose?"


def drawings_keep_to_their_columns(tree):
    for name, lines in tree.cpp():
        for number, line in enumerate(lines, 1):
            if line.lstrip().startswith("//") and len(line) > COLUMNS_MAX:
                yield name, number, f"{len(line)} columns; {COLUMNS_MAX} at most"


def boxes_are_joined(tree):
    """Each arm of a box character touches something: a line above, below or beside it."""
    for name, lines in tree.cpp():
        for first, texts in comment_blocks(lines):
            def at(row, column):
                return texts[row][column] if 0 <= row < len(texts) and 0 <= column < len(texts[row]) else " "

            for row, text in enumerate(texts):
                for column, character in enumerate(text):
                    arms = [
                        (UP, row - 1, column, "above"), (DOWN, row + 1, column, "below"),
                        (LEFT, row, column - 1, "left of"), (RIGHT, row, column + 1, "right of"),
                    ]
                    for characters, to_row, to_column, where in arms:
                        # A horizontal line may begin and end at a space: "── label ──".
                        if character in characters and character != "─" and at(to_row, to_column) == " ":
                            yield name, first + row, f"nothing {where} {character} in column {column + 3}"


RULES = [drawings_are_not_filled, drawings_keep_to_their_columns, boxes_are_joined]
