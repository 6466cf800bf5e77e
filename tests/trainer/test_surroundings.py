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

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="a shell sets the surroundings")]

FEW = "callbacks.curves=null callbacks.report=null"  # matplotlib takes half a second
DRAWN = " ".join(["trainer", *TINY, "epochs=1", "hydra.run.dir=new", "parallel.workers=1"])
TRAIN = f"{DRAWN} {FEW}"
TWO = TRAIN.replace("workers=1", "workers=2")
SWEEP = " ".join(["trainer sweep", *TINY, "epochs=1", "seed=0,1", "hydra.sweep.dir=new", FEW])
ISOLATED = (
    f'import runpy, sys; sys.path.insert(0, "{trainer.ROOT}"); '
    'runpy.run_module("trainer", run_name="__main__", alter_sys=True)'
)

# A shell's command, where `trainer` is `python -m trainer`; its exit code; what its one line of errors holds, if any.
SURROUNDINGS = {
    "no stdout": (f"{DRAWN} >&-", 0, None),
    "no streams": (f"{TWO} >&- 2>&- <&-", 0, None),
    "no streams, a sweep": (f"{SWEEP} >&- 2>&- <&-", 0, None),
    "no stdout, a result": ("trainer evaluate run >&-", 0, None),
    "nobody reads": (f"{TRAIN} | true", 0, None),
    "nobody reads a sweep": (f"{SWEEP} | true", 0, None),
    "nobody reads an error": ("trainer evaluate nothing 2>&1 | true", 1, None),
    "a full disk takes the result": ("trainer evaluate run >/dev/full", 1, "error: standard output: No space left"),
    "ascii": ("PYTHONIOENCODING=ascii trainer evaluate run", 0, None),
    "ascii, a sweep": (f"PYTHONIOENCODING=ascii {SWEEP} hydra.sweep.dir='\"é\"'", 0, None),
    "a folder's name that is no UTF-8": (
        f"mkdir $(printf 'caf\\xe9'); cd caf*; {TRAIN} && trainer evaluate new && {SWEEP.replace('=new', '=s')}",
        0,
        None,
    ),
    "a notebook's backend": (f"MPLBACKEND=module://nothing.here {DRAWN}; test -f new/plots/curves.png", 0, None),
    "no backend": ("MPLBACKEND=nonsense trainer evaluate run", 0, None),
    "a picture that cannot be drawn": (
        "touch run/plots; trainer evaluate run",
        0,
        "not drawn: run/plots/confusion_matrix.png: File exists",
    ),
    "a run's picture that cannot be drawn": (
        f"mkdir new; touch new/plots; {DRAWN} && grep 'not drawn' new/train.log && grep completed new/result.json",
        0,
        None,
    ),
    "no home": ("HOME=/dev/null/nowhere trainer evaluate run", 0, None),
    "no folder": ("mkdir gone; cd gone; rmdir ../gone; " + TRAIN, 1, "error: the current folder no longer exists"),
    "a log that is a folder": (f"mkdir -p new/train.log; {TRAIN}", 1, "new/train.log: Is a directory"),
    "a log that is a pipe": (f"mkdir new; mkfifo new/train.log; {TRAIN}", 1, "new/train.log: a pipe that nobody reads"),
    "little memory": (f"ulimit -v 1000000; {TRAIN} model.layers.fc1.out_features=600000", 1, "error: "),
    "few files": (f"ulimit -n 8; {DRAWN}", 1, "Too many open files"),
    "small files": (f"ulimit -f 8; {TRAIN} >/dev/null", 1, "new/checkpoints/last.safetensors: cannot be written"),
    "warnings are errors": (f"python -W error -m {TWO} && python -W error -m {SWEEP.replace('=new', '=s')}", 0, None),
    "no assertions, no folder on the path": (f"python -O -P -m {TRAIN}", 0, None),
    "Python apart from its surroundings": (f"python -I -c '{ISOLATED}' {TWO.removeprefix('trainer ')}", 0, None),
    "Python's developer mode": (f"python -X dev -m {DRAWN}", 0, None),
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


def test_the_result_is_printed_all_the_same(shell):
    plain = shell("trainer evaluate run").stdout
    assert b"accuracy" in plain
    assert shell("PYTHONIOENCODING=ascii trainer evaluate run").stdout == plain.decode().replace("·", "?").encode()
    assert shell("rm -r run/plots; touch run/plots; trainer evaluate run").stdout.strip() in plain


def test_line_ends_of_windows(shell, tmp_path):
    own = tmp_path / "own" / "model" / "mine.yaml"
    own.parent.mkdir(parents=True)
    lines = ["layers:", "  flat: {_target_: models.Flatten}", "  head:", "    _target_: models.Nothing", ""]
    own.write_text("\n".join(lines), newline="\r\n")
    process = shell("trainer summary --config-dir own model=mine")
    assert process.returncode == 2
    assert process.stderr.startswith(b"error: own/model/mine.yaml:4: model.layers.head")
    assert process.stderr.count(b"\n") == 1
