"""Searches with Optuna."""

import csv
import json
import shlex
import signal
import time

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, run, start
from trainer.ground.values import ConfigError
from trainer.sweep.jobs import read

optuna = pytest.importorskip("optuna")

from tests.helpers.searches import GOAL, SPACE, play, search  # noqa: E402
from trainer.sweep.jobs import pruned  # noqa: E402
from trainer.sweep.search import trial  # noqa: E402


def test_the_space():
    space = search().space
    assert space["optimizer.lr"] == optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)
    assert space["units"] == optuna.distributions.IntDistribution(8, 64)
    assert space["model"] == optuna.distributions.CategoricalDistribution(["a", "b"])
    assert search("a=range(1,10,2)").space["a"] == optuna.distributions.IntDistribution(1, 9, step=2)
    assert search("a=interval(0,1)").space["a"] == optuna.distributions.FloatDistribution(0.0, 1.0)


def test_what_is_not_searched_stays(tmp_path):
    for job in play(tmp_path, search(trials=3)):
        assert "epochs=3" in job.overrides


def test_it_finds_the_better_half(tmp_path):
    jobs = play(tmp_path, search(trials=32, prune=False))
    accuracies = [job.result["best"]["val_accuracy"] for job in jobs]
    assert sum(accuracies[16:]) > sum(accuracies[:16])


def test_the_same_again_and_after_an_interruption(tmp_path):
    whole = play(tmp_path / "whole", search(trials=14))
    play(tmp_path / "stopped", search(trials=14), stop=10)
    again = play(tmp_path / "stopped", search(trials=14))
    assert [job.overrides for job in again] == [job.overrides for job in whole]
    assert [job.name for job in again] == [job.name for job in whole]
    assert len({job.name for job in whole}) == 14


def test_another_seed_suggests_others(tmp_path):
    first, other = (play(tmp_path / str(seed), search(trials=4, seed=seed)) for seed in (0, 1))
    assert [job.overrides for job in first] != [job.overrides for job in other]


def test_names_carry_the_numbers_that_are_used(tmp_path):
    job = play(tmp_path, search(trials=1))[0]
    number = job.values["optimizer.lr"]
    assert f"lr={number}" in job.name
    assert len(number) <= 9
    assert trial(job, search().space, GOAL).params["optimizer.lr"] == float(number)


def test_limits_for_pruning_are_medians_of_completed_runs(tmp_path):
    jobs = play(tmp_path, search(trials=9, startup=8))
    assert [job.pruning for job in jobs[:8]] == [None] * 8
    limits = jobs[8].pruning["limits"]
    accuracies = sorted(job.result["best"]["val_accuracy"] for job in jobs[:8])
    assert limits[-1] == pytest.approx((accuracies[3] + accuracies[4]) / 2)
    assert limits[0] == pytest.approx(limits[-1] / 3)
    assert json.loads((jobs[8].directory / ".hydra/pruning.json").read_text())["limits"] == limits


def fail(job):
    (job.directory / "result.json").write_text('{"status": "failed"}')


EIGHT = {"trials": 8, "at_once": 4, "startup": 4}


def play_on_a_full_disk(directory, completed=0):
    """A search whose best job of the first four fails, and of the next four all but so many; give the next four."""
    first = play(directory, search(**EIGHT), stop=4)
    fail(max(first, key=lambda job: job.result["best"]["val_accuracy"]))
    for batch in search(**EIGHT).batches(lambda: directory):
        for job in batch[completed:] if batch[0].number else []:
            job.prepare()
            fail(job)
        for job in batch[:completed] if batch[0].number else []:
            job.prepare()
            (job.directory / "result.json").write_text('{"status": "completed", "best": {"val_accuracy": 0.5}}')
    return batch


def test_what_failed_before_and_not_now_is_as_if_it_had_not(tmp_path):
    whole = play(tmp_path / "whole", search(**EIGHT))
    failed = play_on_a_full_disk(tmp_path / "failed")
    assert [job.name for job in failed] != [job.name for job in whole[4:]]
    again = play(tmp_path / "failed", search(**EIGHT))
    assert [job.overrides for job in again] == [job.overrides for job in whole]
    assert [job.name for job in read(tmp_path / "failed")] == [job.name for job in whole]


