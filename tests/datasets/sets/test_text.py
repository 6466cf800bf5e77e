"""A text, character by character."""

import numpy as np
import pytest

from trainer.datasets import DataError, Text
from trainer.datasets.sets.text import UNKNOWN

STORY = "the cat sat on the mat. " * 20 + "zzz"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


def make(file, validation=0.1, **options):
    options = {"file": file, "context": 5} | options
    return Text(**Text.completed(options, validation, np.random.default_rng(0)))


def test_windows_and_what_follows(file):
    dataset = make(file)
    splits = dataset.load(0.1, np.random.default_rng(0))
    end = len(STORY) - round(0.1 * len(STORY))
    cut = end - round(0.1 * end)
    assert [len(s) + 5 for s in (splits.train, splits.validation, splits.test)] == [cut, end - cut, len(STORY) - end]
    for part, begin in ((splits.train, 0), (splits.validation, cut), (splits.test, end)):
        indices = np.array([3, 0, len(part) - 1])
        out = {"input": np.empty((3, 5), np.int64), "target": np.empty(3, np.int64)}
        part.read(indices, out, None)
        for index, window, following in zip(indices, out["input"], out["target"], strict=True):
            at = begin + index
            assert dataset.decode(window) == STORY[at : at + 5].replace("z", UNKNOWN)
            assert dataset.decode([following]) == STORY[at + 5].replace("z", UNKNOWN)


def test_the_vocabulary_is_that_of_the_training_part(file):
    dataset = make(file)
    assert dataset.vocabulary == UNKNOWN + " .acehmnost"  # z stands at the end only
    assert dataset.num_classes == len(dataset.vocabulary) == len(dataset.class_names)
    np.testing.assert_array_equal(dataset.encode("a z"), [dataset.vocabulary.index("a"), 1, 0])
    assert dataset.decode(dataset.encode("cat")) == "cat"


def test_what_was_found_needs_no_file_any_more(file, tmp_path):
    found = Text.completed({"file": file}, 0.1, np.random.default_rng(0))
    again = found | {"file": tmp_path / "gone.txt"}
    assert Text.completed(again, 0.1, np.random.default_rng(0)) == again
    assert Text(**again).vocabulary == found["vocabulary"]


@pytest.mark.parametrize(
    ("encoding", "options"),
    [("utf-8-sig", {}), ("cp1252", {"encoding": "cp1252"}), ("utf-16", {"encoding": "utf-16"})],
)
def test_files_of_other_systems(tmp_path, encoding, options):
    """With a byte order mark, with line breaks of Windows, in other encodings."""
    path = tmp_path / "story.txt"
    path.write_bytes("Ein Café.\r\nZwei Cafés.\r".encode(encoding) * 1)
    dataset = make(path, validation=0.0, test=0.0, **options)
    assert dataset.vocabulary == UNKNOWN + "\n .CEZaefinswé"
    whole = dataset.load(0.0, np.random.default_rng(0)).train
    assert dataset.decode(whole.sequence) == "Ein Café.\nZwei Cafés.\n"


def test_the_licence_of_an_electronic_book_is_named(tmp_path, file):
    assert len(make(file).described()) == 1
    path = tmp_path / "book.txt"
    path.write_text(STORY + " Project Gutenberg" * 3, encoding="utf-8")
    assert make(path).described()[1] == (
        f"{path}: has Project Gutenberg's licence at its end, where the test is; cut it off"
    )


def test_a_part_with_many_unknown_characters_is_named(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat. " * 20 + "Ä Ö Ä " * 10, encoding="utf-8")
    dataset = make(path, validation=0.0, test=0.2)
    dataset.load(0.0, np.random.default_rng(0))
    assert dataset.described()[1:] == [
        "47% of the test's characters are unknown, such as 'Ä', 'Ö': the training part does not have them"
    ]


def test_characters_beyond_the_first_plane(tmp_path):
    path = tmp_path / "emoji.txt"
    path.write_text("a😀b😀c" * 10, encoding="utf-8")
    dataset = make(path, test=0.0)
    assert dataset.vocabulary == UNKNOWN + "abc😀"
    assert dataset.decode(dataset.encode("c😀a")) == "c😀a"


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        (None, {}, "no such file; set data.file"),
        (b"", {}, "is empty; give a text"),
        (b"\xef\xbb\xbf", {}, "is empty; give a text"),
        (b"one\ncaf\xe9 ole", {}, "line 2: byte 7 is not utf-8; set data.encoding, such as cp1252 of older Windows"),
        (b"one \x81\xff", {}, "line 1: byte 4 is not utf-8; set data.encoding"),
        (b"one \xff", {"encoding": "ascii"}, "line 1: byte 4 is not ascii; set data.encoding, such as cp1252"),
        ("ab".encode("utf-16"), {}, "begins with the mark of utf-16; set data.encoding=utf-16"),
        ("ab".encode("utf-32"), {}, "begins with the mark of utf-32; set data.encoding=utf-32"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, "is not text: byte 8 is 0; give a text file"),
        (b"ab\0cd", {}, "is not text: byte 2 is 0; give a text file"),
        (b"aaaaaaaaaaaaaaaaaaaaaaaa", {}, "has one character only, 'a'; give a text"),
        (b"text", {"encoding": "klingon"}, "no encoding is called 'klingon'"),
        (b"abcdef", {}, "5 characters to train on are too few for a context of 5"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, content, options, problem):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as refused:
        make(path, **options).load(0.1, np.random.default_rng(0))
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"context": 0}, "context: 0 is not in"),
        ({"vocabulary": "aa"}, "vocabulary: contains a character twice"),
        ({"num_classes": 7}, "num_classes: 7 is not the length of the vocabulary, 12"),
    ],
)
def test_options_out_of_range(file, options, problem):
    with pytest.raises(ValueError, match=problem):
        make(file, **options)
