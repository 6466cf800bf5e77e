"""The application as its users meet it: a process with arguments, output, an exit code and files."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

import trainer

pytestmark = pytest.mark.process

# A small network keeps the runs short. Line 6 holds the mistake that one of the tests makes.
LENET5_WITH_MISTAKE = """\
# LeNet-5
layers:
  fc1:   {_target_: models.Linear, out_features: 8}
  drop1:
    _target_: models.Dropout
    prob: 0.3
  head:  {_target_: models.Linear, out_features: "${data.num_classes}"}
"""
FAST = ("model=mlp", "epochs=1", "batch_size=256")


def run(*arguments, cwd, root=trainer.ROOT, **environment):
    """Runs `python -m trainer`; returns the finished process with its text."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYDRA")}
    clean.update(PYTHONPATH=str(root), OPENBLAS_NUM_THREADS="1", **environment)
    command = [sys.executable, "-m", "trainer", *arguments]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=300, check=False)


def assert_one_line(process, line, code=2):
    assert process.stderr == f"error: {line}\n"
    assert process.stdout == ""
    assert process.returncode == code


@pytest.fixture
def checkout(tmp_path):
    """A copy of the code that a test may spoil."""
    for package in ("trainer", "models", "datasets", "configs"):
        shutil.copytree(trainer.ROOT / package, tmp_path / "checkout" / package)
    return tmp_path / "checkout"


def test_unknown_option_in_a_file(checkout, tmp_path):
    (checkout / "configs/model/lenet5.yaml").write_text(LENET5_WITH_MISTAKE)
    assert_one_line(
        run(cwd=tmp_path, root=checkout),
        "configs/model/lenet5.yaml:6: model.layers.drop1.prob: Dropout has no option 'prob'; did you mean 'p'?",
    )


def test_broken_file(checkout, tmp_path):
    (checkout / "configs/model/lenet5.yaml").write_text("layers:\n  fc1: {\n")
    process = run(cwd=tmp_path, root=checkout)
    assert re.fullmatch(r"error: configs/model/lenet5\.yaml:\d: .+\n", process.stderr)
    assert process.returncode == 2


def test_traceback_on_demand(tmp_path):
    process = run("epochs=ten", cwd=tmp_path, HYDRA_FULL_ERROR="1")
    assert "Traceback" in process.stderr
    assert process.stderr.endswith("ConfigError: 'ten' is not an integer\nerror: epochs: 'ten' is not an integer\n")
    assert process.returncode == 2


def test_unwritable_output_directory(tmp_path):
    (tmp_path / "outputs").write_text("a file is in the way")
    process = run(*FAST, cwd=tmp_path)
    assert re.fullmatch(
        r"error: outputs/mlp-digits\S*: Not a directory; choose another directory with hydra\.run\.dir=DIR\n",
        process.stderr,
    )
    assert process.returncode == 1


def test_missing_data(tmp_path):
    process = run("data=mnist", "data.root=nowhere", *FAST, cwd=tmp_path, HTTPS_PROXY="http://127.0.0.1:9",
                  HTTP_PROXY="http://127.0.0.1:9", HOME=str(tmp_path), NO_PROXY="")
    assert re.fullmatch(r"error: [^\n]+\n", process.stderr.splitlines(keepends=True)[-1])
    assert "Traceback" not in process.stderr
    assert process.returncode == 1


def test_help_lists_every_choice(tmp_path):
    process = run("--help", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    for file in trainer.CONFIGS.glob("*/*.yaml"):
        assert re.search(rf"^  {file.parent.name}={file.stem} .*\w", process.stdout, re.MULTILINE), file
    assert not (tmp_path / "outputs").exists()


def test_version(tmp_path):
    assert run("--version", cwd=tmp_path).stdout == f"trainer {trainer.__version__}\n"


def test_show_configuration(tmp_path):
    process = run("--cfg", "job", "epochs=7", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert "epochs: 7\n" in process.stdout
    assert "hydra" not in process.stdout
    assert not (tmp_path / "outputs").exists()


def test_summary(tmp_path):
    process = run("task=summary", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert "conv1" in process.stdout


def test_run_directory(tmp_path):
    process = run(*FAST, cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (directory,) = (tmp_path / "outputs" / "mlp-digits").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", directory.name)
    assert {"config.yaml", "hydra.yaml", "overrides.yaml"} == {file.name for file in (directory / ".hydra").iterdir()}
    log = (directory / "train.log").read_text()
    assert log.splitlines()[-1] in process.stdout.splitlines()
    assert "[INFO]" not in process.stdout + log


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process")
def test_interrupt(tmp_path):
    command = [sys.executable, "-m", "trainer", "model=mlp", "epochs=100000", "hydra.run.dir=mine"]
    environment = {**os.environ, "PYTHONPATH": str(trainer.ROOT), "OPENBLAS_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            for line in process.stdout:  # one per epoch
                if "epoch" in line:
                    process.send_signal(signal.SIGINT)
                    break
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    place = re.escape(str(tmp_path / "mine"))
    line = rf"error: interrupted in epoch \d+ after step \d+; continue with: trainer resume {place}\n"
    assert re.fullmatch(line, errors)
    assert process.returncode == 130
    assert json.loads((tmp_path / "mine" / "result.json").read_text())["status"] == "stopped"
    assert (tmp_path / "mine" / "train.log").read_text().endswith(errors)


def test_two_runs_in_one_second(tmp_path):
    from trainer.runs.folder import claim

    wanted = tmp_path / "outputs" / "2026-01-01_00-00-00"
    claimed = [claim(wanted) for _ in range(3)]
    assert [path.name for path in claimed] == [wanted.name, f"{wanted.name}-2", f"{wanted.name}-3"]
    assert all(path.is_dir() for path in claimed)


def test_directory_given_by_hand_is_used(tmp_path):
    (tmp_path / "mine").mkdir()
    process = run(*FAST, "hydra.run.dir=mine", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "mine" / "train.log").is_file()
    assert not (tmp_path / "outputs").exists()


def test_folders_of_the_user_do_not_shadow_ours(tmp_path):
    for name in ("models", "datasets"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported by mistake')")
    assert run("--cfg", "job", cwd=tmp_path).returncode == 0


def test_place_in_a_file_of_the_user(tmp_path):
    (tmp_path / "own" / "model").mkdir(parents=True)
    file = tmp_path / "own/model/mine.yaml"
    file.write_text("# Mine\nlayers:\n  head: {_target_: models.Linaer}\n")
    process = run("--config-dir", "own", "model=mine", cwd=tmp_path)
    line = "own/model/mine.yaml:3: model.layers.head._target_: models has no class 'Linaer'; did you mean 'Linear'?"
    assert_one_line(process, line)
