"""What stands above the results."""

import argparse
import platform

import numpy as np
import pytest

from benchmarks import heading, interleave

pytestmark = pytest.mark.process

OPTIONS = argparse.Namespace(threads=1, quick=True, slot=0.02)
BLAS = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
# An OpenBLAS for x86 that chooses its kernel when it is loaded.
DYNAMIC = "DYNAMIC_ARCH" in BLAS.get("openblas configuration", "") and platform.machine() in ("x86_64", "AMD64")


def test_the_heading_names_machine_blas_kernel_and_peak(capsys, monkeypatch):
    """The kernel is that of the contestants, which are told another one than this process."""
    monkeypatch.setattr(heading, "SIZES", (96,))
    monkeypatch.setattr(interleave, "PAUSE", 0)
    monkeypatch.setattr(interleave, "ATTEMPTS", 1)
    if DYNAMIC:
        monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")  # which no machine of today chooses
    described = heading.describe_machine(OPTIONS)
    assert {"processor", "cores", "python", "numpy", "BLAS", "kernel", "SGEMM GFLOP/s"} <= described.keys()
    assert described["SGEMM GFLOP/s"] > 0
    assert capsys.readouterr().out == heading.caption(described) + "\n"
    if DYNAMIC:
        assert described["kernel"] == "Nehalem"
        assert described["BLAS"].startswith("openblas 0.")
