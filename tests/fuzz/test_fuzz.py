"""A short run of each fuzzer; a long one is `python tests/fuzz/fuzz.py READER -max_total_time=600`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

pytest.importorskip("atheris")

FUZZ = Path(__file__).with_name("fuzz.py")


@pytest.mark.parametrize("reader", ["checkpoint", "configuration", "arrays", "picture", "idx"])
def test_nothing_is_found(reader, tmp_path):
    command = [sys.executable, str(FUZZ), reader, "-runs=400", "-seed=1"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert process.returncode == 0, process.stderr[-3000:]
    assert "Done 400 runs" in process.stderr
