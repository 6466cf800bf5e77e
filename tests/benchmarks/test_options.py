"""What benchmark programs have in common."""

import argparse
import json
import os
import subprocess
import sys

import pytest

from benchmarks.options import add_options, settle
from trainer import ROOT

PROGRAM = """
import argparse, json, os, sys
from benchmarks.options import add_options, settle
parser = argparse.ArgumentParser()
add_options(parser)
settle(parser.parse_args())
print(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}))
"""


def run(*arguments: str, **variables: str) -> tuple[dict[str, str], str]:
    """The environment in which a program works after `settle`, and what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    command = [sys.executable, "-c", PROGRAM, "--threads", "1", *arguments]
    done = subprocess.run(command, env=environment | variables, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["arguments"] == ["--threads", "1", *arguments]
    return found["environment"], done.stderr


@pytest.mark.process
def test_an_inherited_kernel_is_dropped_with_a_word():
    environment, said = run(OPENBLAS_CORETYPE="Haswell", OPENBLAS_L2_SIZE="512", OPENBLAS_NUM_THREADS="1")
    assert [name for name in environment if name.startswith("OPENBLAS_")] == ["OPENBLAS_NUM_THREADS"]
    assert said == "dropped OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE; --keep-blas-kernel keeps them\n"


@pytest.mark.process
def test_an_inherited_kernel_is_kept_on_demand():
    environment, said = run("--keep-blas-kernel", OPENBLAS_CORETYPE="Haswell")
    assert environment["OPENBLAS_CORETYPE"] == "Haswell"
    assert said == ""


@pytest.mark.process
def test_without_an_inherited_kernel_nothing_is_said():
    assert run()[1] == ""


@pytest.mark.parametrize("rounds", [True, False])
def test_quick_cuts_down(monkeypatch, rounds):
    monkeypatch.setattr("benchmarks.machine.use_cores", lambda count: None)
    parser = argparse.ArgumentParser()
    add_options(parser, rounds=rounds)
    usual, quick = (settle(parser.parse_args(["--keep-blas-kernel", *flags])) for flags in ([], ["--quick"]))
    assert quick.slot < usual.slot
    assert (vars(usual).get("rounds"), vars(quick).get("rounds")) == ((9, 1) if rounds else (None, None))
