"""Tables and pictures of a sweep, from directories that were written by hand."""

import csv
import json
import shutil

import pytest

from trainer.runs.find import find
from trainer.sweep import jobs
from trainer.sweep.jobs import Job
from trainer.sweep.summary import Summary
from trainer.sweep.watch import outcome


def job(directory, name, overrides, accuracy=None, status="completed", epochs=3):
    """Writes what a job leaves behind."""
    made = Job(directory / name, overrides)
    made.prepare()
    result = {"status": status, "epochs": epochs, "seconds": 2.5}
    if accuracy is None:
        result["error"] = "the | loss is nan"
    else:
        result["best"] = {"epoch": 2, "val_accuracy": accuracy, "val_loss": 1 - accuracy}
        result["final"] = result["best"] | {"train_loss": 0.1}
        rows = [f"{epoch},{1 / epoch},{accuracy - 0.1 / epoch},{1 - accuracy}\n" for epoch in range(1, epochs + 1)]
        (made.directory / "metrics.csv").write_text("epoch,train_loss,val_accuracy,val_loss\n" + "".join(rows))
    (made.directory / "result.json").write_text(json.dumps(result))


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "multirun.yaml").write_text(
        "objective: best_val_accuracy\nhydra:\n  sweeper: {search: null}\n  runtime:\n    config_sources:\n"
        "    - {path: hydra.conf, provider: hydra}\n    - {path: /my configs, provider: command-line}\n"
    )
    accuracies = {("0.1", 0): 0.5, ("0.1", 1): 0.7, ("0.01", 0): 0.8, ("0.01", 1): None}
    for number, ((lr, seed), accuracy) in enumerate(accuracies.items()):
        status = "completed" if accuracy else "failed"
        overrides = [f"optimizer.lr={lr}", "epochs=3", f"seed={seed}"]
        job(tmp_path, f"{number:02}_lr={lr},seed={seed}", overrides, accuracy, status)
    return tmp_path


@pytest.mark.usefixtures("undrawn")
def test_each_file_is_read_once(directory, monkeypatch):
    read = []
    for name in ("read_result", "read_metrics"):
        known = getattr(jobs, name)
        monkeypatch.setattr(jobs, name, lambda path, known=known: read.append(path) or known(path))
    Summary(directory).write()
    assert len(read) == len(set(read)) >= 4


