"""Table files, as people have them."""

import json

import pytest

from tests.helpers.tables import write_excel
from trainer.datasets import DataError
from trainer.datasets.readers.table import read_table

polars = pytest.importorskip("polars")
ROWS = {"name": ["Anna", "Björn"], "age": ["31", None], "city": ["Köln, am Rhein", "Oslo"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_is_read_whatever_its_encoding_and_delimiter(tmp_path, encoding, delimiter, newline):
    lines = ["name,age,city", 'Anna,31,"Köln, am Rhein"', "Björn,NA,Oslo"]
    text = newline.join(lines).replace("name,age,city", delimiter.join(ROWS))
    text = text.replace('Anna,31,"', f'Anna{delimiter}31{delimiter}"').replace(
        "Björn,NA,Oslo", delimiter.join(("Björn", "NA", "Oslo"))
    )
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    assert read_table(path).to_dict(as_series=False) == ROWS


def test_other_formats_keep_their_types(tmp_path):
    frame = polars.DataFrame({"x": [1.5, None], "n": [3, 4], "who": ["a", "b"]})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ndjson(tmp_path / "t.jsonl")
    for name in ("t.parquet", "t.jsonl"):
        assert read_table(tmp_path / name).equals(frame)


def test_fields_are_stripped_and_a_first_column_without_a_name_is_an_index(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(", a \n0, x \n1,y\n", encoding="utf-8")
    assert read_table(path).to_dict(as_series=False) == {"": ["0", "1"], "a": ["x", "y"]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n3\n", ":3: 1 fields, but the line of names has 2"),
        ("a,b\n1,2\n3,4,5\n", ":3: 3 fields, but the line of names has 2"),
        ('a,b\n1,2\n1,"2\n3,4\n5,6\n7\n', ":3: a quote opens in this line and never ends"),
        ('a,b\n"1\n2",2,3\n', ":2: 3 fields, but the line of names has 2; a quote that is open there ends in line 3"),
        ("a,b\n1,2\n\n3\n", ":4: 1 fields"),
        ("a,b\n1,2\na,b\n3,4\n", ":3: the line of names is repeated here"),
        ("1.5,2\n3,4\n", ":1: holds numbers where the columns' names should be"),
        ("a,b,a\n1,2,3\n", ":1: two columns are called 'a'"),
        ("a,,c\n1,2,3\n", ":1: column 2 has no name"),
        ("a,b\n", ": holds no rows"),
        ("", ": holds no rows"),
    ],
)
def test_a_text_that_is_no_table_is_refused_by_its_line(tmp_path, text, problem):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_table(path)
    assert str(refused.value).startswith(f"{path}{problem}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.csv", b"PK\0\3", "is not text"),
        ("t.parquet", b"no parquet", "cannot be read as parquet"),
        ("t.jsonl", b"{", "cannot be read as lines"),
        ("t.ods", b"", "tables end with .csv"),
        ("t.csv", None, "no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, name, content, problem):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=problem) as refused:
        read_table(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["\n\na,b\n1,2\n", "a,b\n\n1,2\n , \n", "a,b\n,\n1,2\n\n"])
def test_lines_without_anything_are_no_rows(tmp_path, text):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert read_table(tmp_path / "t.csv").to_dict(as_series=False) == {"a": ["1"], "b": ["2"]}


def test_damaged_quotes_are_read_as_they_are_checked(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b,c\n""x"",1,"y"\n5" pipe,2,"say ""no"""\n"x" ,3,"a\nb"\n')
    assert read_table(path).rows() == [('x""', "1", "y"), ('5" pipe', "2", 'say "no"'), ("x", "3", "a\nb")]


def test_the_delimiter_of_a_wide_table_is_found(tmp_path):
    path = tmp_path / "t.csv"
    lines = ["\t".join(f"{place * row}.25" for place in range(2000)) for row in range(9)]
    path.write_text("\n".join(["\t".join(f"gene{place}" for place in range(2000)), *lines]))
    assert read_table(path).shape == (9, 2000)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_first_line_that_tells_excel_the_delimiter(newline, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(newline.join(["sep=#", "a#b", "1#2,5", "3#4,5", ""]).encode())
    assert read_table(path).rows() == [("1", "2,5"), ("3", "4,5")]
    path.write_bytes(newline.join(["sep=#", "a#b", "1#2", "3"]).encode())
    with pytest.raises(DataError, match=r"t\.csv:4: 1 fields, but the line of names has 2"):
        read_table(path)


def test_a_delimiter_may_be_called_by_its_name(tmp_path):
    (tmp_path / "t.csv").write_text("a b\n1,5 2\n", encoding="utf-8")
    assert read_table(tmp_path / "t.csv", "space").to_dict(as_series=False) == {"a": ["1,5"], "b": ["2"]}
    with pytest.raises(DataError, match=r"data\.delimiter: '::' is not a single character; give one, or comma"):
        read_table(tmp_path / "t.csv", "::")


@pytest.mark.parametrize(
    ("content", "line"),
    [("a\nä\nß\n".encode() + b"\xe4\n", 4), (b"a\n\xe4\n\x81\n", 3)],
    ids=["a byte among UTF-8", "neither UTF-8 nor cp1252"],
)
def test_a_text_is_not_guessed_to_be_what_it_cannot_be(tmp_path, content, line):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"t\.csv: line {line} is not UTF-8, though .* or set data\.encoding"):
        read_table(tmp_path / "t.csv")


def test_an_encoding_that_is_set_counts(tmp_path):
    (tmp_path / "t.csv").write_bytes("a,b\n1,ü\n".encode("utf-16-le"))
    with pytest.raises(DataError, match="is not text; give it the suffix of its format, or set data"):
        read_table(tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv", encoding="utf-16-le").to_dict(as_series=False) == {"a": ["1"], "b": ["ü"]}


def test_a_wrong_encoding_is_named_with_its_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a\nü\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"line 2 is not utf-8; set data\.encoding"):
        read_table(path, encoding="utf-8")
    with pytest.raises(DataError, match="no encoding is called 'klingon'"):
        read_table(path, encoding="klingon")


def test_lines_of_json_may_lack_fields(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ({"a": 1, "b": "x"}, {"a": 2})), encoding="utf-8")
    assert read_table(path).to_dict(as_series=False) == {"a": [1, 2], "b": ["x", None]}


def test_what_differs_after_many_rows_is_not_lost(tmp_path):
    lines = [*({"a": 1} for _ in range(150)), {"a": 2.5, "late": "x"}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = read_table(tmp_path / "t.jsonl")
    assert found.columns == ["a", "late"]
    assert found.row(-1) == (2.5, "x")
    pytest.importorskip("fastexcel")
    found = read_table(write_excel(tmp_path / "t.xlsx", [["a"], *([number] for number in range(150)), ["x"]]))
    assert found["a"].to_list()[-2:] == ["149", "x"]


def test_without_polars_the_command_that_installs_it_is_said(monkeypatch, tmp_path, trainer_here, capsys):
    monkeypatch.setattr("trainer.datasets.readers.table.find_spec", lambda name: None)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert trainer_here("data=table", "data.file=t.csv", "data.target=b") != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: tables need polars, which is not installed; python -m pip install "polars')
