"""Bad input is refused before training, in one line that names file, place and remedy; or answered."""

import numpy as np
import pytest

OPTIONS = ("epochs=1", "parallel.workers=1", "callbacks.curves=null", "hydra.run.dir=run")
ROWS = [[str(i * 0.5), "ab"[i % 2], str(i * i % 11), ("yes", "no")[i % 3 > 0]] for i in range(60)]


def table(*changes, names="a,b,c,y", more=()):
    """A CSV of 60 rows, in which (row, column, value) are changed."""
    rows = [[*row] for row in ROWS]
    for row, column, value in changes:
        rows[row][column] = value
    return "".join(f"{line}\n" for line in (*([names] if names else []), *map(",".join, rows), *more))


BAD_TABLES = {
    "infinity": (table((3, 0, "inf")), (), "t.csv: column a, row 4: 'inf' cannot be used as a number; fix it"),
    "infinity after a gap": (
        table((1, 0, ""), (3, 0, "inf")),
        (),
        "a, row 4: 'inf' cannot be used as a number; fix it, or leave the column out with +data.columns.a=ignore",
    ),
    "1e308": (table((3, 0, "1e308")), (), "t.csv: column a, row 4: '1e308' cannot be used as a number; fix it"),
    "a text among numbers": (table((3, 0, "oops")), (), "t.csv: column a, row 4: 'oops' is not a number, as the other"),
    "no names": (table(names=None), (), "it has 0.0, a, 0, yes; if these are values, add a line of names"),
    "names twice": (table(more=["a,b,c,y"]), (), "t.csv:62: the line of names is repeated here; remove it"),
    "one name twice": (table(names="a,a,c,y"), (), "t.csv:1: two columns are called 'a'; rename one"),
    "a short row": (table(more=["1,a"]), (), "t.csv:62: 2 fields, but the line of names has 4; fix the line"),
    "a long row": (table(more=["1,a,2,no,5"]), (), "t.csv:62: 5 fields, but the line of names has 4; fix the line"),
    "no such target": (table(), ("data.target=z",), "t.csv: data.target: the table has no column 'z'; it has a, b"),
    "a target twice": (table(), ("data.target=[y,y]",), "t.csv: data.target: names 'y' twice; leave one out"),
    "no target": (table(), ("data.target=[]",), "data.target: names no column; name one or several"),
    "targets of two kinds": (
        table(),
        ("data.target=[a,y]",),
        "t.csv: data.target: several columns are all numbers, or all yes/no, but y is not; name one column, or others",
    ),
    "targets of classes": (
        table(),
        ("data.target=[b,y]", "data.problem=classification"),
        "t.csv: data.problem: classes are in one column; name one as data.target",
    ),
    "infinity among values": (
        table(*((i, 3, str(i % 9 * 1.5)) for i in range(59)), (59, 3, "inf")), (),
        "t.csv: column y, row 60: 'inf' cannot be used as a number; fix it, or remove the row",
    ),
    "a constant target": (
        table(*((i, 3, "2.5") for i in range(60))), (),
        "t.csv: column y: all training rows have the value 2.5; there is nothing to learn; name another column",
    ),
    "a target of dates": (
        table(*((i, 3, f"2020-01-{1 + i % 28:02}") for i in range(60))), (),
        "t.csv: column y: dates are not predicted; name another column as data.target, or set data.problem=class",
    ),
    "a target of free text": (
        table(*((i, 3, f"story {i}") for i in range(60))), (),
        "t.csv: column y: it is text, 60 different values, which are too many for classes; name another column",
    ),
    "a target of prices with their currency": (
        table(*((i, 3, f'"${1000 * i:,}"') for i in range(60))), (),
        "t.csv: column y: its numbers have a unit, such as '$0'; write them without it, or set data.problem=class",
    ),
    "a target of some percentages": (
        table(*((i, 3, f"{i % 25} %") for i in range(60))), (),
        "t.csv: column y: its numbers have a unit, such as '0 %'; write them without it, or set data.problem=class",
    ),
    "a class in the test only": (
        table(*((i, 3, "late") for i in range(50, 60))), ("data.time=a",),
        "t.csv: column y, row 51: no training row is of class 'late'; add some, or remove the row",
    ),
    "dates that may be read in two ways": (
        table(*((i, 1, f"01/{1 + i % 12:02}/2020") for i in range(60))), (),
        "t.csv: column b, row 2: '01/02/2020' may be 1 February or 2 January, and no row tells which; set +data.col",
    ),
    "a text among dates": (
        table(*((i, 1, f"2020-01-{1 + i % 28:02}") for i in range(59)), (59, 1, "soon")), (),
        "t.csv: column b, row 60: 'soon' is not a date, as the other 59 are; fix it, leave it empty, or set +data.col",
    ),
    "a word for what is missing": (
        table(*((i, 0, "missing") for i in range(0, 60, 4))), (),
        "column a, row 1: 'missing' (in 15 rows) is not a number, as the other 45 are; fix it, leave it empty, or set",
    ),
    "commas that may be read in two ways": (
        table(*((i, 0, f'"1,{i:03}"') for i in range(60))), (),
        "t.csv: column a, row 1: '1,000' may be 1000 or 1.000, and no row tells which; set +data.columns.a=decimal",
    ),
    "a quote that is left open": (
        table((3, 1, '"b')), (), "t.csv:5: a quote opens in this line and never ends; fix the line",
    ),
    "another delimiter": (table().replace(",", "#"), (), "has no column 'y'; it has a#b#c#y; set data.delimiter"),
    "no target value": (table((5, 3, "")), (), "t.csv: column y, row 6: the value to predict is missing"),
    "one class": (table(*((i, 3, "no") for i in range(60))), (), "t.csv: column y: all training rows are of class"),
    "times that are none": (table(), ("data.time=b",), "t.csv: data.time: column b holds neither dates nor numbers"),
    "a group and a time": (
        table(), ("data.group=b", "data.time=a"), "t.csv: data.time: data.group says already which rows stay together",
    ),
    "a time that is missing": (
        table((5, 0, "")), ("data.time=a",), "t.csv: column a, row 6: the time is missing; fix it, or remove the row"
    ),
    "one row": ("a,b,c,y\n1,a,2,no\n", (), "t.csv: column y: all training rows are of class 'no'; there is nothing to"),
    "no rows": ("a,b,c,y\n", (), "t.csv: holds no rows; give a file with a line of names and at least one row"),
    "a text among values": (
        table(*((i, 3, str(i * 1.5)) for i in range(59)), (59, 3, "oops")),
        (),
        "column y, row 60: 'oops' is not a number, as the other 59 are; fix it, or set data.problem=classification",
    ),
    "values that are texts": (
        table(*((i, 3, str(i * 1.5)) for i in range(59)), (59, 3, "oops")),
        ("data.problem=regression",),
        "t.csv: column y, row 60: 'oops' cannot be used as a number; fix it, or remove the row",
    ),
}  # fmt: skip

X = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
PIXELS = np.arange(300).reshape(60, 5).astype(np.uint8)
Y = np.arange(60) % 3


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


BAD_ARRAYS = {
    "a negative label": ({"inputs": X, "targets": changed(Y, 4, -1)}, (), "targets: row 4: the label -1 is negative"),
    "too large a label": ({"inputs": X, "targets": Y}, ("data.num_classes=2",), "label 2 of example 2 is outside 0..1"),
    "fractions as classes": ({"inputs": X, "targets": Y + 0.5}, ("data.num_classes=3",), "save integers, or set data"),
    "words": ({"inputs": np.full((60, 5), "a"), "targets": Y}, (), "inputs: holds values of type <U1, not numbers"),
    "NaN": ({"inputs": changed(X, (7, 2), np.nan), "targets": Y}, (), "inputs: row 7 holds nan; fix the row"),
    "infinity": ({"inputs": changed(X, (7, 2), np.inf), "targets": Y}, (), "inputs: row 7 holds inf; fix the row"),
    "1e308": ({"inputs": changed(X.astype(float), (7, 2), 1e308), "targets": Y}, (), "inputs: row 7 holds 1e+308"),
    "a NaN to predict": ({"inputs": X, "targets": changed(Y + 0.5, 7, np.nan)}, (), "targets: row 7 holds nan"),
    "unequal lengths": ({"inputs": X, "targets": Y[:50]}, (), "targets: 50 targets but 60 inputs"),
    "no examples": ({"inputs": X[:0], "targets": Y[:0]}, (), "inputs: its shape (0, 5) holds no examples"),
    "other names": ({"foo": X, "bar": Y}, (), "v.npz: holds foo, bar; name its arrays inputs and targets"),
    "shapes that differ": (
        {"x_train": X, "y_train": Y, "x_test": X[:, :4], "y_test": Y}, (), "x_test: its examples have the shape [4]",
    ),
    "floats beside bytes": (
        {"x_train": PIXELS, "y_train": Y, "x_test": PIXELS + 0.0, "y_test": Y},
        (),
        "x_test: holds float64 but x_train holds uint8, which are scaled to [0, 1]; save both as one type",
    ),
}  # fmt: skip


@pytest.fixture
def refused(trainer_here, tmp_path, capfd):
    """Try to train; gives the one line of the refusal."""

    def call(*arguments):
        assert trainer_here(*arguments, *OPTIONS) in (1, 2)
        assert not (tmp_path / "run" / "metrics.csv").exists()
        (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
        return line

    return call


@pytest.mark.parametrize("name", BAD_TABLES)
def test_tables(name, refused, tmp_path):
    pytest.importorskip("polars")
    content, options, line = BAD_TABLES[name]
    (tmp_path / "t.csv").write_text(content, encoding="utf-8")
    target = () if any(option.startswith("data.target=") for option in options) else ("data.target=y",)
    assert line in refused("data=table", "model=table_mlp", "data.file=t.csv", *target, *options)


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_arrays(name, refused, tmp_path):
    arrays, options, line = BAD_ARRAYS[name]
    np.savez(tmp_path / "v.npz", **arrays)
    found = refused("data=arrays", "model=mlp", "data.file=v.npz", *options)
    assert "v.npz" in found
    assert line in found


@pytest.mark.slow
def test_the_target_under_another_name_is_left_out(trainer_here, tmp_path, capfd):
    pytest.importorskip("polars")
    lines = [f"{line},{line.rpartition(',')[2]}" for line in table().splitlines()[1:]]
    (tmp_path / "t.csv").write_text("a,b,c,y,again\n" + "\n".join(lines) + "\n", encoding="utf-8")
    code = trainer_here("preview", "data=table", "data.file=t.csv", "data.target=y", "hydra.run.dir=run")
    assert code == 0
    line = "again is left out: it says the same as y, which is to be predicted; +data.columns.again=yes/no uses it"
    assert line in capfd.readouterr().out