@pytest.mark.usefixtures("undrawn")
def test_rows_are_sorted_the_best_first_failures_last(directory):
    Summary(directory).write()
    with (directory / "summary.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["job"][:2] for row in rows] == ["02", "01", "00", "03"]
    assert rows[0] | {"lr": "0.01", "seed": "0", "best_val_accuracy": "0.8", "status": "completed"} == rows[0]
    assert rows[3]["reason"] == "the | loss is nan"
    assert "test_loss" not in rows[0]


def test_tables_without_the_pictures_that_cannot_be_drawn(directory, capsys):
    (directory / "plots").touch()
    Summary(directory).write()
    assert {"summary.csv", "summary.md"} <= {path.name for path in directory.iterdir()}
    assert capsys.readouterr().err == f"warning: not drawn: {directory}/plots/curves.png: File exists\n"


@pytest.mark.usefixtures("undrawn")
def test_markdown(directory):
    Summary(directory).write()
    text = (directory / "summary.md").read_text()
    assert "4 jobs: 3 completed, 1 failed" in text
    assert "    python -m trainer --config-dir '/my configs' optimizer.lr=0.01 epochs=3 seed=0\n" in text
    assert "| 0.1 | 2 | 0.6000 ± 0.1414 | 0.4000 ± 0.1414 | 2.5 ± 0.0 |" in text
    assert "| 0.01 | 1 of 2 | 0.8000 | 0.2000 | 2.5 |" in text
    assert r"the \| loss is nan" in text


def test_less_is_better_for_a_loss(directory):
    (directory / "multirun.yaml").write_text(
        (directory / "multirun.yaml").read_text().replace("best_val_accuracy", "final_val_loss")
    )
    summary = Summary(directory)
    assert summary.best.name == "02_lr=0.01,seed=0"
    assert "best single run: 02_lr=0.01,seed=0, final_val_loss 0.2000, of another setting\n" in summary.ending()


def test_pictures(directory):
    Summary(directory).write()
    for name in ("curves", "effects"):
        assert (directory / f"plots/{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_sweep_that_has_not_begun(directory):
    for path in directory.glob("*/result.json"):
        path.unlink()
    for path in directory.glob("*/metrics.csv"):
        path.unlink()
    summary = Summary(directory)
    summary.write()
    assert summary.best is None
    assert "4 jobs: 4 waiting" in (directory / "summary.md").read_text()
    assert not (directory / "plots").exists()


@pytest.fixture
def undrawn(monkeypatch):
    """Leaves the pictures out, which take their time."""
    monkeypatch.setattr(Summary, "pictures", lambda self: iter(()))


@pytest.fixture
def lucky(directory):
    """A learning rate whose first seed is the best of all, and another one that is better in the mean."""
    accuracies = {("0.1", 0): 0.5, ("0.1", 1): 0.9, ("0.01", 0): 0.8, ("0.01", 1): 0.84}
    for (lr, seed), accuracy in accuracies.items():
        (path,) = directory.glob(f"*lr={lr},seed={seed}")
        job(directory, path.name, [f"optimizer.lr={lr}", "epochs=3", f"seed={seed}"], accuracy)
    return directory


@pytest.mark.usefixtures("undrawn")
def test_the_best_setting_is_the_best_mean_not_the_luckiest_seed(lucky):
    summary = Summary(lucky)
    lines = summary.ending().splitlines()
    assert lines[1:3] == [
        "best setting: lr=0.01, best_val_accuracy 0.8200 ± 0.0283 (2 seeds)",
        "best single run: 01_lr=0.1,seed=1, best_val_accuracy 0.9000, of another setting",
    ]
    assert lines[3].endswith("optimizer.lr=0.1 epochs=3 seed=1")
    assert find(lucky) == summary.best.directory  # what RUN means is the single run
    summary.write()
    text = (lucky / "summary.md").read_text()
    assert "The best setting: lr=0.01, best_val_accuracy 0.8200 ± 0.0283 (2 seeds)." in text
    assert text.index("| 0.01 | 2 | 0.8200 ± 0.0283") < text.index("| 0.1 | 2 | 0.7000 ± 0.2828")


@pytest.mark.usefixtures("undrawn")
def test_the_means_have_the_objective_whatever_it_is(lucky):
    record = lucky / "multirun.yaml"
    record.write_text(record.read_text().replace("best_val_accuracy", "final_val_loss"))
    summary = Summary(lucky)
    assert "best setting: lr=0.01, final_val_loss 0.1800 ± 0.0283 (2 seeds)\n" in summary.ending()
    assert "best single run: 01_lr=0.1,seed=1, final_val_loss 0.1000, of another setting\n" in summary.ending()
    summary.write()
    assert "| lr | runs | final_val_loss | best_val_accuracy |" in (lucky / "summary.md").read_text()


def test_a_setting_of_which_a_seed_failed_comes_after_the_others(directory):
    """Its other seed is the best run of all."""
    assert Summary(directory).ending().splitlines()[1:3] == [
        "best setting: lr=0.1, best_val_accuracy 0.6000 ± 0.1414 (2 seeds)",
        "best single run: 02_lr=0.01,seed=0, best_val_accuracy 0.8000, of another setting",
    ]


@pytest.mark.usefixtures("undrawn")
def test_of_seeds_alone_there_is_a_mean_and_no_best(lucky):
    for path in lucky.glob("*lr=0.1,*"):
        shutil.rmtree(path)
    summary = Summary(lucky)
    summary.write()
    assert summary.ending().splitlines()[:2] == [
        "2 jobs: 2 completed",
        "mean: best_val_accuracy 0.8200 ± 0.0283 (2 seeds)",
    ]
    assert "best single run" not in summary.ending()
    text = (lucky / "summary.md").read_text()
    assert "Mean: best_val_accuracy 0.8200 ± 0.0283 (2 seeds)." in text
    assert "best run" not in text
    assert "sorted" not in text
    assert text.index("02_lr") < text.index("03_lr")  # the luckier one is not first


def test_without_validation_none_is_best_and_it_is_said(directory):
    for path in directory.glob("*/result.json"):
        path.write_text(json.dumps({"status": "completed", "epochs": 3, "best": None, "final": {"train_loss": 0.1}}))
    line = "none is best: no run has a best_val_accuracy; validate with validation=0.1"
    assert Summary(directory).ending().splitlines()[1] == line


def test_without_seeds_there_is_one_best(directory):
    for path in directory.glob("*seed=1"):
        shutil.rmtree(path)
    assert Summary(directory).ending().splitlines()[1] == "best: 02_lr=0.01,seed=0, best_val_accuracy 0.8000"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 4}, "validation accuracy 0.8000, validation loss 0.2000 at epoch 2 | epoch 4 of 4 | 2.5 s"),
        (
            {"epochs": 2, "reason": "pruned: val_accuracy 0.8 is worse than 0.9"},
            "validation accuracy 0.8000, validation loss 0.2000 at epoch 2 | "
            "epoch 2 of 4 (pruned: val_accuracy 0.8 is worse than 0.9) | 2.5 s",
        ),
        ({"best": None, "epochs": 4}, "train loss 0.1000 | epoch 4 of 4 | 2.5 s"),
        ({"status": "failed", "error": "the loss is nan"}, "failed: the loss is nan"),
    ],
)
def test_outcome_says_how_far_a_job_came(directory, changes, words):
    done = next(job for job in jobs.read(directory) if job.name.startswith("02"))
    path = done.directory / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"planned_epochs": 4} | changes))
    assert outcome(done) == words


def test_effects_need_more_than_seeds(directory):
    assert [name for name, _ in Summary(directory).pictures()] == ["curves", "effects"]
    for path in directory.glob("*lr=0.1,*"):
        shutil.rmtree(path)
    assert [name for name, _ in Summary(directory).pictures()] == ["curves"]
