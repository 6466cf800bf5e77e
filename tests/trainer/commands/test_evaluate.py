"""`python -m trainer.evaluate`."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.helpers.data import random_images, write_idx_files
from tests.helpers.runs import TINY, composed, make_run
from trainer import load
from trainer.commands.evaluate import evaluate, main
from trainer.training.fit import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network that was really trained, and the result that training wrote down."""
    folder = tmp_path_factory.mktemp("trained")
    result = train(composed(*TINY, "epochs=2", "seed=5"), folder)
    return folder, result


def test_measures_what_training_measured(trained):
    folder, result = trained
    network = load(folder)
    found = evaluate(network)
    assert found["examples"] == 360
    assert found["accuracy"] == pytest.approx(result["test"]["accuracy"])
    assert found["loss"] == pytest.approx(result["test"]["loss"], rel=1e-6)
    validated = evaluate(network, "validation")
    assert validated["accuracy"] == pytest.approx(result["best"]["val_accuracy"])
    assert validated["loss"] == pytest.approx(result["best"]["val_loss"], rel=1e-6)
    assert evaluate(network, "train")["examples"] + validated["examples"] == 1437


def test_figures_agree_with_each_other(trained):
    found = evaluate(load(trained[0]), k=2)
    counts = np.array(found["confusion"])
    assert counts.sum() == found["examples"]
    assert np.trace(counts) / counts.sum() == found["accuracy"]
    assert found["accuracy"] <= found["top_k"]["accuracy"] <= 1
    assert [row["examples"] for row in found["classes"]] == counts.sum(axis=1).tolist()
    assert found["macro"]["f1"] == pytest.approx(np.mean([row["f1"] for row in found["classes"]]))


def test_command(trained, capsys):
    folder, _ = trained
    assert main([str(folder)]) == 0
    text = capsys.readouterr().out
    for line in ("on digits, test:", "360 examples", "top-3 ", "precision", "mean of classes", "true \\ predicted"):
        assert line in text
    assert (folder / "plots" / "confusion_matrix.png").read_bytes().startswith(b"\x89PNG")
    assert main([str(folder), "--json", "--split", "validation", "--top", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["split"], found["top_k"]["k"], found["data"]) == ("validation", 5, "digits")
    assert (folder / "plots" / "confusion_matrix_validation.png").exists()


def test_other_data(trained, tmp_path, capsys):
    write_idx_files(tmp_path / "mnist", random_images(size=8))
    choice = ["--data", "mnist", f"root={tmp_path / 'mnist'}", "shape=[1,8,8]"]
    assert main([str(trained[0]), "--json", *choice]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["data"], found["examples"]) == ("mnist", 10)


@pytest.mark.parametrize(
    ("arguments", "problem", "code"),
    [
        (["--data", "mnits"], "--data mnits: no such file in configs/data; did you mean 'mnist'?", 2),
        (["--data", "mnist", "digits"], "--data mnist digits: give one name; options are KEY=VALUE", 2),
        (["--data", "men=[1]"], "--data men=[1]: data.men: Digits has no option 'men'; did you mean 'mean'?", 2),
        (["--data", "mnist"], "mnist: its examples have the shape [1, 28, 28] and 10 classes, the network wants", 2),
        (["--data", "mnist", "shape=[1,8,8]", "root=none"], "none: has no train-images", 1),
        (["--split", "tset"], "argument --split: invalid choice: 'tset'", 2),
        (["--top", "0"], "argument --top: 0 is not an integer of at least 1; see trainer evaluate --help", 2),
        (["--toop", "0"], "unrecognized arguments: --toop 0; see trainer evaluate --help", 2),
    ],
)
def test_errors_are_one_line(trained, arguments, problem, code, capsys):
    try:
        found = main([str(trained[0]), *arguments])
    except SystemExit as end:  # from the parser of arguments
        found = end.code
    output = capsys.readouterr()
    assert found == code
    assert output.out == ""
    assert output.err.startswith(f"error: {problem}")
    assert output.err.count("\n") == 1


def test_empty_split(tmp_path, capsys):
    make_run(tmp_path, *TINY, "validation=0.0")
    assert main([str(tmp_path), "--split", "validation"]) == 2
    assert "the split 'validation' has no examples; choose another with --split" in capsys.readouterr().err


def test_regression(tmp_path, capsys):
    make_run(tmp_path, "model=shallow_cnn", "data=random_regression", "loss=mse")
    assert main([str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "loss" in text
    assert "accuracy" not in text
    assert not (tmp_path / "plots").exists()


@pytest.mark.process
def test_as_a_process(trained):
    command = [sys.executable, "-m", "trainer.evaluate"]
    helped = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True, timeout=120)
    assert "RUN" in helped.stdout
    failed = subprocess.run([*command, "none"], capture_output=True, text=True, check=False, timeout=120)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "error: none: no such run directory or checkpoint\n"
