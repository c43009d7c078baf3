from documents import COLUMNS_MAX
from wrap import wrap

LONG = " ".join(["word"] * 60)


def test_prose_is_wrapped_and_keeps_its_words():
    text = wrap(LONG + "\n")
    assert text.split() == LONG.split()
    assert all(len(line) <= COLUMNS_MAX for line in text.splitlines())


def test_an_item_keeps_its_indentation():
    lines = wrap(f"1. {LONG}\n2. short\n").splitlines()
    assert lines[0].startswith("1. word") and lines[1].startswith("   word") and lines[-1] == "2. short"


def test_a_table_that_fits_stays_and_another_becomes_a_list():
    table = "| Limit | Value | Beyond it |\n| --- | --- | --- |\n| `a\\|b` | 1 | refused |\n"
    assert wrap(table) == table
    lines = wrap(table + f"| c | 2 | {LONG} |\n").splitlines()
    assert lines[:4] == ["Limit: value — beyond it.", "", "- `a|b`: 1 — refused", lines[3]]
    assert lines[3].startswith("- **c**: 2 — word")
    assert all(len(line) <= COLUMNS_MAX for line in lines)


def test_code_and_headings_stay():
    text = f"# {LONG}\n\n```\n{LONG}\n```\n\n    {LONG}\n"
    assert wrap(text) == text


def test_what_fits_stays_as_it_is():
    text = "One line.\nAnother\nand another.\n\n- an item\n  that goes on\n"
    assert wrap(text) == text


def test_no_line_begins_with_a_mark():
    text = wrap(" ".join(["a + b - c 1. d"] * 20) + "\n")
    assert not any(line.startswith(("+", "-", "1.")) for line in text.splitlines())


def test_code_in_a_line_is_not_broken():
    text = wrap(" ".join(["word `a << b`"] * 20) + "\n")
    assert text.count("`a << b`") == 20


def test_wrapping_twice_changes_nothing():
    once = wrap(f"{LONG}\n- {LONG}\n\n{LONG}\n")
    assert wrap(once) == once
