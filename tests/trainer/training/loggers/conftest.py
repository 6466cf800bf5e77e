"""A run of two epochs that each logger tracks."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.training import CrashError, resumed, small_config, train
from trainer.runs.folder import RECORD
from trainer.training.callbacks import Checkpoints

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def tracked(tmp_path, monkeypatch) -> Iterator[Callable[..., Path]]:
    """tracked(_target_=...): the directory of a job of a sweep that crashed after its second epoch, and was resumed.

    It crashed after the tracker had got that epoch, and before there was a checkpoint of it. Nothing may have asked for
    another machine, neither in this process nor, which is seen by a proxy, in one of the tracker's.
    """
    asked = []
    connect = socket.socket.connect

    def only_local(self: socket.socket, address: object) -> None:
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            asked.append(address)
            raise OSError("there is no network")
        connect(self, address)

    def run(**spec: object) -> Path:
        monkeypatch.chdir(tmp_path)
        directory = tmp_path / "sweep" / "0_mlp"
        directory.parent.mkdir()
        (directory.parent / RECORD).touch()
        config = small_config("epochs=2", "callbacks.curves={_target_: trainer.callbacks.Curves, seconds: 100}")
        config["callbacks"] = config["callbacks"] | {"tracker": spec}
        with monkeypatch.context() as patched:
            patched.setattr(Checkpoints, "on_epoch_end", _crashing(Checkpoints.on_epoch_end))
            with pytest.raises(CrashError):
                train(config, directory)
        resumed(config, directory)
        return directory

    monkeypatch.setattr(socket.socket, "connect", only_local)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0)
        for name in PROXIES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        yield run
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert asked == []


def _crashing(save: Callable[..., None]) -> Callable[..., None]:
    def crash(self: Checkpoints, run, row) -> None:
        if run.epoch == 2:
            raise CrashError
        save(self, run, row)

    return crash
