"""Folders of pictures as they come: what is wrong is one line with file and remedy, or is done right and said."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.hostile import png_bytes
from trainer.commands.predict import main as predict
from trainer.datasets import DataError, Images

QUICK = ("model=mlp", "model.layers.fc1.out_features=4", "epochs=1", "parallel.workers=1", "callbacks.curves=null")
TOO_LARGE = png_bytes(9000, 9000)
BOMB = png_bytes(1 << 15, 1 << 15)


@pytest.fixture
def photos(tmp_path):
    """Six pictures each of light days and dark nights."""
    for name, grey in (("day", 200), ("night", 20)):
        for number in range(6):
            path = tmp_path / "photos" / name / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 8), (grey, grey, grey + 4 * number)).save(path)
    return tmp_path / "photos"


def loaded(photos, **options):
    dataset = Images(**Images.completed({"root": photos, **options}, 0.2, np.random.default_rng(0)))
    return dataset, dataset.load(0.2, np.random.default_rng(0))


def write(photos, files):
    for name, content in files.items():
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(content)


DAMAGED = {
    "cut": ("day/x.jpg", lambda photos: (photos / "day" / "0.jpg").read_bytes()[:400], "damaged"),
    "zero bytes": ("day/x.png", lambda _: b"", "empty"),
    "a text": ("day/x.png", lambda _: b"hello", "not a picture"),
    "nothing but a header": ("day/x.png", lambda _: png_bytes(9, 9), "damaged"),
    "too many pixels": ("day/x.png", lambda _: TOO_LARGE, "9000x9000 are more than 64 million pixels"),
    "a bomb": ("day/x.png", lambda _: BOMB, "more than 64 million pixels"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_picture_that_cannot_be_read(photos, name, tmp_path):
    file, content, problem = DAMAGED[name]
    write(photos, {file: content(photos)})
    with pytest.raises(DataError) as refused:
        loaded(photos)
    assert str(refused.value) == (
        f"{photos}: 1 of 13 pictures cannot be used: {file} ({problem}); fix or remove them, or set "
        "data.skip_damaged=true"
    )
    dataset, splits = loaded(photos, skip_damaged=True, cache=tmp_path / "cache")
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == 12
    assert f"{photos}: 1 of 13 pictures cannot be used and are left out: {file} ({problem})" in dataset.described()


def test_many_damaged_pictures_are_all_in_a_file(photos, tmp_path):
    write(photos, {f"day/x{number:02}.png": b"" for number in range(12)})
    with pytest.raises(DataError, match=r"12 of 24 .* day/x09.png \(empty\) and 2 more; fix"):
        loaded(photos)
    with pytest.raises(DataError, match=r"day/x09.png \(empty\) and 2 more, see .*pictures-.*\.json; fix"):
        loaded(photos, cache=tmp_path / "cache")
    (found,) = (tmp_path / "cache").glob("*.json")
    assert "day/x11.png (empty)" in found.read_text()


def test_no_picture_that_can_be_read(photos):
    for path in photos.rglob("*.jpg"):
        path.write_bytes(b"x")
    with pytest.raises(DataError, match="none of the pictures looked at can be read"):
        loaded(photos)
    with pytest.raises(DataError, match=r"12 of 12 pictures .*; fix or remove them, or choose others"):
        loaded(photos, size=[8, 8], channels=1, skip_damaged=True)


def test_a_picture_that_may_not_be_read(photos, monkeypatch):
    real = Path.is_file

    def refusing(path):
        if path.name == "3.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_file", refusing)
    with pytest.raises(DataError, match=r"day/3.jpg \(may not be read\), night/3.jpg \(may not be read\)"):
        loaded(photos)


def test_names_that_say_another_format_work(photos):
    Image.new("L", (9, 9), 7).save(photos / "day" / "x.jpg", "PNG")
    Image.new("RGB", (9, 9), 7).save(photos / "day" / "x.png", "JPEG")
    _, splits = loaded(photos)
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == 14


def test_what_systems_leave_behind_is_no_matter(photos):
    names = ("Thumbs.db", "day/.DS_Store", "day/._0.jpg", "night/desktop.ini", "__MACOSX/day/._0.jpg", ".git/a.png")
    write(photos, dict.fromkeys(names, b"x"))
    write(photos, {"day/notes.txt": b"x", "day/raw.heic": b"x"})
    dataset, _ = loaded(photos)
    assert dataset.class_names == ("day", "night")
    assert dataset.described()[2:] == [f"{photos}: left out: 1 .txt, 1 .heic"]


def test_one_picture_of_each_class_trains(photos):
    for path in photos.rglob("[1-5].jpg"):
        path.unlink()
    dataset, splits = loaded(photos)
    assert [*map(len, (splits.train, splits.validation, splits.test))] == [2, 0, 0]
    assert dataset.described()[1].startswith("pictures of 8x12, all in colour, become 8x8 (crop), colour;")


def test_the_file_of_an_example_is_known(photos):
    _, splits = loaded(photos)
    for part in (splits.train, splits.validation, splits.test):
        places = [Path(part.place(number)) for number in range(len(part))]
        assert [path.parent.name == "night" for path in places] == (part.targets == 1).tolist()
        blue = [np.asarray(Image.open(path))[0, 0, 2] for path in places]
        np.testing.assert_allclose(part.inputs[:, 2, 0, 0], blue, atol=1)


@pytest.mark.slow
def test_preview_shows_files_that_are_there_twice(photos, trainer_here, capfd):
    (photos / "night" / "copy.jpg").write_bytes((photos / "day" / "2.jpg").read_bytes())
    assert trainer_here("preview", "data=images", "data.root=photos", "data.cache=null", "hydra.run.dir=run") == 0
    told = capfd.readouterr().out
    copies = ("photos/day/2.jpg", "photos/night/copy.jpg")
    assert any(f"as {copies[0]} {word} {copies[1]}" in told or f"as {copies[1]} {word} {copies[0]}" in told
               for word in ("is", "and"))  # fmt: skip
    assert "inputs are blank, such as photos/day/" in told


@pytest.mark.slow
def test_training_stops_before_it_begins_or_goes_on_without_them(photos, trainer_here, tmp_path, capfd):
    write(photos, {"day/x.png": b"", "night/y.png": b"x"})
    options = ("data=images", "data.root=photos", *QUICK, "hydra.run.dir=run")
    assert trainer_here(*options) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: photos: 2 of 14 pictures cannot be used: day/x.png (empty), night/y.png (not a pict")
    assert not (tmp_path / "run" / "metrics.csv").exists()
    assert trainer_here(*options, "data.skip_damaged=true") == 0
    assert capfd.readouterr().out.count("2 of 14 pictures cannot be used and are left out") == 1

    write(tmp_path, {"new/a.png": b"", "new/Thumbs.db": b"", "empty/readme.txt": b""})
    (tmp_path / "new" / "b.png").write_bytes((photos / "day" / "0.jpg").read_bytes())
    assert predict(["run", "new", "none.png", "--json"]) == 1
    out, err = capfd.readouterr()
    assert '"file": "new/b.png"' in out
    assert [line.partition(";")[0] for line in err.splitlines()] == [
        "error: new/a.png: empty", "error: none.png: no such file"
    ]  # fmt: skip
    assert predict(["run", "empty"]) == 1
    assert "error: empty: holds no pictures (.png, " in capfd.readouterr().err
