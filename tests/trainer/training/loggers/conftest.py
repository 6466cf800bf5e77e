"""A run of two epochs that each logger tracks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.training import At, CrashError, resumed, small_config, train


def crash(_) -> None:
    raise CrashError


@pytest.fixture
def tracked(tmp_path, monkeypatch) -> Callable[..., Path]:
    """tracked(_target_=...): the directory of a run that crashed in its second epoch, and was resumed."""

    def run(**spec: object) -> Path:
        monkeypatch.chdir(tmp_path)
        directory = tmp_path / "mlp-digits" / "run"
        directory.parent.mkdir()
        config = small_config("epochs=2", "callbacks.curves={_target_: trainer.callbacks.Curves, seconds: 100}")
        config["callbacks"] = config["callbacks"] | {"tracker": spec}
        with pytest.raises(CrashError):
            train(config, directory, At(8, crash))
        resumed(config, directory)
        return directory

    return run
