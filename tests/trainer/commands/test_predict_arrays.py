"""What a network makes of pictures and arrays."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.runs import TINY, composed, make_run
from trainer import datasets, load
from trainer.commands.predict import main
from trainer.training.fit import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"), *TINY)


@pytest.fixture
def files(tmp_path):
    """A folder of pictures and an archive."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{index}.png")
    np.savez(tmp_path / "data.npz", images=pixels, labels=np.arange(3))
    return folder, tmp_path / "data.npz", pixels


def read_json(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_digits_are_recognised(tmp_path, capsys):
    """Dark digits on white paper, large, through all that a picture goes through."""
    alone = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")
    train(composed("model=mlp", "epochs=5", *alone), tmp_path)
    _, test = datasets.Digits().read()
    paper = tmp_path / "paper"
    paper.mkdir()
    for index in range(40):
        Image.fromarray(255 - test.inputs[index, 0]).resize((160, 160), Image.Resampling.NEAREST).save(
            paper / f"{index:02d}.png"
        )
    assert main([str(tmp_path), str(paper), "--invert", "--json"]) == 0
    found = [int(record["class"]) for record in read_json(capsys)]
    assert np.mean(np.array(found) == test.targets[:40]) > 0.8


def test_pictures_and_arrays_agree(run, files, capsys):
    folder, archive, pixels = files
    assert main([str(run), str(folder), str(archive), "--json"]) == 0
    records = read_json(capsys)
    expected = load(run).predict(pixels)
    assert [record["file"] for record in records[3:]] == [f"{archive}[{index}]" for index in range(3)]
    for record, row in zip(records, [*expected, *expected], strict=True):
        assert list(record["probabilities"].values()) == pytest.approx(row.tolist(), abs=1e-6)
        assert record["class"] == str(row.argmax())
        assert record["probability"] == pytest.approx(float(row.max()), abs=1e-6)


def test_table(run, files, capsys):
    folder, _, _ = files
    assert main([str(run), str(folder / "0.png")]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["file", "class", "probability", "then"]
    assert line.startswith(str(folder / "0.png"))


def test_any_number_of_labels(tmp_path, capsys):
    head = {"flatten": {"_target_": "models.Flatten"}, "head": {"_target_": "models.Linear", "out_features": 4}}
    config = composed("model=mlp", "data=digits", "callbacks=default")
    config |= {"data": {"_target_": "tests.helpers.problems.Quarters"}, "model": {"layers": head}, "allow": ("tests",)}
    run = make_run(tmp_path / "run", config=config)
    inputs = np.random.default_rng(0).normal(size=(8, 1, 4, 4)).astype(np.float32) * 3
    np.save(tmp_path / "x.npy", inputs)
    expected = [np.flatnonzero(row).tolist() for row in load(run, ["tests"]).predict_classes(inputs)]
    assert len({len(labels) for labels in expected}) > 1
    arguments = [str(run), str(tmp_path / "x.npy"), "--allow", "tests"]
    assert main([*arguments, "--json", "--csv", str(tmp_path / "out.csv")]) == 0
    assert [[int(label) for label in record["labels"]] for record in read_json(capsys)] == expected
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "labels", *"0123"]
    assert [row[1] for row in rows] == [";".join(map(str, labels)) for labels in expected]
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["file", "labels", "not"]


def test_csv(run, files, tmp_path):
    assert main([str(run), str(files[1]), "--csv", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "class", "probability", *"0123456789"]
    probabilities = np.array([row[3:] for row in rows], float)
    np.testing.assert_allclose(probabilities, load(run).predict(files[2]), rtol=1e-6)
    assert [row[1] for row in rows] == [str(k) for k in probabilities.argmax(axis=1)]


def test_saved_inputs(tmp_path, files):
    folder, archive, pixels = files
    network = load(make_run(tmp_path, "model=mlp"))
    assert main([str(tmp_path), str(folder), str(archive), "--save-inputs", str(tmp_path / "seen" / "here")]) == 0
    saved = sorted((tmp_path / "seen" / "here").iterdir())
    assert [path.name for path in saved] == [
        f"000{i}-{name}.png" for i, name in enumerate(["0", "1", "2", *["data"] * 3])
    ]
    seen = np.array([np.asarray(Image.open(path)) for path in saved])
    np.testing.assert_array_equal(seen[:3], network.prepare(pixels)[:, 0])
    np.testing.assert_array_equal(seen[:3], seen[3:])


def test_what_cannot_be_read_does_not_stop_the_rest(run, files, tmp_path, capsys):
    folder, _, _ = files
    (folder / "1.png").write_bytes(b"broken")
    np.savez(tmp_path / "shape.npz", images=np.zeros((2, 1, 9, 8)))
    np.savez(tmp_path / "names.npz", a=np.zeros((2, 1, 8, 8)), b=np.zeros(2))
    np.savez(tmp_path / "nan.npz", np.full((2, 1, 8, 8), np.nan))
    np.save(tmp_path / "object.npy", np.array([{}], dtype=object))
    bad = [tmp_path / name for name in ("shape.npz", "names.npz", "nan.npz", "object.npy", "none.png")]
    assert main([str(run), str(folder), *map(str, bad), "--json"]) == 1
    output = capsys.readouterr()
    assert len(json.loads(output.out)) == 2
    errors = output.err.splitlines()
    problems = [
        "not a picture",
        "inputs of shape (2, 1, 9, 8)",
        "holds a, b; name the array of examples 'images'",
        "nan.npz: row 0 holds nan; fix the row",
        "not numbers",
        "no such file",
    ]
    for error, problem in zip(errors, problems, strict=True):
        assert error.startswith("error: ")
        assert problem in error


def test_nothing_to_read(run, tmp_path, capsys):
    assert main([str(run), str(tmp_path)]) == 1
    assert "holds no pictures" in capsys.readouterr().err


def test_names_that_command_a_terminal(run, files, tmp_path, capsys):
    folder, _, _ = files
    name = tmp_path / "a\x1b[2J\n.png"
    try:
        (folder / "0.png").rename(name)
    except OSError:
        pytest.skip("this file system has no such names")
    assert main([str(run), str(name)]) == 0
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert output.count("\n") == 2


def test_networks_without_pictures_or_classes(tmp_path, files, capsys):
    vectors = ("data=random_regression", "data.shape=[5]", "loss=mse", "model.layers.head.out_features=1")
    network = load(make_run(tmp_path, "model=mlp", *vectors))
    assert main([str(tmp_path), str(files[0] / "0.png")]) == 1
    assert "takes no pictures but arrays of shape [5]" in capsys.readouterr().err
    np.save(tmp_path / "x.npy", np.zeros((2, *network.input_shape), np.float32))
    assert main([str(tmp_path), str(tmp_path / "x.npy"), "--csv", str(tmp_path / "out.csv")]) == 0
    assert "output 0" in capsys.readouterr().out
    assert (tmp_path / "out.csv").read_text().startswith("file,output 0")
    assert main([str(tmp_path), str(tmp_path / "x.npy"), "--json"]) == 0
    assert read_json(capsys)[0]["values"].keys() == {"output 0"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_device_stays_one(run, files, capsys):
    assert main([str(run), str(files[1]), "--csv", "/dev/full"]) == 1
    assert capsys.readouterr().err == "error: /dev/full: No space left on device\n"
    assert Path("/dev/full").is_char_device()


def test_names_that_a_spreadsheet_would_run(run, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(files[0] / "0.png", "=1+1.png")
    assert main([str(run), "=1+1.png", "--csv", "out.csv"]) == 0
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("'=1+1.png,")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16"])
def test_pictures_become_what_they_were_in_training(tmp_path, mode, capsys):
    """Of any size and mode: cropped and laid on the background as the data say, with the names of their classes."""
    for name, grey in (("cat", 40), ("dog", 200), ("fox", 120)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (30 + number, 20), (grey, grey, number)).save(tmp_path / "photos" / name / f"{number}.png")
    options = ("data=images", f"data.root={tmp_path / 'photos'}", "data.fit=pad", "data.background=black")
    network = load(make_run(tmp_path / "run", "model=mlp", "data.cache=null", *options))
    picture = Image.new("L" if mode == "I;16" else mode, (90, 30))
    (picture.convert("I;16") if mode == "I;16" else picture).save(tmp_path / "new.png")
    seen = tmp_path / "seen"
    assert main([str(tmp_path / "run"), str(tmp_path / "new.png"), "--json", "--save-inputs", str(seen)]) == 0
    (record,) = read_json(capsys)
    assert record["class"] in ("cat", "dog", "fox")
    assert record["probabilities"].keys() == {"cat", "dog", "fox"}
    (saved,) = seen.iterdir()
    pixels = np.asarray(Image.open(saved))
    assert pixels.shape[:2] == network.dataset.shape[1:]
    assert (pixels == 0).all()  # a dark picture on black, where white would show


@pytest.fixture(scope="module", params=["bytes", "values"])
def of_arrays(request, tmp_path_factory):
    """A run on a user's arrays, the examples, and what it trained on."""
    folder = tmp_path_factory.mktemp(request.param)
    pixels = np.random.default_rng(0).integers(0, 256, (60, 2, 3), dtype=np.uint8)
    examples = pixels if request.param == "bytes" else pixels.astype(np.float64)
    np.savez(folder / "mine.npz", inputs=examples, targets=np.arange(60) % 3)
    run = make_run(folder / "run", "model=mlp", "data=arrays", f"data.file={folder / 'mine.npz'}")
    (folder / "mine.npz").unlink()
    return run, pixels, request.param


def test_values_mean_what_they_meant_in_training(of_arrays, tmp_path, capsys):
    """Bytes given to a network for values are not scaled; values given to a network for bytes are refused."""
    run, pixels, kind = of_arrays
    network = load(run)
    np.save(tmp_path / "bytes.npy", pixels)
    np.save(tmp_path / "values.npy", pixels.astype(np.float16))
    code = main([str(run), str(tmp_path / "bytes.npy"), str(tmp_path / "values.npy"), "--json"])
    output = capsys.readouterr()
    found = [[*record["probabilities"].values()] for record in json.loads(output.out)]
    if kind == "bytes":
        assert code == 1
        assert "values.npy: inputs from 0 to 255, but the network was trained on bytes; give uint8 0..255, or floats " \
            "from 0 to 1: bytes / 255" in output.err
        np.testing.assert_allclose(network.predict(pixels / 255), network.predict(pixels), atol=1e-6)
    else:
        assert code == 0
        np.testing.assert_allclose(found[60:], found[:60], atol=1e-6)
    np.testing.assert_allclose(found[:60], network.predict(pixels), atol=1e-6)


def test_a_large_file_is_read_in_parts(of_arrays, tmp_path, capsys, monkeypatch):
    run, pixels, kind = of_arrays
    if kind == "bytes":
        pytest.skip("as values")
    monkeypatch.setattr("trainer.commands.predict_arrays.READ_BYTES", 100)
    bad = pixels.astype(np.float32)
    bad[50, 1, 2] = np.nan
    np.save(tmp_path / "x.npy", bad)
    assert main([str(run), str(tmp_path / "x.npy"), "--json"]) == 1
    output = capsys.readouterr()
    assert "x.npy: row 50 holds nan; fix the row or leave it out" in output.err
    records = json.loads(output.out)
    assert [record["file"] for record in records[:2]] == [f"{tmp_path / 'x.npy'}[{row}]" for row in range(2)]
    expected = load(run).predict(bad[: len(records)])
    np.testing.assert_allclose([[*record["probabilities"].values()] for record in records], expected, atol=1e-6)
    np.save(tmp_path / "x.npy", bad[:0])
    assert main([str(run), str(tmp_path / "x.npy")]) == 1
    assert "x.npy: its shape (0, 2, 3) holds no examples" in capsys.readouterr().err
