"""`trainer runs`, on two small runs and what is left of a third."""

import io
import json
import shutil
from pathlib import Path

import pytest

from tests.helpers.training import small_config, train
from trainer.commands.runs import HEADS, _fitted
from trainer.ground.text import table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs that differ in their seed, and one that was killed."""
    folder = tmp_path_factory.mktemp("runs") / "outputs"
    folder.mkdir()
    for seed in (0, 1):
        train(small_config("epochs=1", f"seed={seed}"), folder / f"run{seed}")
        (folder / f"run{seed}/.hydra").mkdir()
        (folder / f"run{seed}/.hydra/hydra.yaml").write_text("hydra: {runtime: {choices: {model: mlp}}}")
        (folder / f"run{seed}/.hydra/config.yaml").write_text(f"epochs: 1\noptimizer: {{lr: 0.{seed}}}")
    (folder / "killed").mkdir()
    (folder / "killed/metrics.csv").write_text("epoch,val_loss\n1,0.5\n")
    (folder / "killed/model.txt").touch()
    return folder


@pytest.fixture
def runs(made, tmp_path, trainer_here, capsys):
    """runs("compare", ...) in a folder with a copy of the runs: exit code and what was said."""
    shutil.copytree(made, tmp_path / "outputs")

    def call(*arguments: str) -> tuple[int, str]:
        code = trainer_here("runs", *arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


def test_the_list(runs):
    code, said = runs("--sort", "name")
    header, *rows = said.splitlines()
    assert code == 0
    assert header.split() == ["run", "status", "epochs", "validation", "test", "time", "size", "last", "written"]
    assert [row.split()[:3] for row in rows] == [
        ["outputs/killed", "interrupted", "1"],
        ["outputs/run0", "completed", "1/1"],
        ["outputs/run1", "completed", "1/1"],
    ]


def test_the_jobs_of_a_sweep_are_one_line_unless_they_are_asked_for(runs):
    sweep = Path("outputs/sweep")
    sweep.mkdir()
    (sweep / "multirun.yaml").write_text("objective: best_val_loss")
    for number, name in enumerate(("run0", "run1", "killed")):
        Path(f"outputs/{name}").rename(sweep / f"{number:02}_{name}")
    (sweep / "03_late/.hydra").mkdir(parents=True)
    (sweep / "03_late/.hydra/overrides.yaml").touch()
    records = json.loads(runs("--json")[1])
    best = min(records[:2], key=lambda record: record["val_loss"])
    row = " ".join(runs()[1].splitlines()[1].split())
    assert row.startswith("outputs/sweep 4 jobs, 1 interrupted, 1 waiting 3 accuracy ")
    assert f"accuracy {best['val_accuracy']:.4f} {best['test_accuracy']:.4f} " in row
    assert len(runs("--sort", "val_loss")[1].splitlines()) == 2
    for asked in (("outputs/sweep/",), ("--status", "completed", "--status", "interrupted"), ("--where", "epochs=1")):
        listed = [line.split()[0] for line in runs(*asked)[1].splitlines()[1:]]
        assert sorted(listed)[:2] == ["outputs/sweep/00_run0", "outputs/sweep/01_run1"]


def test_a_narrow_terminal_has_fewer_columns_and_shorter_names():
    name = "sweep/07_optimizer=sgd,lr=0.1,out_features=128,seed=1"
    row = [name, "completed", "5/5", "accuracy 0.9722", "0.9694", "1.4 s", "2.0 MB", "2026-11-26 12:28"]
    assert _fitted([HEADS, row], None) == [HEADS, row]
    assert _fitted([HEADS, row], 112) == [HEADS[:7], row[:7]]
    short = "sweep/07_optimizer=sg…ut_features=128,seed=1"
    assert _fitted([HEADS, row], 80)[1] == [short, "completed", "accuracy 0.9722", "0.9694"]
    for columns in (60, 80, 94, 200):
        assert max(map(len, table(_fitted([HEADS, row], columns)).splitlines())) <= columns


def test_chosen_and_in_order(runs):
    records = json.loads(runs("--json", "--status", "completed", "--sort", "val_loss")[1])
    losses = [record["val_loss"] for record in records]
    assert len(losses) == 2
    assert losses == sorted(losses)
    records = json.loads(runs("--json", "--sort", "test_accuracy")[1])
    accuracies = [record["test_accuracy"] for record in records[:2]]
    assert accuracies == sorted(accuracies, reverse=True)  # the best first
    assert "test_accuracy" not in records[2]
    assert runs("--where", "model=resnet8")[1] == "no such run under outputs\n"
    for setting, name in {"lr=0.1": "run1", "optimizer.lr=0.0": "run0"}.items():
        (record,) = json.loads(runs("--json", "--where", setting, "--where", "model=mlp")[1])
        assert record["run"] == f"outputs/{name}"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--sort", "val_los"], "error: --sort val_los: no run has such a figure; did you mean 'val_loss'?\n"),
        (["cmopare", "a"], "error: cmopare: no such folder; did you mean 'trainer runs compare'?\n"),
        (["nowhere"], "error: nowhere: no such folder; go to where you trained, or name a folder of runs\n"),
        (["--where", "epocs=1"], "error: --where epocs=1: no run has such a setting; did you mean 'epochs'?\n"),
        (["--where", "mlp"], "error: --where mlp: write KEY=VALUE, such as optimizer.lr=0.1\n"),
        (["compare", "outputs/run0"], "error: compare needs at least two runs\n"),
        (["clean"], "error: cannot ask for confirmation here; give --yes to remove them\n"),
    ],
)
def test_mistakes(runs, arguments, line):
    code, said = runs(*arguments)
    assert code == 2
    assert said.endswith(line)


def test_compare(runs):
    code, said = runs("compare", "outputs/run0", "outputs/run1", "outputs/run0", "outputs/killed")
    assert code == 0
    assert "status completed completed completed interrupted" in " ".join(said.split())
    assert said.splitlines()[-1].startswith("weights, as the distance from those of 1 over their norm: 2 1.")
    assert said.splitlines()[-1].endswith(", 3 0, 4 another network")


def test_compared_curves(runs, tmp_path):
    code, said = runs("compare", "outputs/run0", "outputs/run1", "outputs/killed", "--to", "curves.png")
    assert (code, said.splitlines()[-1]) == (0, "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_clean_removes_what_it_has_shown(runs, tmp_path):
    code, said = runs("clean", "--yes")
    assert code == 0
    assert said == "outputs/killed  interrupted  0.0 MB\nremoved 1 run\n"
    assert sorted(path.name for path in (tmp_path / "outputs").iterdir()) == ["run0", "run1"]


@pytest.mark.parametrize(("answer", "left"), [("y\n", False), ("\n", True)])
def test_clean_asks(runs, tmp_path, monkeypatch, answer, left):
    terminal = io.StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin", terminal)
    code, said = runs("clean")
    assert "remove this run, 0.0 MB? [y/N]" in said
    assert (tmp_path / "outputs/killed").exists() == left
    assert code == (1 if left else 0)


def test_clean_leaves_what_is_not_only_a_run(runs, tmp_path, monkeypatch):
    """Folders of another program, the folder that one is in, and one around other runs."""
    (tmp_path / "outputs/other/checkpoints").mkdir(parents=True)
    (tmp_path / "outputs/other/result.json").write_text('{"status": "failed"}')
    for folder in ("outputs/around", "project"):
        (tmp_path / folder).mkdir()
        for name in ("metrics.csv", "model.txt"):
            shutil.copy(tmp_path / "outputs/killed" / name, tmp_path / folder)
    (tmp_path / "outputs/killed").rename(tmp_path / "outputs/around/killed")
    code, said = runs("clean", "--yes")
    assert code == 0
    assert "outputs/around is kept: you are in it, or it holds other runs" in said.splitlines()
    assert (tmp_path / "outputs/other/result.json").exists()
    assert (tmp_path / "outputs/around/killed").exists()
    monkeypatch.chdir(tmp_path / "project")
    assert runs("clean", ".", "--yes")[0] == 0
    assert (tmp_path / "project/model.txt").exists()


def test_clean_leaves_sweeps_and_what_is_new(runs, tmp_path):
    (tmp_path / "outputs/multirun.yaml").touch()
    assert runs("clean", "--yes")[1] == (
        "nothing to remove: no run under outputs is failed or interrupted, except 1 job of sweeps\n"
    )
    (tmp_path / "outputs/multirun.yaml").unlink()
    assert runs("clean", "--yes", "--older", "1")[1].startswith("nothing to remove: ")
    assert (tmp_path / "outputs/killed").exists()
