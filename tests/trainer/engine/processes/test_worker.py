"""A worker process: what it is told, and how it says what went wrong."""

import json
import os
import pickle
import subprocess
import sys
from io import BytesIO

import pytest

from tests.helpers.process import environment
from tests.helpers.training import LAYERS, small_config
from trainer.engine.processes.worker import work

PROGRAM = [sys.executable, "-c", "from trainer.engine.processes.worker import main; main()"]


def start(config, **more):
    return pickle.dumps({"config": config, "rank": 1, "size": 2, "memory": None, "parent": os.getpid()} | more)


@pytest.mark.parametrize("rest", [b"", pickle.dumps({"layout": {}})[:-3]])
def test_it_ends_where_its_run_does_before_the_data_are_there(rest):
    """The main process may be killed while it reads them, or while it sends."""
    assert work(BytesIO(start(small_config()) + rest)) is None


@pytest.mark.process
def test_a_failure_is_one_object_on_its_output():
    config = small_config() | {"model": {"layers": {"a": {"_target_": "models.Linaer"}}}}
    worker = subprocess.run(PROGRAM, input=start(config), env=environment(), capture_output=True, check=False)
    assert worker.returncode == 1
    told = json.loads(worker.stdout)
    assert told["error"] == "models has no class 'Linaer'; did you mean 'Linear'?"
    assert told["traceback"].startswith("Traceback")
    assert worker.stderr == b""


@pytest.mark.process
def test_what_layers_print_is_no_report(tmp_path):
    (tmp_path / "loud.py").write_text(
        "from trainer.models import ReLU\n\n\nclass Loud(ReLU):\n    def __init__(self):\n        print('made')\n"
    )
    config = small_config(allow=("loud",)) | {"model": {"layers": LAYERS | {"act1": {"_target_": "loud.Loud"}}}}
    path = os.pathsep.join([environment()["PYTHONPATH"], str(tmp_path)])
    worker = subprocess.run(
        PROGRAM, input=start(config), env=environment(PYTHONPATH=path), capture_output=True, check=False
    )
    assert (worker.stdout, worker.returncode) == (b"", 0)
    assert b"made" in worker.stderr
