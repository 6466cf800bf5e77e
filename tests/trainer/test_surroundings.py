"""Streams, encodings, folders, limits, options of Python as they may be: one line or none, and the right exit code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trainer
from tests.helpers.process import environment
from tests.helpers.runs import TINY, make_run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell sets the surroundings")

SMALL = (*TINY, "epochs=1", "limit.train=256", "parallel.workers=1", "callbacks.report=null")
DRAWN = " ".join(["trainer", *SMALL, "hydra.run.dir=new"])
TRAIN = f"{DRAWN} callbacks.curves=null"  # matplotlib takes half a second
TWO = TRAIN.replace("workers=1", "workers=2")
SWEEP = " ".join(["trainer sweep", *SMALL, "seed=0,1", "hydra.sweep.dir=new callbacks.curves=null"])
ISOLATED = (
    f'import runpy, sys; sys.path.insert(0, "{trainer.ROOT}"); '
    'runpy.run_module("trainer", run_name="__main__", alter_sys=True)'
)

# A shell's command, where `trainer` is `python -m trainer`; its exit code; what its one line of errors holds, if any.
SURROUNDINGS = {
    "no stdout": (f"{TRAIN} >&-", 0, None),
    "no streams": (f"{TWO} >&- 2>&- <&-", 0, None),
    "no streams, a sweep": (f"{SWEEP} >&- 2>&- <&-", 0, None),
    "no stdout, no home, no backend": (
        "HOME=/dev/null/nowhere MPLBACKEND=nonsense trainer evaluate run >&- && test -f run/plots/confusion_matrix.png",
        0,
        None,
    ),
    "nobody reads, no assertions, no folder on the path": (f"python -O -P -m {TRAIN} | true", 0, None),
    "nobody reads a sweep": (f"{SWEEP} | true", 0, None),
    "nobody reads an error": ("trainer evaluate nothing 2>&1 | true", 1, None),
    "a full disk takes the result": ("trainer evaluate run >/dev/full", 1, "error: standard output: No space left"),
    "a folder's name that is no UTF-8, and a sweep in ASCII": (
        f"mkdir $(printf 'caf\\xe9'); cd caf*; {TRAIN} && trainer evaluate new && "
        f"PYTHONIOENCODING=ascii {SWEEP.replace('=new', '=é')}",
        0,
        None,
    ),
    "no folder": ("mkdir gone; cd gone; rmdir ../gone; " + TRAIN, 1, "error: the folder you are in no longer exists"),
    "little memory": (f"ulimit -v 1000000; {TRAIN} model.layers.fc1.out_features=6000000", 1, "error: "),
    "few files": (f"ulimit -n 8; {DRAWN}", 1, "Too many open files"),
    "small files": (f"ulimit -f 8; {TRAIN} >/dev/null", 1, "new/checkpoints/last.safetensors: cannot be written"),
    "warnings are errors": (f"python -W error -m {SWEEP.replace('workers=1', 'workers=2')}", 0, None),
    "Python apart from its surroundings": (f"python -I -c '{ISOLATED}' {TWO.removeprefix('trainer ')}", 0, None),
    "Python's developer mode, a notebook's backend": (
        f"MPLBACKEND=module://nothing.here python -X dev -m {DRAWN} && test -f new/plots/curves.png",
        0,
        None,
    ),
}


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    """A run that is complete."""
    return make_run(tmp_path_factory.mktemp("network") / "run", *TINY, "epochs=1")


@pytest.fixture
def shell(tmp_path, network):
    """Does a command in a folder where `run` is a run; it ends with the exit code of the first part of a pipe."""
    shutil.copytree(network, tmp_path / "run")
    python = f"'{sys.executable}'"

    def do(command: str) -> subprocess.CompletedProcess[bytes]:
        functions = f'trainer() {{ {python} -m trainer "$@"; }}; python() {{ {python} "$@"; }}\n'
        return subprocess.run(
            ["bash", "-c", f"{functions}{command}; code=(${{PIPESTATUS[@]}}); exit $code"],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            timeout=100,
            check=False,
        )

    return do


@pytest.mark.process
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_one_line_or_none(name, shell):
    command, code, line = SURROUNDINGS[name]
    process = shell(command)
    errors = process.stderr.decode()
    assert process.returncode == code, errors
    if line is None:
        assert errors == ""
    else:
        assert line in errors
        assert errors.count("\n") == 1


@pytest.mark.process
def test_the_result_is_printed_all_the_same(shell, trainer_here, capfd):
    assert trainer_here("evaluate", "run") == 0
    plain = capfd.readouterr().out.encode()
    assert b"accuracy" in plain
    ascii_only = shell("PYTHONIOENCODING=ascii trainer evaluate run")
    assert (ascii_only.returncode, ascii_only.stderr) == (0, b"")
    assert ascii_only.stdout == plain.decode().replace("·", "?").encode()
    not_drawn = shell("rm -r run/plots; touch run/plots; trainer evaluate run")
    assert not_drawn.stdout.strip() in plain
    assert b"not drawn: run/plots/confusion_matrix.png: File exists" in not_drawn.stderr
    assert (not_drawn.returncode, not_drawn.stderr.count(b"\n")) == (0, 1)


@pytest.mark.slow
def test_a_run_whose_picture_cannot_be_drawn_is_complete(trainer_here, tmp_path, capfd):
    (tmp_path / "new").mkdir()
    (tmp_path / "new/plots").touch()
    assert trainer_here(*SMALL, "hydra.run.dir=new") == 0
    assert capfd.readouterr().err == ""
    assert "not drawn" in (tmp_path / "new/train.log").read_text()
    assert "completed" in (tmp_path / "new/result.json").read_text()


@pytest.mark.parametrize(("make", "why"), [(os.mkdir, "Is a directory"), (os.mkfifo, "a pipe that nobody reads")])
def test_a_log_that_cannot_be_written_is_one_line(make, why, trainer_here, tmp_path, capfd):
    (tmp_path / "new").mkdir()
    make(tmp_path / "new/train.log")
    assert trainer_here(*SMALL, "hydra.run.dir=new") == 1
    error = capfd.readouterr().err
    assert f"new/train.log: {why}" in error
    assert error.count("\n") == 1
