"""What stands above the results."""

import argparse
import platform

import numpy as np
import pytest

from benchmarks.heading import caption, describe_machine

pytestmark = pytest.mark.process

OPTIONS = argparse.Namespace(threads=1, quick=True, slot=0.02)
BLAS = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
DYNAMIC = "DYNAMIC_ARCH" in BLAS.get("openblas configuration", "") and platform.machine() in ("x86_64", "AMD64")


def test_the_heading_names_machine_blas_kernel_and_peak(capsys):
    described = describe_machine(OPTIONS)
    assert {"processor", "cores", "python", "numpy", "BLAS", "kernel", "SGEMM GFLOP/s"} <= described.keys()
    assert described["SGEMM GFLOP/s"] > 0
    assert capsys.readouterr().out == caption(described) + "\n"


@pytest.mark.skipif(not DYNAMIC, reason="needs an OpenBLAS for x86 that chooses its kernel at run time")
def test_the_kernel_is_that_of_the_contestants(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")  # which no machine of today chooses
    described = describe_machine(OPTIONS)
    assert described["kernel"] == "Nehalem"
    assert described["BLAS"].startswith("openblas 0.")
