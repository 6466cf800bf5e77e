"""A run done again from its directory."""

import csv

import pytest

from trainer import configure, models, train
from trainer.runs import checkpoint

FAST = (
    *("model=mlp", "epochs=2", "batch_size=128", "limit.train=256", "limit.test=64", "parallel.workers=1"),
    *("callbacks.curves=null", "callbacks.report=null", "hydra.run.dir=first"),
)
TIMES = {"seconds", "samples_per_second"}


def outcome(run):
    """What the numbers of a run are: those of its epochs, and its weights with the optimizer's slots."""
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        rows = [{name: text for name, text in row.items() if name not in TIMES} for row in csv.DictReader(file)]
    tensors = checkpoint.read(run / "checkpoints" / "last.safetensors").tensors
    return rows, {name: array.tobytes() for name, array in tensors.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        ("optimizer=sgd", "optimizer.lr=0.05", "seed=3", "~model.layers.act2", "schedule=constant"),
        pytest.param(("debug=limit", "limit.train=200", "parallel.workers=2"), marks=pytest.mark.process),
    ],
)
def test_it_gives_the_same_bytes(options, trainer_here, tmp_path):
    assert trainer_here(*FAST, *options) == 0
    assert trainer_here("--like", "first", "hydra.run.dir=second") == 0
    assert outcome(tmp_path / "first") == outcome(tmp_path / "second")


@pytest.mark.slow
def test_a_run_from_python(trainer_here, tmp_path):
    layers = {"fc1": models.Linear(16), "act1": models.Tanh(), "head": models.Linear(10)}
    small = {"epochs": 1, "limit": {"train": 128}, "parallel": {"workers": 1}}
    quiet = {"curves": None, "report": None}
    config = configure(model={"layers": layers}, data="digits", callbacks=quiet, **small)
    train(config, tmp_path / "first", quiet=True)
    assert trainer_here("--like=first", "hydra.run.dir=second") == 0
    assert outcome(tmp_path / "first") == outcome(tmp_path / "second")


@pytest.mark.slow
def test_values_can_be_changed_and_the_directory_is_ones_own(trainer_here, tmp_path):
    assert trainer_here(*FAST) == 0
    assert trainer_here("epochs=1", "--like", "first", "optimizer.lr=0.5") == 0
    (again,) = (tmp_path / "outputs" / tmp_path.name).iterdir()
    rows, _ = outcome(again)
    assert len(rows) == 1
    assert rows[0] != outcome(tmp_path / "first")[0][0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--like", "nowhere"), "nowhere: no such run or checkpoint; last is the newest, trainer runs lists all"),
        (
            ("--like",),
            "argument --like: expected one argument; options are written KEY=VALUE, without dashes; see --help",
        ),
        (
            ("--like", "run", "optimizer=sgd"),
            "--like: the optimizer is that of the run; give options of it, as in optimizer.KEY=VALUE",
        ),
        (("--like", "run", "-m"), "--like: a run is repeated alone, without --multirun"),
    ],
)
def test_mistakes(arguments, line, trainer_here, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    assert trainer_here(*arguments) != 0
    assert capsys.readouterr().err == f"error: {line}\n"


def test_a_runs_own_record_is_no_folder_of_configurations(trainer_here, tmp_path, capsys):
    assert trainer_here(*FAST, "task=summary") == 0
    capsys.readouterr()
    assert trainer_here("--config-dir", "first/.hydra", "--config-name", "config") == 2
    assert capsys.readouterr().err == (
        "error: first/.hydra/config.yaml: is not read, since we have a file of that name; "
        f"do that run again with trainer train --like {tmp_path / 'first'}\n"
    )


@pytest.mark.slow
def test_what_is_wrong_with_a_changed_value_is_said_of_it(trainer_here, tmp_path, capsys):
    assert trainer_here(*FAST) == 0
    capsys.readouterr()
    assert trainer_here("--like", "first", "model.layers.head.out_features=8") == 2
    assert capsys.readouterr().err.startswith("error: model.layers.head: the network gives 8 outputs but the data has ")


@pytest.mark.slow
@pytest.mark.parametrize("begin", [("resume=first", "epochs=3"), ("--like", "first", "hydra.run.dir=second")])
def test_with_a_folder_by_its_absolute_path(begin, trainer_here, tmp_path):
    (tmp_path / "own/model").mkdir(parents=True)
    (tmp_path / "own/model/mine.yaml").write_text("layers: {a: {_target_: models.Linear, out_features: 10}}\n")
    folder = ("--config-dir", str(tmp_path / "own"))
    assert trainer_here(*folder, "model=mine", *FAST[1:]) == 0
    assert trainer_here(*folder, *begin) == 0
