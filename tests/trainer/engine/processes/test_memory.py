"""Memory that several processes share."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import trainer
from trainer.engine.processes.memory import LINE, SharedMemory

LAYOUT = {"pixels": ((3, 5), "|u1"), "nothing": ((0, 4), "<f4"), "weights": ((7,), "<f8")}


def test_arrays_are_zero_and_apart():
    arrays = SharedMemory().map(LAYOUT)
    for name, (shape, dtype) in LAYOUT.items():
        array = arrays[name]
        assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
        assert not array.any()
        assert array.ctypes.data % LINE == 0
    arrays["pixels"][...] = 255
    assert not arrays["weights"].any()


@pytest.mark.process
def test_another_process_sees_them():
    memory = SharedMemory()
    arrays = memory.map(LAYOUT)
    arrays["weights"][...] = np.arange(7)
    program = f"""
from trainer.engine.processes.memory import SharedMemory
arrays = SharedMemory({memory.handle!r}).map({json.dumps(LAYOUT)})
arrays["weights"] *= 2
"""
    environment = os.environ | {"PYTHONPATH": str(trainer.ROOT)}
    subprocess.run([sys.executable, "-c", program], env=environment, pass_fds=memory.descriptors, check=True)
    assert arrays["weights"].tolist() == [0, 2, 4, 6, 8, 10, 12]


def test_arrays_outlive_the_handle():
    memory = SharedMemory()
    arrays = memory.map(LAYOUT)
    memory.close()
    arrays["weights"][...] = 1
    assert arrays["weights"].sum() == 7
    assert memory.descriptors == ()
