"""The machine in words."""

import platform

import pytest

from trainer.engine import machine as module
from trainer.engine.machine import machine, processor


@pytest.mark.skipif(platform.system() == "Darwin", reason="asks the system there")
def test_the_processor_is_named_as_the_system_names_it(tmp_path, monkeypatch):
    monkeypatch.delenv("PROCESSOR_IDENTIFIER", raising=False)
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    assert processor() == platform.machine()
    module.CPUINFO.write_text("processor\t: 0\nmodel name\t: PDP-11: the 40\nmodel name\t: another\n")
    assert processor() == "PDP-11: the 40"


@pytest.mark.parametrize(("used", "words"), [(2, "2"), (1, "1 for training, of 2 that the system counts")])
def test_cores_that_training_leaves_out_are_said(monkeypatch, used, words):
    monkeypatch.setattr(module, "cores", lambda: used)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    assert machine()["cores"] == words


def test_what_cannot_be_found_out_is_left_out(monkeypatch):
    def unknown(name):
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(module, "threadpool_info", list)
    monkeypatch.setattr(module.os, "sysconf", unknown)
    assert module.blas() == {"library": None}
    assert machine().keys() == {"processor", "cores", "system"}
