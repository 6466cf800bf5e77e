"""What a network makes of the rows of tables."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import make_run
from trainer import load
from trainer.commands.evaluate import evaluate, report
from trainer.commands.predict import main

polars = pytest.importorskip("polars")
ROWS = tables.houses(80)
NEW = tables.without(tables.houses(12), "price", "dear")


def made(folder, target, rows=ROWS, *more):
    """A run on a table whose other possible targets are left out."""
    file = tables.write(folder / "houses.csv", rows)
    named = (f"data.file={file}", f"data.target={target}")
    return make_run(folder / "run", *tables.TABLE, *named, *more)


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    return made(tmp_path_factory.mktemp("prices"), "price", tables.without(ROWS, "dear"))


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    return made(tmp_path_factory.mktemp("classes"), "dear", tables.without(ROWS, "price"))


@pytest.fixture
def new(tmp_path):
    return tables.write(tmp_path / "new.csv", NEW)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_column_is_appended_to_a_copy(prices, new, capsys):
    assert main([str(prices), str(new)]) == 0
    written = read(new.with_name("new.predicted.csv"))
    assert [{name: row[name] for name in NEW[0]} for row in written] == NEW
    values = load(prices).predict(new)[:, 0]
    np.testing.assert_allclose([float(row["predicted_price"]) for row in written], values, rtol=1e-6)
    assert values.std() > 1000  # of prices, not of standardised ones
    header, *lines, last = capsys.readouterr().out.splitlines()
    assert header.split() == ["row", "predicted_price"]
    assert [line.split()[0] for line in lines] == [str(row) for row in range(1, 11)]
    assert last == f"10 of 12 rows; all columns are in {new.with_name('new.predicted.csv')}"


def test_classes_and_their_probabilities(classes, new, tmp_path):
    out = tmp_path / "out.csv"
    assert main([str(classes), str(new), "--probabilities", "--csv", str(out)]) == 0
    chances = load(classes).predict(new)
    for row, chance in zip(read(out), chances, strict=True):
        assert row["predicted_dear"] == ("cheap", "dear")[chance.argmax()]
        np.testing.assert_allclose([float(row[f"probability_{name}"]) for name in ("cheap", "dear")], chance, rtol=1e-6)
    assert not new.with_name("new.predicted.csv").exists()


def test_labels(tmp_path):
    rows = [row | {"tags": f"{row['kind']};{'green' if row['garden'] == 'yes' else 'grey'}"} for row in ROWS]
    run = made(tmp_path, "tags", tables.without(rows, "dear", "price"))
    new = tables.write(tmp_path / "new.csv", NEW)
    assert main([str(run), str(new)]) == 0
    network = load(run)
    for row, marks in zip(read(tmp_path / "new.predicted.csv"), network.predict_classes(new), strict=True):
        assert row["predicted_tags"] == ";".join(np.array(network.classes)[marks])


def test_several_values(tmp_path):
    rows = [row | {"rent": str(int(row["price"]) / 200)} for row in tables.without(ROWS, "dear")]
    run = made(tmp_path, "[price,rent]", rows)
    figures = evaluate(load(run))
    price, rent = figures["values"]
    assert (price["value"], rent["value"]) == ("price", "rent")
    assert price["mae"] > 100 * rent["mae"]  # in their own units
    assert (price["mae"] + rent["mae"]) / 2 == pytest.approx(figures["mae"])
    assert (price["r2"] + rent["r2"]) / 2 == pytest.approx(figures["r2"])
    assert "value" in report(figures)
    assert main([str(run), str(tables.write(tmp_path / "new.csv", NEW))]) == 0
    written = read(tmp_path / "new.predicted.csv")
    found = [[float(row["predicted_price"]), float(row["predicted_rent"])] for row in written]
    np.testing.assert_allclose(found, load(run).predict(tmp_path / "new.csv"), rtol=1e-6)


def test_several_columns_of_yes_or_no_are_predicted_in_their_own_words(tmp_path, capsys):
    rows = [row | {"large": str(int(float(row["area"] or 0) > 120))} for row in tables.without(ROWS, "dear", "price")]
    run = made(tmp_path, "[garden,large]", rows)
    new = tables.write(tmp_path / "new.csv", tables.without(NEW, "garden"))
    assert main([str(run), str(new), "--probabilities"]) == 0
    chances = load(run).predict(new)
    for row, chance in zip(read(tmp_path / "new.predicted.csv"), chances, strict=True):
        assert row["predicted_garden"] == ("no", "yes")[int(chance[0] > 0.5)]
        assert row["predicted_large"] == ("0", "1")[int(chance[1] > 0.5)]
        assert [float(row[f"probability_{name}"]) for name in ("garden", "large")] == pytest.approx(chance, rel=1e-6)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_full_disk_is_named(classes, new, capsys):
    assert main([str(classes), str(new), "--csv", "/dev/full"]) == 1
    assert capsys.readouterr().err == "error: /dev/full: No space left on device\n"


def test_columns_may_be_called_by_numbers(tmp_path):
    rows = [{"400": row["area"], "410": row["rooms"], "price": row["price"]} for row in ROWS]
    run = made(tmp_path, "price", rows)
    new = tables.write(tmp_path / "new.csv", tables.without(rows, "price"))
    assert main([str(run), str(new)]) == 0
    with (tmp_path / "new.predicted.csv").open() as file:
        assert file.readline() == "400,410,predicted_price\n"


def test_json_writes_no_file(classes, new, capsys):
    assert main([str(classes), str(new), str(new), "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [(record["file"], record["row"]) for record in records] == [(str(new), row + 1) for row in range(12)] * 2
    assert {record["predicted_dear"] for record in records} <= {"cheap", "dear"}
    assert [path.name for path in new.parent.iterdir()] == ["new.csv"]


def test_a_level_that_training_has_not_seen_is_other_which_is_said(prices, tmp_path, capsys):
    odd = [NEW[0] | {"place": name, "kind": name} for name in ("Atlantis", "Nowhere", "")]
    file = tables.write(tmp_path / "odd.csv", odd)
    first, *others = load(prices).predict(file)
    assert all(np.array_equal(first, other) for other in others)
    assert main([str(prices), str(file)]) == 0
    kind, place = capsys.readouterr().err.splitlines()
    said = "odd.csv: column {}: 2 of 3 rows have a level that training has not seen, such as 'Atlantis' in row 1;"
    assert said.format("kind") in kind
    assert said.format("place") in place


NAMES = ",".join(NEW[0])
MISTAKES = {
    "no names": (["1,2,flat,P01,yes,1990-01-01"] * 2, "bad.csv:2: the line of names is repeated here"),
    "other names": (["a,b", "1,2"], "the table has no column 'area', 'rooms', 'kind', 'place', 'garden' or 'built'"),
    "names twice": ([NAMES, NAMES], "bad.csv:2: the line of names is repeated here; remove it"),
    "one name twice": ([f"{NAMES},area", "1,2,flat,P01,yes,1990-01-01,3"], "two columns are called 'area'"),
    "a short row": ([NAMES, "1,2"], "bad.csv:2: 2 fields, but the line of names has 6; fix the line"),
    "no rows": ([NAMES], "bad.csv: holds no rows; give a file with a line of names"),
    "nothing": ([], "bad.csv: holds no rows; give a file with a line of names"),
    "infinity": ([NAMES, "inf,2,flat,P01,yes,1990-01-01"], "column area, row 1: 'inf' cannot be used as a number"),
    "a decimal comma": ([NAMES, '"70,5",2,flat,P01,yes,1990-01-01'], "column area, row 1: '70,5' cannot be used"),
    "another date": (
        [NAMES, "70,2,flat,P01,yes,01/02/1990"],
        "row 1: '01/02/1990' cannot be used as a date: here 31 December 2020 is written 2020-12-31; fix it, or",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_table_that_cannot_be_predicted_is_one_line(name, prices, tmp_path, capsys):
    lines, problem = MISTAKES[name]
    (tmp_path / "bad.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main([str(prices), str(tmp_path / "bad.csv")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "bad.csv" in line
    assert problem in line
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_order_and_number_of_columns_do_not_matter(encoding, prices, new, tmp_path):
    text = [",".join(["note", *reversed(NEW[0])])]
    text += [",".join(["grün", *reversed(row.values())]) for row in NEW[:1]]
    (tmp_path / "other.csv").write_text("\n".join(text), encoding=encoding)
    assert main([str(prices), str(tmp_path / "other.csv")]) == 0
    (row,) = read(tmp_path / "other.predicted.csv")
    assert row["note"] == "grün"
    assert float(row["predicted_price"]) == pytest.approx(load(prices).predict(new)[0, 0], rel=1e-6)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"rooms": "many"}, "bad.csv: column rooms, row 1: 'many' cannot be used as a number; fix it, or leave"),
        ({"built": "yesterday"}, "bad.csv: column built, row 1: 'yesterday' cannot be used as a date"),
        ({"garden": "perhaps"}, "bad.csv: column garden, row 1: 'perhaps' cannot be used as a yes/no"),
        ({"area": "1e308"}, "bad.csv: column area, row 1: '1e308' cannot be used as a number"),
        ({"predicted_price": "1"}, "bad.csv: has a column 'predicted_price' already; rename it"),
        (None, "bad.csv: the table has no column 'rooms', which the network was trained on; add it"),
    ],
)
def test_one_line_says_what_is_wrong_and_the_other_tables_are_predicted(prices, new, tmp_path, change, problem, capsys):
    rows = tables.without(NEW, "rooms") if change is None else [NEW[0] | change]
    bad = tables.write(tmp_path / "bad.csv", rows)
    assert main([str(prices), str(bad), str(new)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line
    assert "data.columns" not in line  # too late for that
    assert new.with_name("new.predicted.csv").exists()
    assert not bad.with_name("bad.predicted.csv").exists()


def test_files_that_are_no_tables(prices, tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"")
    assert main([str(prices), str(tmp_path / "none.csv"), str(tmp_path), str(tmp_path / "a.png")]) == 1
    missing, folder, picture = capsys.readouterr().err.splitlines()
    assert "none.csv: no such file; give a table" in missing
    assert "not a file; give a table" in folder
    assert "a.png: tables end with .csv" in picture


def test_a_class_that_a_spreadsheet_would_run(tmp_path):
    rows = [row | {"dear": f"={row['dear']}"} for row in tables.without(ROWS, "price")]
    run = made(tmp_path, "dear", rows)
    assert main([str(run), str(tables.write(tmp_path / "new.csv", NEW))]) == 0
    assert all(row["predicted_dear"].startswith("'=") for row in read(tmp_path / "new.predicted.csv"))


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "tsv"])
def test_other_formats_hold_the_same(prices, new, suffix, tmp_path):
    frame = polars.read_csv(new, try_parse_dates=True)
    path = tmp_path / f"new.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    elif suffix == "tsv":
        frame.write_csv(path, separator="\t")
    else:
        frame.write_ndjson(path)
    network = load(prices)
    np.testing.assert_allclose(network.predict(path), network.predict(new), rtol=1e-6)
    assert main([str(prices), str(path)]) == 0
    assert len(read(tmp_path / "new.predicted.csv")) == len(NEW)