def test_what_was_completed_after_a_failure_stands(tmp_path):
    failed = play_on_a_full_disk(tmp_path, completed=1)
    again = play(tmp_path, search(**EIGHT))
    assert [(job.name, job.overrides, job.values) for job in again[4:]] == [
        (job.name, job.overrides, job.values) for job in failed
    ]


def test_failures_count_as_the_worst(tmp_path):
    job = play(tmp_path, search(trials=1))[0]
    (job.directory / "result.json").write_text('{"status": "failed"}')
    assert trial(job, search().space, GOAL).value == float("-inf")
    assert len(play(tmp_path / "next", search(trials=6, at_once=1, startup=1))) == 6


@pytest.mark.parametrize(
    ("overrides", "options", "key"),
    [
        (["epochs=3"], {}, ""),
        (["lr=tag(log,interval(0,1))"], {}, "lr"),
        (["lr=interval(1,0)"], {}, "lr"),
        (SPACE, {"trials": 0}, "hydra.sweeper.search.trials"),
        (SPACE, {"at_once": "all"}, "hydra.sweeper.search.at_once"),
    ],
)
def test_mistakes(overrides, options, key):
    with pytest.raises(ConfigError) as caught:
        search(*overrides, **options)
    assert caught.value.key == key


@pytest.mark.slow
def test_a_search_without_validation_is_refused(trainer_here, capsys, tmp_path):
    space = "optimizer.lr=tag(log,interval(1e-4,1e-1))"
    assert trainer_here("--multirun", "search=optuna", "model=mlp", "validation=0.0", space) == 2
    line = "error: validation=0.0: a search compares validation figures; set validation=0.1"
    assert capsys.readouterr().err.splitlines() == [line]
    assert not [*tmp_path.iterdir()]


REAL = (
    *FAST,
    "search=optuna",
    "epochs=3",
    "optimizer.lr=tag(log,interval(1e-4,1e-1))",
    "hydra.sweeper.search.startup=3",
    "hydra.sweeper.search.trials=6",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a real search printed, and its directory."""
    cwd = tmp_path_factory.mktemp("search")
    process = run(*REAL, "hydra.sweep.dir=whole", cwd=cwd)
    assert process.returncode == 0, process.stderr
    return process.stdout, cwd / "whole"


@pytest.mark.process
def test_a_search_with_a_job_that_raises(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    faults = "+callbacks.fault.how=none,raise"
    few = "hydra.sweeper.search.trials=4"
    process = run(*REAL, few, *FAULTS, faults, "hydra.sweep.dir=sweep", cwd=tmp_path)
    jobs = read(tmp_path / "sweep")
    assert len(jobs) == 4
    raised = [job for job in jobs if job.values["callbacks.fault.how"] == "raise"]
    assert {job.status for job in raised} == {"failed"}
    assert {job.status for job in jobs if job not in raised} == {"completed"}
    assert 0 < len(raised) < 4
    assert process.returncode == 1
    assert (tmp_path / "sweep/plots/history.png").exists()


@pytest.mark.process
def test_killed_and_resumed_equals_uninterrupted(whole, tmp_path):
    process = start(*REAL, "hydra.sweep.dir=killed", cwd=tmp_path)
    while not [*tmp_path.glob("killed/04_*/metrics.csv")]:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = run(*REAL, "hydra.sweep.dir=killed", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    tables = [(path / "summary.csv").read_text().splitlines() for path in (whole[1], tmp_path / "killed")]
    places = [n for n, name in enumerate(tables[0][0].split(",")) if name != "seconds"]
    first, second = ([[row[n] for n in places] for row in csv.reader(table)] for table in tables)
    assert first == second
    assert any(pruned(job) for job in read(whole[1]))


@pytest.mark.process
def test_the_best_run_alone(whole, tmp_path):
    printed, directory = whole
    line = next(line for line in printed.splitlines() if line.startswith("  python -m trainer"))
    alone = run(*shlex.split(line)[3:], "hydra.run.dir=alone", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    best = max(read(directory), key=lambda job: job.result["best"]["val_accuracy"])
    assert json.loads((tmp_path / "alone/result.json").read_text())["best"] == best.result["best"]
