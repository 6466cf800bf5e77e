"""`trainer preview`."""

import csv

import numpy as np
import pytest
from PIL import Image

from trainer.commands.preview import held
from trainer.datasets import Dataset, Examples, Splits

AUGMENT = "+data.augment.flip={_target_: datasets.RandomFlip}"


@pytest.fixture
def preview(trainer_here, tmp_path, capfd):
    """Do `trainer preview ...`; gives the exit code, what was said and complained, and the picture."""

    def call(*arguments):
        code = trainer_here("preview", *arguments, "hydra.run.dir=seen")
        return code, *capfd.readouterr(), tmp_path / "seen" / "plots" / "preview.png"

    return call


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures take most of the time; tests of what is said do without."""
    monkeypatch.setattr("trainer.views.save", lambda figure, path: None)


def write_table(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.slow
def test_a_table(preview, tmp_path):
    pytest.importorskip("polars")
    rng = np.random.default_rng(0)
    reds = ("red", "pink")
    rows = [
        (round(x, 3), reds[number % 2] if x > 0 else "blue", "" if number % 5 == 0 else number % 9, int(x > 0), "same")
        for number, x in enumerate(rng.normal(size=200))
    ]
    write_table(tmp_path / "Stühle (1).csv", [("x", "colour", "few", "positive", "always"), *rows, rows[0]])
    code, out, _, picture = preview("data=table", "data.file=Stühle (1).csv", "data.target=positive")
    assert code == 0
    assert "always is left out: constant" in out
    assert "colour alone gives the target away (accuracy 1.000)" in out
    assert "are there already" in out or "leak: 1 of" in out
    assert [line.split()[:3] for line in out.splitlines() if line.startswith("few")] == [["few", "number", "41"]]
    assert "logistic regression" in out
    assert "always '" in out
    assert str(picture.relative_to(tmp_path)) in out
    assert Image.open(picture).size[0] > 300


@pytest.mark.slow
def test_values_are_in_the_units_of_the_file(preview, undrawn, tmp_path):
    pytest.importorskip("polars")
    rows = ((x % 13, f"1.{7 * x % 100:03}", f"1.{7 * x % 50:03}", 1000.5 + x) for x in range(100))
    write_table(tmp_path / "t.csv", [("a", "rent", "ratio", "price"), *rows])
    options = ("data.file=t.csv", "data.target=price", "+data.columns.ratio=number", "validation=0.0")
    code, out, _, _ = preview("data=table", *options)
    assert code == 0
    least = next(line for line in out.splitlines() if line.startswith("least target")).split()[2:]
    assert min(map(float, least)) == pytest.approx(1000.5, abs=1)
    assert "always the mean" in out
    assert "linear regression" in out
    assert (
        "rent: '1.000' is read as 1; if it is 1000, as the three digits after each point suggest, "
        "set +data.columns.rent=decimal_comma, else +data.columns.rent=number" in out
    )
    assert "ratio: " not in out


@pytest.mark.slow
def test_dates_and_yes_or_no_are_written_as_such(preview, undrawn, tmp_path):
    """Of the rows whose target counts."""
    pytest.importorskip("polars")
    rows = [(f"2020-0{1 + n // 12}-01", ("no", "yes", "yes", "yes")[n % 4], n % 13, "abc"[n % 3]) for n in range(108)]
    write_table(tmp_path / "t.csv", [("day", "garden", "n", "y"), *rows])
    code, out, _, _ = preview("data=table", "data.file=t.csv", "data.target=y", "data.ignore_label=c")
    assert code == 0
    cells = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.startswith(("day ", "garden "))}
    assert cells["day"] == ["date", "0", "9", "2020-01-01", "2020-05-01", "2020-09-01"]
    assert cells["garden"] == ["yes/no", "0", "2", "no", "75%", "yes", "yes"]


@pytest.mark.slow
def test_pictures(preview, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(24):
        folder = tmp_path / "photos" / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(folder / f"{number}.png")
    twice = (tmp_path / "photos" / "cat" / "0.png").read_bytes()
    for number in range(12):
        (tmp_path / "photos" / "dog" / f"copy{number}.png").write_bytes(twice)
    code, out, _, picture = preview("data=images", "data.root=photos", "data.cache=null", AUGMENT)
    assert code == 0
    assert next(line for line in out.splitlines() if line.startswith("cat")).split() == ["cat", "10", "1", "1"]
    assert "leak: " in out
    assert "inputs are duplicates" in out
    assert Image.open(picture).size[0] > 300
    assert picture.with_stem("augmentations").exists()
    assert "augmentations.png" in out


@pytest.mark.slow
def test_a_text(preview, tmp_path):
    (tmp_path / "book.txt").write_text("It costs $5, or $6?\n\tNo. " * 40, encoding="utf-8")
    code, out, _, picture = preview("data=text", "data.file=book.txt", "data.context=8")
    assert code == 0
    assert "leak: " in out
    assert "are there already" not in out
    assert "perplexity" in out
    assert picture.exists()


@pytest.mark.slow
@pytest.mark.parametrize("data", ["moons", "sine", "digits"])
def test_others_need_no_model_that_fits(data, preview):
    code, out, _, picture = preview(f"data={data}", "limit.train=24")
    assert code == 0
    assert "regression" in out
    assert picture.exists()
    assert not picture.with_stem("augmentations").exists()
    assert "augmentations.png" not in out


@pytest.mark.slow
def test_it_is_in_a_directory_of_its_own(trainer_here, tmp_path):
    assert trainer_here("preview", "data=moons") == 0
    (picture,) = (tmp_path / "outputs").rglob("preview.png")
    assert picture.relative_to(tmp_path).parts[:2] == ("outputs", "preview-moons")


@pytest.mark.slow
def test_long_vectors_are_drawn_as_lines(preview, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "v.npz", inputs=rng.normal(size=(20, 50)), targets=rng.normal(size=(20, 2)))
    code, out, _, picture = preview("data=arrays", "data.file=v.npz")
    assert code == 0
    assert "and 10 more" in out
    assert picture.exists()


def test_bad_data_is_one_line_and_no_directory(preview, tmp_path):
    code, _, err, _ = preview("data=images", "data.root=nowhere")
    assert code == 1
    assert err == "error: nowhere: no such folder; set data.root\n"
    assert not (tmp_path / "seen").exists()


class Many(Dataset):
    name = "many"

    def read(self):
        raise NotImplementedError


def test_of_many_classes_the_rarest_are_shown():
    part = Examples(np.zeros((200, 1), np.float32), np.repeat(np.arange(1, 101), 2).astype(np.int64))
    rows = held(Many((1,), 101), Splits(part, part, part))
    assert rows[2] == ["0", "0", "0", "0"]
    assert rows[-1][0] == "and 61 more"
