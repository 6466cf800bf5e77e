"""The page on reliability: every test that it names exists, in the file that it names."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PROOFS, *KINDS = re.findall(r"^\|.*\n\|[-:|]+\n((?:\|.*\n)+)", PAGE, re.M)  # the tables


@cache
def defined_in(file: str) -> set[str]:
    """The functions and classes of a file, or of all files of a folder."""
    path = ROOT / file
    files = path.rglob("test_*.py") if path.is_dir() else [path]
    texts = [each.read_text(encoding="utf-8") for each in files]
    return {name for text in texts for name in re.findall(r"^ *(?:def|class) (\w+)", text, re.M)}


def named(row: str) -> list[tuple[str, str]]:
    """File and test for each test in a row; a test without a file is in any; a file without tests has all its own."""
    found, file = [], "tests"
    for name in re.findall(r"`(tests/[\w/]+(?:\.py)?|test_\w+|Test\w+)`", row):
        if name.startswith("tests/"):
            file = name
            found.append((file, ""))
        else:
            found.append((file, name))
    return found


@pytest.mark.parametrize("row", [row for table in (PROOFS, *KINDS) for row in table.splitlines()])
def test_every_test_that_is_named_exists(row):
    for file, test in named(row):
        assert (ROOT / file).exists(), file
        assert not test or test in defined_in(file), f"{file}: {test}"


def test_every_kind_of_loss_has_its_test():
    assert len(KINDS) == 3
    _, elsewhere, here = KINDS
    assert len(elsewhere.splitlines()) >= 15
    assert len(here.splitlines()) >= 30
    for row in (elsewhere + here).splitlines():
        assert any(test for _, test in named(row.split("|")[2])), row


def test_the_files_of_the_command_exist():
    (command,) = re.findall(r"`python -m pytest (tests/.*?)`", PAGE)
    assert all((ROOT / path).exists() for path in command.split())


def test_torture_found_nothing():
    counts = [[int(cell.replace(",", "")) for cell in row.split("|")[2:4]] for row in KINDS[0].splitlines()]
    assert counts[-1] == [0, 0], "the last row has the failures"
    assert all(number > 0 for row in counts[:-1] for number in row)
