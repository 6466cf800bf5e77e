"""Tables of file names and labels, as people write them."""

import pytest

from trainer.datasets import DataError
from trainer.datasets.readers.picture_labels import read_labels

EXPECTED = {"1.png": (2, "dog"), "x/2.png": (3, "cat, black")}


@pytest.mark.parametrize(
    "text",
    [
        'file_name,label\n1.png,dog\nx/2.png,"cat, black"\n',
        '\ufefffile_name , label\r\n1.png,dog\r\nx\\2.png,"cat, black"\r\n',
        "label;file;age\ndog;1.png;3\ncat, black;./x/2.png;\n",
        "path\tclass\n1.png\tdog\nx/2.png\tcat, black\n\n",
        'id,breed\n1.png,dog\nx/2.png,"cat, black"',
    ],
)
def test_csv(tmp_path, text):
    (tmp_path / "t.csv").write_bytes(text.encode())
    assert read_labels(tmp_path / "t.csv") == EXPECTED


def test_json_lines(tmp_path):
    text = '\n{"file_name": "1.png", "label": "dog", "age": 3}\n{"image": "x/2.png", "class": "cat, black"}\n'
    (tmp_path / "t.jsonl").write_text(text)
    assert read_labels(tmp_path / "t.jsonl") == EXPECTED


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.csv", b"file_name,label\n/etc/1.png,a\n", "t.csv:2: /etc/1.png is not in this folder; give a path"),
        ("t.csv", "file_name,label\n1.png,Bär\n".encode("cp1252"), "t.csv: is not UTF-8; save it as UTF-8"),
        ("t.csv", b"file_name,label\n1.png\n", "t.csv:2: has no label; every line needs file_name and label"),
        ("t.csv", b"file_name,label\n1.png,a\n./1.png,a\n", "t.csv:3: ./1.png is already in line 2; remove one"),
        ("t.csv", b"file_name,label\n1.png," + b"a" * 200_000, "t.csv:2: is not valid CSV (field larger than"),
        ("t.jsonl", b'{"file_name": ["1.png"], "label": 1}', "t.jsonl:1: has no file_name"),
        ("t.csv", None, "t.csv: No such file or directory; give a CSV or JSON Lines file that can be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(tmp_path, name, content, problem):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as refused:
        read_labels(tmp_path / name)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)
