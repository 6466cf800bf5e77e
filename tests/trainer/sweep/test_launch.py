"""Jobs through a launcher until each has its result, whatever becomes of its processes."""

import json

import pytest
from filelock import FileLock
from omegaconf import OmegaConf

from trainer.engine.processes.processes import cores
from trainer.sweep.jobs import CONFIG, Job
from trainer.sweep.launch import arguments, launch, workers_for_each


class Launcher:
    """Does jobs by their `how`: "killed" ones take along what runs besides and what comes after."""

    def __init__(self, jobs):
        self.jobs, self.calls = {job.directory.name: job for job in jobs}, []

    def launch(self, given, initial_job_idx):
        names = [overrides[-2].partition("=")[2].strip("'") for overrides in given]
        self.calls.append([name[:2] for name in names])
        for name in names:
            job = self.jobs[name]
            (job.directory / CONFIG).write_text("")
            if job.values["how"] == "killed":
                raise BrokenPipeError
            (job.directory / "result.json").write_text(json.dumps({"status": job.values["how"]}))


def made(tmp_path, *hows):
    jobs = [Job(tmp_path / f"{number:02}_how={how}", ["how=" + how], {"how": how}) for number, how in enumerate(hows)]
    for job in jobs:
        job.prepare()
    return jobs


def test_all_together(tmp_path):
    jobs = made(tmp_path, "completed", "failed", "completed")
    launcher = Launcher(jobs)
    launch(launcher, jobs)
    assert launcher.calls == [["00", "01", "02"]]
    assert [job.status for job in jobs] == ["completed", "failed", "completed"]


def test_what_died_is_tried_alone_and_the_rest_goes_on(tmp_path):
    jobs = made(tmp_path, "completed", "killed", "completed", "completed")
    launcher = Launcher(jobs)
    launch(launcher, jobs)
    assert launcher.calls == [["00", "01", "02", "03"], ["01"], ["02", "03"]]
    assert [job.status for job in jobs] == ["completed", "failed", "completed", "completed"]
    assert jobs[1].result["error"] == "its process died (BrokenPipeError), as from lack of memory or a kill"


def test_what_is_done_is_not_done_again(tmp_path):
    jobs = made(tmp_path, "completed", "completed")
    (jobs[0].directory / "result.json").write_text('{"status": "completed"}')
    launcher = Launcher(jobs)
    launch(launcher, jobs)
    assert launcher.calls == [["01"]]


def test_a_job_that_another_process_is_still_at_is_waited_for(tmp_path, monkeypatch):
    jobs = made(tmp_path, "completed")
    (jobs[0].directory / ".lock").touch()

    def finished(lock):
        (jobs[0].directory / "result.json").write_text('{"status": "completed"}')
        return lock

    monkeypatch.setattr(FileLock, "__enter__", finished)
    monkeypatch.setattr(FileLock, "__exit__", lambda *_: None)
    launcher = Launcher(jobs)
    launch(launcher, jobs)
    assert launcher.calls == []


def test_the_arguments_of_a_job(tmp_path):
    job = Job(tmp_path / "it's" / "00_lr=0.1", ["optimizer.lr=0.1", "+x='a b'"])
    assert arguments(job) == [
        "optimizer.lr=0.1",
        "+x='a b'",
        f"hydra.sweep.dir='{tmp_path}/it\\'s'",
        "hydra.sweep.subdir='00_lr=0.1'",
        "hydra.job_logging.root.handlers=[file]",
    ]


@pytest.mark.parametrize(
    ("launcher", "workers"),
    [
        ({"_target_": "hydra._internal.core_plugins.basic_launcher.BasicLauncher"}, None),
        ({"_target_": "hydra_plugins.hydra_submitit_launcher.SlurmLauncher", "cpus_per_task": 4}, 4),
        ({"_target_": "hydra_plugins.hydra_submitit_launcher.LocalLauncher", "cpus_per_task": None}, 1),
        ({"_target_": "hydra_plugins.hydra_ray_launcher.RayLauncher", "ray": {"remote": {"num_cpus": 3}}}, 3),
        ({"_target_": "hydra_plugins.hydra_ray_launcher.RayLauncher", "ray": {}}, 1),
    ],
)
def test_workers_of_a_job(launcher, workers):
    assert workers_for_each(OmegaConf.create(launcher)) == workers


@pytest.mark.parametrize(("jobs", "workers"), [(1, cores()), (10**6, 1), (-1, 1)])
def test_jobs_of_joblib_share_the_cores(jobs, workers):
    pytest.importorskip("joblib")
    assert workers_for_each(OmegaConf.create({"_target_": "hydra_joblib", "n_jobs": jobs})) == workers
