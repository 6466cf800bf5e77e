"""Damaged and odd directories: whoever reads one says one line, if anything, and is done soon."""

import json
import os
import shutil
from functools import cache

import pytest

from tests.helpers.damage import corpus, restore
from tests.helpers.runs import TINY, composed, make_run
from trainer import load
from trainer.commands import sweep as command
from trainer.compose import configure, errors, saved
from trainer.runs.find import find
from trainer.runs.folder import CONFIG, LAST, MACHINERY, METRICS, OVERRIDES, PRUNING, RECORD, RESULT
from trainer.sweep import job as running
from trainer.sweep import jobs as listing
from trainer.sweep import summary
from trainer.sweep.effects import draw_effects
from trainer.sweep.plots import draw_curves
from trainer.sweep.resume import arguments
from trainer.sweep.search_plots import draw_history
from trainer.sweep.watch import outcome

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are neither pipes nor devices")

DAMAGES = list(corpus())
FILES = configure.files


@cache
def files(*given):
    """Hydra takes 30 ms to find the files of the configuration, the same for each damage."""
    return FILES(*given)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Two jobs, every file of which is JSON, and so YAML too."""
    directory = tmp_path_factory.mktemp("damaged") / "sweep"
    config = composed(*TINY)
    for number, accuracy in enumerate((0.8, 0.7)):
        job = make_run(directory / f"{number:02d}", config=config, name="last")
        job.joinpath(CONFIG).parent.mkdir()
        figures = {"epoch": 1, "val_accuracy": accuracy, "val_loss": 0.5}
        result = {"status": "completed", "error": None, "reason": None, "epochs": 2, "seconds": 1.5}
        files = {
            RESULT: result | {"best": figures, "final": figures | {"train_loss": 0.25}, "test": {"val_accuracy": 0.5}},
            OVERRIDES: [f"optimizer.lr=0.{number + 1}", "epochs=2"],
            CONFIG: {"epochs": 2, "optimizer": {"lr": 0.1}},
            MACHINERY: {"hydra": {}},
            PRUNING: {"goal": "best_val_accuracy", "limits": [0.5], "warmup": 0},
        }
        for name, content in files.items():
            (job / name).write_text(json.dumps(content))
        (job / METRICS).write_text("epoch,train_loss,val_loss,val_accuracy\n1,0.5,0.5,0.7\n2,0.25,0.5,0.8\n")
    sources = [{"path": "/mine", "provider": "command-line"}]
    overrides = {"task": ["optimizer.lr=0.1,0.2"], "hydra": ["hydra.sweep.dir=sweep"]}
    hydra = {"sweeper": {"search": {"trials": 2}}, "runtime": {"config_sources": sources}, "overrides": overrides}
    (directory / RECORD).write_text(json.dumps({"objective": "best_val_accuracy", "hydra": hydra}))
    return directory


def read_a_summary(sweep, monkeypatch, capsys):
    monkeypatch.setattr(summary, "drawn", lambda draw, path: draw() and None)
    for name in ("draw_curves", "draw_effects"):
        monkeypatch.setattr(summary, name, lambda *_: None)
    monkeypatch.setattr("trainer.sweep.search_plots.draw_history", lambda *_: None)
    assert command.main([str(sweep)]) in (0, 1, 2)
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert shown.err.count("\n") <= 1


def read_jobs(sweep):
    for job in listing.read(sweep):
        outcome(job)
        assert job.status in ("completed", "stopped", "failed", "interrupted", "waiting")
        assert job.number < 2
        assert all(isinstance(value, float) for row in job.metrics for value in row.values())


READERS = {
    "jobs": read_jobs,
    "a job's configuration": lambda sweep: [job.config for job in listing.read(sweep)],
    "pruning": lambda sweep: running.pruning(sweep / "00"),
    "the sweep's command": lambda sweep: arguments([f"resume={sweep}"]),
    "the best run": find,
    "the best network": load,
    "a network": lambda sweep: load(sweep / "00"),
    "a run to resume": lambda sweep: saved.composition([f"resume={sweep / '00'}"]),
    "the newest run": lambda sweep: find("last"),
}
OF_CHECKPOINTS = ("the best network", "a network", "a run to resume", "the newest run")  # which read little else


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted({damage.file for damage in DAMAGES}))
def test_one_line(file, sweep, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(configure, "files", files)
    (tmp_path / "outputs").symlink_to(sweep)
    path = sweep / file
    whole = path.read_bytes()
    for damage in [damage for damage in DAMAGES if damage.file == file]:
        damage.do(path)
        try:
            for name, read in READERS.items():
                if (name in OF_CHECKPOINTS) == file.endswith(LAST):
                    assert len(refused(read, sweep, f"{name}, {damage}")) < 2000
            if not file.endswith(LAST):
                read_a_summary(sweep, monkeypatch, capsys)
        finally:
            restore(path, whole)


def refused(read, sweep, what) -> str:
    """The line that is said, if any."""
    try:
        read(sweep)
    except errors.USER_ERRORS as error:
        line = errors.explain(error)
    except BaseException as error:
        raise AssertionError(what) from error
    else:
        return ""
    assert line, what
    assert line.isprintable(), what
    return line


def test_undamaged(sweep, monkeypatch, capsys):
    """Else what the others show would prove nothing."""
    for name, read in READERS.items():
        if name != "the newest run":
            assert refused(read, sweep, name) == ""
    read_a_summary(sweep, monkeypatch, capsys)


def test_there_are_enough():
    assert len({str(damage) for damage in DAMAGES}) == len(DAMAGES) >= 300


ROWS = ("not finite", "huge", "huge epochs", "words")
BEST = ("best.val_accuracy is large", "best.val_accuracy is negative")


@pytest.mark.slow
@pytest.mark.parametrize("names", [*zip(ROWS, BEST * 2, strict=True)], ids=" and ".join)
def test_pictures(names, sweep, tmp_path):
    """Of figures of epochs and a best one that are damaged."""
    shutil.copytree(sweep, tmp_path / "sweep")
    damages = [damage for damage in DAMAGES if damage.name in names and damage.file.endswith((METRICS, RESULT))]
    assert {damage.file for damage in damages} == {f"00/{METRICS}", f"00/{RESULT}"}
    for damage in damages:
        damage.do(tmp_path / "sweep" / damage.file)
    made = summary.Summary(tmp_path / "sweep")
    for figure in (
        draw_curves(made.jobs, made.short, made.objective),
        draw_effects(made.jobs, made.short, made.objective),
        draw_history(made.jobs, made.objective),
    ):
        figure.canvas.print_png(tmp_path / "picture.png")
