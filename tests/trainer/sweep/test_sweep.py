"""Sweeps as their users meet them, one job after the other in one process."""

import csv
import json
import shlex
import shutil
import signal

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, RAISED, run, start, wait_for_epoch, wait_until
from trainer.runs import checkpoint

pytestmark = pytest.mark.process

TIMES = {"seconds", "samples_per_second"}


def sweep(*arguments, cwd, directory="sweep"):
    return run("--multirun", *FAST, *arguments, f"hydra.sweep.dir={directory}", cwd=cwd)


def metrics(directory):
    with (directory / "metrics.csv").open() as file:
        return [{name: text for name, text in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def table(directory):
    with (directory / "summary.csv").open() as file:
        return [{name: text for name, text in row.items() if name not in TIMES} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A sweep of which one run raises, one finds its loss not finite, and one is configured wrongly."""
    cwd = tmp_path_factory.mktemp("finished")
    (cwd / "faulty.py").write_text(FAULTY)
    process = sweep(*FAULTS, "optimizer.lr=0.01,1e+25,-1", "+callbacks.fault.how=none,raise", cwd=cwd)
    return cwd / "sweep", process


def test_failing_jobs_do_not_stop_the_others(finished):
    directory, process = finished
    statuses = {path.parent.name: json.loads(path.read_text())["status"] for path in directory.glob("*/result.json")}
    assert statuses == {
        "00_lr=0.01,how=none": "completed",
        "01_lr=0.01,how=raise": "failed",
        "02_lr=1e+25,how=none": "failed",
        "03_lr=1e+25,how=raise": "failed",
        "04_lr=-1,how=none": "failed",
        "05_lr=-1,how=raise": "failed",
    }
    assert process.returncode == 1


def test_the_end_says_which_failed_and_why(finished):
    _, process = finished
    assert process.stderr.splitlines() == [
        f"error: 01_lr=0.01,how=raise: failed: {RAISED}",
        *(line for line in process.stderr.splitlines() if "1e+25" in line),
        "error: 04_lr=-1,how=none: failed: optimizer.lr=-1: Adam: -1.0 is not in [0, inf)",
        "error: 05_lr=-1,how=raise: failed: optimizer.lr=-1: Adam: -1.0 is not in [0, inf)",
    ]
    assert process.stderr.count("is not finite") == 2


def test_the_terminal_has_a_line_for_each_job_and_no_more(finished):
    _, process = finished
    lines = process.stdout.splitlines()
    assert [line.split("]")[0] for line in lines[:6]] == [f"[{number}/6" for number in range(1, 7)]
    assert lines[6] == "6 jobs: 1 completed, 5 failed"
    assert lines[7].startswith("best: 00_lr=0.01,how=none, best_val_accuracy 0.")
    assert lines[8].startswith("  python -m trainer model=mlp")
    assert len(lines) == 10


def test_a_failing_job_has_its_traceback_in_its_directory(finished):
    directory, process = finished
    log = (directory / "01_lr=0.01,how=raise" / "train.log").read_text()
    assert "Traceback" in log
    assert log.rstrip().endswith("RuntimeError: raised on purpose")
    assert "Traceback" not in process.stderr + process.stdout


def test_summary(finished):
    directory, _ = finished
    rows = table(directory)
    assert [row["status"] for row in rows] == ["completed"] + ["failed"] * 5
    assert rows[0]["lr"] == "0.01"
    assert "## Runs" in (directory / "summary.md").read_text()
    assert (directory / "plots/curves.png").stat().st_size > 10_000
    assert (directory / "plots/effects.png").stat().st_size > 10_000


def test_a_job_equals_the_same_run_alone(finished):
    directory, process = finished
    command = process.stdout.splitlines()[8]
    arguments = shlex.split(command)[3:]
    alone = run(*arguments, "hydra.run.dir=alone", cwd=directory.parent)
    assert alone.returncode == 0, alone.stderr
    best, alone = directory / "00_lr=0.01,how=none", directory.parent / "alone"
    assert metrics(best) == metrics(alone)
    for name in ("best", "last"):
        ours, theirs = (checkpoint.read(run / f"checkpoints/{name}.safetensors").tensors for run in (best, alone))
        assert {key: tensor.tobytes() for key, tensor in ours.items()} == {
            key: tensor.tobytes() for key, tensor in theirs.items()
        }


def test_again_skips_what_is_done_and_repeats_what_failed(finished, tmp_path):
    directory, _ = finished
    shutil.copytree(directory.parent, tmp_path, dirs_exist_ok=True)
    directory = tmp_path / "sweep"
    before = (directory / "00_lr=0.01,how=none/result.json").stat().st_mtime_ns
    process = run("sweep", FAULTS[0], cwd=tmp_path, module="trainer.resume")
    assert process.stdout.startswith("1 of 6 jobs are done already\n")
    assert process.returncode == 1
    assert (directory / "00_lr=0.01,how=none/result.json").stat().st_mtime_ns == before
    assert (directory / "01_lr=0.01,how=raise/train.log").read_text().count("Traceback") == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["epochs=3", "optimizer.lr=0.01,1e+25,-1", "+callbacks.fault.how=none,raise"],
            "error: hydra.sweep.dir: sweep/00_lr=0.01,how=none has epochs=2, not 3; choose another directory\n",
        ),
        (
            ["optimizer.lr=0.01,1e+25", "+callbacks.fault.how=none,raise"],
            "error: hydra.sweep.dir: sweep holds jobs of another sweep, such as 04_lr=-1,how=none; "
            "choose another directory\n",
        ),
    ],
)
def test_another_sweep_in_the_same_directory_is_refused(arguments, line, finished):
    directory, _ = finished
    before = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}
    process = sweep(*FAULTS, *arguments, cwd=directory.parent)
    assert process.stderr == line
    assert process.returncode == 2
    assert {path: path.stat().st_mtime_ns for path in directory.rglob("*")} == before


def test_rebuilt_from_the_directories_alone(finished, tmp_path):
    directory, _ = finished
    shutil.copytree(directory, tmp_path / "sweep")
    for name in ("summary.csv", "summary.md", "plots"):
        path = tmp_path / "sweep" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    process = run("sweep", cwd=tmp_path, module="trainer.sweep")
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "sweep/summary.csv").read_text() == (directory / "summary.csv").read_text()
    assert (tmp_path / "sweep/plots/curves.png").exists()


def test_killed_and_resumed_equals_uninterrupted(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    arguments = [*FAULTS, "+callbacks.fault.how=wait", "optimizer.lr=0.01,0.003,0.001"]
    whole = sweep(*arguments, cwd=tmp_path, directory="whole")
    assert whole.returncode == 0, whole.stderr
    second = tmp_path / "wait/01_lr=0.003"
    second.mkdir(parents=True)
    process = start("--multirun", *FAST, *arguments, "hydra.sweep.dir=killed", cwd=tmp_path)
    wait_for_epoch(tmp_path / "killed/01_lr=0.003")
    process.send_signal(signal.SIGKILL)
    process.wait()
    second.rmdir()
    assert [path.parent.name for path in (tmp_path / "killed").glob("*/result.json")] == ["00_lr=0.01"]
    resumed = sweep(*arguments, cwd=tmp_path, directory="killed")
    assert resumed.returncode == 0, resumed.stderr
    assert table(tmp_path / "killed") == table(tmp_path / "whole")


def test_interrupted(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    process = start("--multirun", *FAST, *FAULTS, "+callbacks.fault.how=slow", "epochs=30", "seed=0,1",
                    "hydra.sweep.dir=sweep", cwd=tmp_path)
    wait_until(lambda: [*tmp_path.glob("sweep/*/metrics.csv")])
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert sorted(row["status"] for row in table(tmp_path / "sweep")) == ["stopped", "waiting"]


def test_other_tasks(tmp_path):
    process = sweep("task=summary", "model=mlp,lenet5_plain", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-1] == "everything is in sweep: summary.md, report.html"
    assert "conv1" in (tmp_path / "sweep/01_model=lenet5_plain/train.log").read_text()


def test_unwritable_output_directory(tmp_path):
    (tmp_path / "outputs").write_text("a file is in the way")
    process = run("--multirun", *FAST, "seed=0,1", cwd=tmp_path)
    assert process.stderr.endswith("Not a directory; choose another directory with hydra.sweep.dir=DIR\n")
    assert len(process.stderr.splitlines()) == 1
    assert process.returncode == 1
