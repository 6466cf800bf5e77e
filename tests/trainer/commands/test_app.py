"""The application as its users meet it: arguments, output, an exit code and files; in a process where that counts."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

import trainer
from tests.helpers.process import environment
from tests.helpers.runs import TINY
from tests.helpers.signals import when

# Line 6 holds the mistake that a test makes.
LENET5_WITH_MISTAKE = """\
# LeNet-5
layers:
  fc1:   {_target_: models.Linear, out_features: 8}
  drop1:
    _target_: models.Dropout
    prob: 0.3
  head:  {_target_: models.Linear, out_features: "${data.num_classes}"}
"""
FAST = (*TINY, "epochs=1", "parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")


def run(*arguments, cwd, root=trainer.ROOT, **more):
    """Runs `python -m trainer`; returns the finished process with its text."""
    command = [sys.executable, "-m", "trainer", *arguments]
    variables = environment(**more) | {"PYTHONPATH": str(root)}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.process
def test_mistakes_in_our_own_files(tmp_path):
    """An unknown option, and no YAML at all."""
    checkout = tmp_path / "checkout"
    for package in ("trainer", "models", "datasets", "configs"):
        shutil.copytree(trainer.ROOT / package, checkout / package)
    file = checkout / "configs/model/lenet5.yaml"
    file.write_text(LENET5_WITH_MISTAKE)
    process = run(cwd=tmp_path, root=checkout)
    line = "configs/model/lenet5.yaml:6: model.layers.drop1.prob: Dropout has no option 'prob'; did you mean 'p'?"
    assert (process.returncode, process.stdout, process.stderr) == (2, "", f"error: {line}\n")
    file.write_text("layers:\n  fc1: {\n")
    process = run(cwd=tmp_path, root=checkout)
    assert re.fullmatch(r"error: configs/model/lenet5\.yaml:\d: .+\n", process.stderr)
    assert process.returncode == 2


@pytest.mark.process
def test_traceback_on_demand(tmp_path):
    process = run("epochs=ten", cwd=tmp_path, HYDRA_FULL_ERROR="1")
    assert "Traceback" in process.stderr
    assert process.stderr.endswith("ConfigError: 'ten' is not an integer\nerror: epochs: 'ten' is not an integer\n")
    assert process.returncode == 2


def test_unwritable_output_directory(trainer_here, tmp_path, capfd):
    (tmp_path / "outputs").write_text("a file is in the way")
    assert trainer_here(*FAST) == 1
    line = r"error: outputs/mlp-digits\S*: Not a directory; choose another directory with hydra\.run\.dir=DIR\n"
    assert re.fullmatch(line, capfd.readouterr().err)


def test_missing_data(trainer_here, tmp_path, monkeypatch, capfd):
    proxy = "http://127.0.0.1:9"
    for name, value in {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "HOME": str(tmp_path), "NO_PROXY": ""}.items():
        monkeypatch.setenv(name, value)
    assert trainer_here("data=mnist", "data.root=nowhere", "model=mlp", "parallel.workers=1") == 1
    error = capfd.readouterr().err
    assert re.fullmatch(r"error: [^\n]+\n", error.splitlines(keepends=True)[-1])
    assert "Traceback" not in error


def test_help_lists_every_choice(trainer_here, tmp_path, capfd):
    assert trainer_here("--help") == 0
    text = capfd.readouterr().out
    for file in trainer.CONFIGS.glob("*/*.yaml"):
        assert re.search(rf"^  {file.parent.name}={file.stem} .*\w", text, re.MULTILINE), file
    assert not (tmp_path / "outputs").exists()


@pytest.mark.process
def test_version(tmp_path):
    assert run("--version", cwd=tmp_path).stdout == f"trainer {trainer.__version__}\n"


def test_summary(trainer_here, capfd):
    assert trainer_here("task=summary") == 0
    assert "conv1" in capfd.readouterr().out


@pytest.mark.process
def test_run_directory(tmp_path):
    process = run(*FAST, cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (directory,) = (tmp_path / "outputs" / "mlp-digits").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", directory.name)
    assert {"config.yaml", "hydra.yaml", "overrides.yaml"} == {file.name for file in (directory / ".hydra").iterdir()}
    log = (directory / "train.log").read_text()
    assert log.splitlines()[-1] in process.stdout.splitlines()
    assert "[INFO]" not in process.stdout + log


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process")
def test_interrupt(tmp_path):
    metrics = tmp_path / "mine" / "metrics.csv"
    arguments = (*FAST, "epochs=100000", "hydra.run.dir=mine")
    code, errors = when(lambda: metrics.exists() and metrics.stat().st_size, signal.SIGINT, *arguments, cwd=tmp_path)
    place = re.escape(str(tmp_path / "mine"))
    line = rf"error: interrupted in epoch \d+ after step \d+; continue with: trainer resume {place}\n"
    assert re.fullmatch(line, errors)
    assert code == 130
    assert json.loads((tmp_path / "mine" / "result.json").read_text())["status"] == "stopped"
    assert (tmp_path / "mine" / "train.log").read_text().endswith(errors)


def test_two_runs_in_one_second(tmp_path):
    from trainer.runs.folder import claim

    wanted = tmp_path / "outputs" / "2026-01-01_00-00-00"
    claimed = [claim(wanted) for _ in range(3)]
    assert [path.name for path in claimed] == [wanted.name, f"{wanted.name}-2", f"{wanted.name}-3"]
    assert all(path.is_dir() for path in claimed)


def test_directory_given_by_hand_is_used(trainer_here, tmp_path):
    (tmp_path / "mine").mkdir()
    assert trainer_here(*FAST, "hydra.run.dir=mine") == 0
    assert (tmp_path / "mine" / "train.log").is_file()
    assert not (tmp_path / "outputs").exists()


@pytest.mark.process
def test_the_configuration_is_shown_where_folders_have_the_names_of_ours(tmp_path):
    for name in ("models", "datasets"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported by mistake')")
    process = run("--cfg", "job", "epochs=7", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert "epochs: 7\n" in process.stdout
    assert "hydra" not in process.stdout
    assert not (tmp_path / "outputs").exists()
