"""The glossary: every word once, every thing in its file, and no page uses a word that is to be avoided."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "glossary.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\| (?!word).*", PAGE, re.MULTILINE)]
WORDS = [word for row in ROWS for word in row[0].split(", ")]
AVOIDED = [word for row in ROWS for word in re.findall(r'"(\w+)"', row[1].partition("; not ")[2])]
OTHER_MEANINGS = {("performance.md", "sample")}  # a measurement


def test_a_word_has_one_row():
    assert len(WORDS) == len(set(WORDS)) > 50
    assert {"example", "batch", "shard", "worker", "step", "epoch", "checkpoint", "run", "sweep", "job"} <= set(WORDS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_thing_is_in_the_file(row):
    link, name = re.fullmatch(r"\[.*?\]\(([^)#]+).*?\)(?: `(\w+)`)?", row[2]).groups()
    text = (DOCS / link).read_text(encoding="utf-8")
    assert not name or re.search(rf"\b{name}\b", text)


def test_no_page_uses_an_avoided_word():
    assert "sample" in AVOIDED
    for page in [*DOCS.glob("*.md"), DOCS.parent / "README.md"]:
        for word in AVOIDED:
            found = re.findall(rf"\b{word}s?\b", page.read_text(encoding="utf-8"), re.IGNORECASE)
            assert page == DOCS / "glossary.md" or (page.name, word) in OTHER_MEANINGS or not found, (page.name, word)
